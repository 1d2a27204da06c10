"""What the frontend is told at start."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from deltaic.model.capability import Capability

#: The states a new machine can be brought to.
INITIAL_STATES: Final = ("STOPPED", "STARTED", "PAUSED")


class CimiSettings(Struct, frozen=True, kw_only=True):
    """Limits in bytes and seconds.

    `base_url` is the address of the gateway that ids begin with; empty takes it from each request.
    `strict` refuses attributes that no type has, other spellings and other roots in what clients send.
    `initial_state` is that of machines whose template names none; empty leaves it to the cloud.
    Jobs are kept for `job_retention` minutes.
    """

    base_url: str = ""
    initial_state: str = ""
    job_retention: int = 2880
    strict: bool = False
    body_limit: int = 1 << 20
    body_timeout: float = 30.0
    request_timeout: float = 60.0


def default_state(settings: CimiSettings, cloud: Capability) -> str:
    """The state of a new machine for which nobody asks for one: where machines start by themselves, they run."""
    return settings.initial_state or ("STARTED" if cloud.instances_create_runs else "STOPPED")


def initial_states(cloud: Capability) -> tuple[str, ...]:
    """The states a new machine can be brought to on a cloud."""
    return INITIAL_STATES if cloud.instances_start_paused else INITIAL_STATES[:2]
