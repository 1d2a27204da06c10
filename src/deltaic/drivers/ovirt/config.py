"""Where an engine's API is, from the classic provider string."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from deltaic.model.errors import Error, invalid
from deltaic.model.provider import Provider

API_PATH = "/ovirt-engine/api"


def api_url(provider: str) -> str:
    """The API's base URL, without a trailing slash; INVALID naming `provider` when it can't be one."""
    return _base_url(Provider.parse(provider).url)


def root_of(url: str) -> str:
    """The web application's base, under which SSO and services live."""
    return url.removesuffix("/api")


def _base_url(text: str) -> str:
    """Normalise an engine address; the API path of old engines (`/api`) becomes today's."""
    parts = urlsplit(text)
    if parts.query or parts.fragment:
        raise _wrong("must not hold a query or fragment in its address")
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    return urlunsplit((parts.scheme, f"{host}:{parts.port}" if parts.port else host, _path(parts.path), "", ""))


def _path(path: str) -> str:
    path = path.rstrip("/")
    if path.endswith(API_PATH):
        return path
    if path in ("", "/ovirt-engine") or path.endswith("/api"):
        return API_PATH
    raise _wrong(f"must have an address that ends in {API_PATH}")


def _wrong(what: str) -> Error:
    return invalid("provider", f"The provider string {what}")
