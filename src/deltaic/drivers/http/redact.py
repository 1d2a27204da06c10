"""What of a request may be shown in a log: never user information or a query's secrets."""

from __future__ import annotations

from urllib.parse import urlsplit


def url(value: str) -> str:
    """The address without user information and query."""
    parts = urlsplit(value)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"
