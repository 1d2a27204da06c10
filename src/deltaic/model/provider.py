"""The classic provider string: which cloud, which data center, and what of it."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from deltaic.model.errors import Error, ErrorKind

_MOST_PARTS: Final = 4


class Provider(Struct, frozen=True):
    """`URL[;DATACENTER[;VIEW...]]`, as Deltacloud's drivers read it.

    `data_center` is an id or a name, empty for all. `view` is what stands behind it, which each driver reads in its
    own way (`Driver.view`).
    """

    url: str
    data_center: str = ""
    view: str = ""

    @classmethod
    def parse(cls, text: str, *, url_required: bool = True) -> Provider:
        """Read a provider string; INVALID when its URL is wrong or it has more parts than any driver knows.

        Without `url_required` a text that is no URL is a data center (`DATACENTER[;VIEW...]`).
        """
        parts = [part.strip() for part in text.split(";")]
        is_url = "://" in parts[0]
        if not is_url:
            if url_required:
                raise _wrong(f"'{text[:100]}' does not begin with a URL such as https://cloud.example/api")
            parts.insert(0, "")
        if len(parts) > _MOST_PARTS:
            raise _wrong(f"a provider has at most {_MOST_PARTS} parts, separated by ';'")
        url, data_center = (*parts, "")[:2]
        if is_url:
            split = _split(url)
            if split.scheme not in ("http", "https") or not split.hostname:
                raise _wrong(f"'{url[:100]}' is no http or https URL")
            if split.username or split.password:
                raise _wrong("a provider's URL carries no user name or password")
        return cls(url=url.rstrip("/"), data_center=data_center, view=";".join(parts[2:]).rstrip(";"))

    def same_address(self, other: Provider) -> bool:
        """Whether both name the same host and port."""
        return _address(self.url) == _address(other.url)

    def same_path(self, other: Provider) -> bool:
        """Whether both name the same path at their hosts."""
        return urlsplit(self.url).path.rstrip("/") == urlsplit(other.url).path.rstrip("/")


def _split(url: str) -> SplitResult:
    try:
        split = urlsplit(url)
        _ = split.port
    except ValueError:
        raise _wrong(f"'{url[:100]}' can't be parsed") from None
    return split


def _address(url: str) -> tuple[str, str, int]:
    split = urlsplit(url)
    port = split.port or (443 if split.scheme == "https" else 80)
    return split.scheme, (split.hostname or "").lower(), port


def _wrong(message: str) -> Error:
    return Error(ErrorKind.INVALID, message, field="provider")
