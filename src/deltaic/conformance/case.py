"""What a case is, and the table of all of them."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from deltaic.model.capability import Capability

if TYPE_CHECKING:
    from deltaic.conformance.trial import Trial

Body = Callable[["Trial"], Awaitable[None]]


class Provision(StrEnum):
    """What a case may need of the harness; one that can't provide it says so, and the case is not run."""

    TWO_USERS = "two users who do not see each other's machines"
    SECOND_DATA_CENTER = "a second data center"
    GATEWAY = "a cloud that other processes reach"
    CALLS = "a count of the calls that the cloud got"
    FAIL_CREATION = "a creation that the cloud accepts and then fails"
    SLOW = "slow answers"
    LOST_ANSWER = "an answer that gets lost"
    END_SESSIONS = "an end of all sessions"
    RESTART = "a restart of the control plane"
    USER_DATA = "a look at user data past the driver"


class Lacking(Exception):
    """A case found out that it can't be tried without something that the harness does not provide."""

    def __init__(self, provision: Provision) -> None:
        super().__init__(provision.value)
        self.provision = provision


class Case(Struct, frozen=True):
    """One case. `name` is `family.what`.

    `flags` are the capabilities that it needs, `provisions` what it needs of the harness.
    """

    name: str
    title: str
    flags: tuple[str, ...]
    provisions: tuple[Provision, ...]
    body: Body

    @property
    def family(self) -> str:
        """What it is about."""
        return self.name.partition(".")[0]

    def missing(self, capability: Capability) -> tuple[str, ...]:
        """The flags that it needs and that are off."""
        return tuple(flag for flag in self.flags if not getattr(capability, flag))


CASES: Final[dict[str, Case]] = {}


def case(*flags: str, provisions: tuple[Provision, ...] = ()) -> Callable[[Body], Body]:
    """Decorator: puts a case into the table, as `<its module>.<its name>`.

    The first line of its docstring is its title.
    Raises ValueError for a flag that is none: a case that is never run would prove nothing.
    """
    unknown = [flag for flag in flags if Capability.__annotations__.get(flag) is None]
    if unknown:
        raise ValueError(f"no such capability: {', '.join(unknown)}")

    def register(body: Body) -> Body:
        name = f"{body.__module__.rpartition('.')[2]}.{body.__name__}"
        if name in CASES:
            raise ValueError(f"there are two cases {name}")
        title = (inspect.getdoc(body) or "").partition("\n")[0].rstrip(".")
        CASES[name] = Case(name, title, flags, provisions, body)
        return body

    return register
