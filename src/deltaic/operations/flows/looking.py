"""Patient looks at something in the cloud, and what to make of what is seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.pace import Pace

#: Errors after which somebody has to look again before deciding.
SECOND_LOOK_KINDS: Final = frozenset({ErrorKind.CONFLICT, ErrorKind.BUSY})
#: What does not change for so long is given up, seconds.
LONGEST_WAIT: Final = 24 * 3600.0

T = TypeVar("T")
Look = Callable[[], Awaitable[T]]


async def or_none(look: Look[T]) -> T | None:
    """What `look` gives, or None when it is not found; it is looked for once more."""
    for _ in range(2):
        try:
            return await look()
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
    return None


async def watch(
    pace: Pace, look: Look[T], until: Callable[[T, float], bool], *, longest: float = LONGEST_WAIT
) -> T | None:
    """Look until `until` (told what is seen and the seconds waited) holds: what is seen then; None when it is gone.

    After `longest` seconds it is given back as it is. Seconds are on the pace's scale.
    """
    first = pace.now()
    for pause in pace.looks():
        seen = await or_none(look)
        waited = (pace.now() - first) / pace.scale
        if seen is None or until(seen, waited) or waited >= longest:
            return seen
        await pace.pause(pause)
    raise AssertionError("looks never end")


def repeatable(error: Error) -> Error:
    """A state that somebody changed in between is looked at again: BUSY, so that the step is repeated."""
    if error.kind not in SECOND_LOOK_KINDS:
        return error
    return Error(ErrorKind.BUSY, error.message, resource=error.resource, resource_id=error.resource_id)


def given_up(message: str, resource: str, resource_id: str) -> Error:
    """The error for something that the cloud accepted and did not do: nothing that its user could change."""
    return Error(ErrorKind.UNAVAILABLE, message, resource=resource, resource_id=resource_id, retryable=False)
