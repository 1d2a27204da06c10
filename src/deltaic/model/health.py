"""What a driver found out about its cloud when asked to check itself."""

from __future__ import annotations

from msgspec import Struct


class Check(Struct, frozen=True):
    """One line of `deltaic doctor`: what was looked at, whether it is well, and what to do if not."""

    name: str
    ok: bool
    detail: str = ""
    advice: str = ""
