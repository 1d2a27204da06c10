"""What a meter or a log is about, and how much of it one request may ask the engine for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from deltaic.frontends.cimi import contents
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.model.errors import Error, ErrorKind, invalid

TARGET: Final = "targetResource"
#: Begins the ids of what every machine and volume has by itself; the rest is the id of that.
MACHINE: Final = "machine."
VOLUME: Final = "volume."

#: Machines or volumes that are read one by one in one request, at most.
MOST_READS: Final = 100


@dataclass(slots=True)
class _Reads:
    left: int = MOST_READS


async def spend(call: Call) -> None:
    """Count one call of the engine for one thing; INVALID when a request needs too many of them."""

    async def begin() -> _Reads:
        return _Reads()

    reads = await call.world.once("single reads", begin)
    if reads.left <= 0:
        message = (
            f"At most {MOST_READS} resources are read one by one in one answer: ask for less with $first and $last"
        )
        raise invalid("$expand", message)
    reads.left -= 1


async def target_of(call: Call, document: Document, field: str) -> str:
    """The address below the base of the machine or volume that a document is about (`machines/ID`).

    Errors: MISSING, INVALID for something else, NOT_FOUND; the field is named.
    """
    given: Any = document.get(TARGET)
    href = given.get("href") if isinstance(given, dict) else None
    path = contents.relative(href, "", call.links, field) if href else ""
    if not path:
        raise Error(ErrorKind.MISSING, f"A {TARGET} is required", field=field)
    await require_target(call, path, field)
    return path


async def require_target(call: Call, path: str, field: str) -> None:
    """NOT_FOUND unless the caller has the machine or volume, INVALID for an address of anything else."""
    kind, _, wanted = path.partition("/")
    if kind == "machines":
        await call.world.machine(wanted)
    elif kind == "volumes":
        await call.world.volume(wanted)
    else:
        raise invalid(field, f"A {TARGET} must be a machine or a volume")
