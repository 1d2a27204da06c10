"""Where an engine is: the classic provider string `URL[;DATACENTER[;USER]]`."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from deltaic.model.errors import Error, invalid

API_PATH = "/ovirt-engine/api"

#: Third part of a provider string -> the caller's own objects only (`Filter: true`).
LEVELS = {"": False, "ADMIN": False, "USER": True}


class Provider(Struct, frozen=True):
    """A parsed provider string. `url` is the API's base without a trailing slash.

    `data_center` is an id or a name, empty for all.
    """

    url: str
    data_center: str = ""
    user_level: bool = False

    @property
    def root(self) -> str:
        """The web application's base, under which SSO and services live."""
        return self.url.removesuffix("/api")


def parse_provider(text: str) -> Provider:
    """Parse `URL[;DATACENTER[;USER]]`; INVALID naming `provider` when it can't be one."""
    parts = [part.strip() for part in text.split(";")]
    if len(parts) > 3:
        raise _wrong("has more than the three parts URL;DATACENTER;USER")
    url, data_center, level = (*parts, "", "")[:3]
    if level.upper() not in LEVELS:
        raise _wrong("has a third part that is neither USER nor ADMIN")
    return Provider(_base_url(url), data_center, LEVELS[level.upper()])


def _base_url(text: str) -> str:
    """Normalise an engine address; the API path of old engines (`/api`) becomes today's."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _wrong("has an address that can't be parsed") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _wrong("must begin with an http or https address of the engine")
    if parts.username is not None or parts.password is not None:
        raise _wrong("must not hold a user name or password in its address")
    if parts.query or parts.fragment:
        raise _wrong("must not hold a query or fragment in its address")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((parts.scheme, f"{host}:{port}" if port else host, _path(parts.path), "", ""))


def _path(path: str) -> str:
    path = path.rstrip("/")
    if path.endswith(API_PATH):
        return path
    if path in ("", "/ovirt-engine") or path.endswith("/api"):
        return API_PATH
    raise _wrong(f"must have an address that ends in {API_PATH}")


def _wrong(what: str) -> Error:
    return invalid("provider", f"The provider string {what}")
