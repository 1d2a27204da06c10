"""Addresses that clients send: whole, from the root of the host, or relative to the entry point's base."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from deltaic.model.errors import Error, invalid

_PORTS: Final = {"http": 80, "https": 443}


def local_path(href: str, base: str, field: str = "href") -> str:
    """The decoded path below `base` that an address means, without slashes around it: `machines/ID`.

    `base` is the absolute base URI, as the entry point says it. Nothing is fetched. Errors: INVALID with
    the field for another host, a path outside the base, a path with empty or dotted segments.
    """
    root, target = _split(base, field), _split(href.strip(), field)
    if target.netloc or target.scheme:
        if _authority(target, field) != _authority(root, field):
            raise invalid(field, f"'{href[:200]}' leads to another host")
        path = target.path
    elif target.path.startswith("/"):
        path = target.path
    else:
        path = f"{root.path.rstrip('/')}/{target.path}"
    start = f"{root.path.rstrip('/')}/"
    if not path.startswith(start):
        raise _outside(href, field)
    segments = [unquote(segment) for segment in path.removeprefix(start).rstrip("/").split("/")]
    if any(segment in ("", ".", "..") or "/" in segment or not segment.isprintable() for segment in segments):
        raise _outside(href, field)
    return "/".join(segments)


def reference_id(href: str, base: str, field: str = "href") -> str:
    """The last segment of a reference's path: the id of what it leads to. Errors: as `local_path`."""
    return local_path(href, base, field).rpartition("/")[2]


def _outside(href: str, field: str) -> Error:
    return invalid(field, f"'{href[:200]}' does not lead to a resource of this entry point")


def _split(address: str, field: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        raise invalid(field, "The address is not a URI") from None


def _authority(address: SplitResult, field: str) -> tuple[str, int]:
    """The host, and the port that is meant: http and https of one host differ by it only if one is named."""
    try:
        named = address.port
    except ValueError:
        raise invalid(field, "The address has no valid port") from None
    if address.scheme.lower() not in _PORTS and address.scheme:
        raise invalid(field, f"The scheme '{address.scheme[:20]}' is not served")
    port = 0 if named in (None, *_PORTS.values()) else named
    return (address.hostname or "").lower(), port or 0
