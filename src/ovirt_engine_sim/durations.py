"""How long the engine's own operations take: seconds at time factor 1."""

from __future__ import annotations

from typing import Final

DURATIONS: Final[dict[str, float]] = {
    "image_locked": 2.0,
    "clone_locked": 4.0,
    "disk_locked": 1.0,
    "snapshot_locked": 1.0,
    "template_locked": 2.0,
    "wait_for_launch": 0.5,
    "powering_up": 1.5,
    "restoring": 1.0,
    "reboot": 1.5,
    "migrate": 2.0,
    "shutdown": 2.0,
    "stop": 0.2,
    "suspend": 2.0,
    "delete": 1.0,
    "agent": 0.5,
    "job_finished": 600.0,
    "job_failed": 3600.0,
    "idle_session": 1800.0,
    "host_lost": 5.0,
}

# Times of administration, not of machines: a time factor must not shorten them.
UNSCALED: Final = frozenset({"job_finished", "job_failed", "idle_session"})
