"""The classic provider string: which engine, which data center, whose view."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from deltaic.model.errors import Error, ErrorKind

_LEVELS = {"": False, "ADMIN": False, "USER": True}


class Provider(Struct, frozen=True):
    """`URL[;DATACENTER[;USER]]` as Deltacloud's rhevm driver read it.

    `data_center` is an id or a name, empty for all; `user_level` is the third part `USER`.
    """

    url: str
    data_center: str = ""
    user_level: bool = False

    @classmethod
    def parse(cls, text: str, *, url_required: bool = True) -> Provider:
        """Read a provider string; INVALID when its URL or third part is wrong.

        Without `url_required` a text that is no URL is a data center (`DATACENTER[;USER]`).
        """
        parts = [part.strip() for part in text.split(";")]
        is_url = "://" in parts[0]
        if not is_url:
            if url_required:
                raise _wrong(f"'{text[:100]}' does not begin with a URL such as https://engine/ovirt-engine/api")
            parts.insert(0, "")
        if len(parts) > 3:
            raise _wrong("a provider has at most three parts: URL;DATACENTER;USER")
        url, data_center, level = (*parts, "", "")[:3]
        if level.upper() not in _LEVELS:
            raise _wrong(f"the provider's last part is '{level[:20]}', not USER or ADMIN")
        if is_url:
            split = _split(url)
            if split.scheme not in ("http", "https") or not split.hostname:
                raise _wrong(f"'{url[:100]}' is no http or https URL")
            if split.username or split.password:
                raise _wrong("a provider's URL carries no user name or password")
        return cls(url=url.rstrip("/"), data_center=data_center, user_level=_LEVELS[level.upper()])

    def same_engine(self, other: Provider) -> bool:
        """Whether both name the same host and port."""
        return _address(self.url) == _address(other.url)


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
