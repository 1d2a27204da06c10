"""What of a request may be shown in a log: never a token, a cookie, a body or a query's secrets."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

#: Header names whose values are secrets, lower case.
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-auth-token"})


def headers(values: Mapping[str, str]) -> dict[str, str]:
    """Copy headers with the secret ones starred."""
    return {name: "***" if name.lower() in SECRET_HEADERS else value for name, value in values.items()}


def url(value: str) -> str:
    """The address without user information and query."""
    parts = urlsplit(value)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"
