"""Locations of images as URNs of the engine's ids: the engine's addresses are not shown to clients."""

from __future__ import annotations

from uuid import UUID


def urn(native: str) -> str:
    """The URN of a native id; empty for one that is no UUID."""
    try:
        return UUID(native).urn
    except ValueError:
        return ""
