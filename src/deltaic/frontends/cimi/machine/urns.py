"""Locations of images: names instead of addresses, for where they lie in the cloud is nobody's business."""

from __future__ import annotations

from uuid import UUID


def urn(native: str) -> str:
    """The URN of a native id; empty for one that is no UUID."""
    try:
        return UUID(native).urn
    except ValueError:
        return ""
