"""Where an engine's API is, from the classic provider string."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from deltaic.model.errors import Error, invalid
from deltaic.model.provider import Provider

API_PATH = "/ovirt-engine/api"

#: The view of a caller's own objects only (the engine's header `Filter: true`).
USER_LEVEL: Final = "USER"
_VIEWS: Final = {"": "", "ADMIN": "", USER_LEVEL: USER_LEVEL}


def api_url(provider: str) -> str:
    """The API's base URL, without a trailing slash; INVALID naming `provider` when it can't be one."""
    parsed = Provider.parse(provider)
    view(parsed.view)
    return _base_url(parsed.url)


def view(asked: str, configured: str = "") -> str:
    """The view that a provider string's third part asks for; nobody widens the configured one."""
    wanted = _VIEWS.get(asked.upper())
    if wanted is None:
        raise invalid("provider", f"The provider's last part is '{asked[:20]}', not USER or ADMIN")
    return wanted or configured


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
