"""What the frontend is told at start."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

#: The states a new machine can be brought to.
INITIAL_STATES: Final = ("STOPPED", "STARTED", "PAUSED")


class CimiSettings(Struct, frozen=True, kw_only=True):
    """Limits in bytes and seconds.

    `base_url` is the address of the gateway that ids begin with; empty takes it from each request.
    `strict` refuses attributes that no type has, other spellings and other roots in what clients send.
    `initial_state` is that of machines whose template names none. Jobs are kept for `job_retention` minutes.
    """

    base_url: str = ""
    initial_state: str = "STOPPED"
    job_retention: int = 2880
    strict: bool = False
    body_limit: int = 1 << 20
    body_timeout: float = 30.0
    request_timeout: float = 60.0
