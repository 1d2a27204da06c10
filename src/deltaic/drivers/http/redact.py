"""What of a request may be shown in a log: never user information or a query's secrets."""

from __future__ import annotations

from urllib.parse import urlsplit


def url(value: str) -> str:
    """The address without user information and query; nothing of what is no address."""
    try:
        parts = urlsplit(value)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(no address)"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
