"""The port through which flows make, drive and remove the members of systems: each as if it was asked for alone."""

from __future__ import annotations

from typing import Protocol

from msgspec import Raw, Struct

from deltaic.model.context import Context
from deltaic.model.errors import Error
from deltaic.model.system import MemberKind


class MemberRequest(Struct, frozen=True):
    """One member to make. `key` tells it from the others of its system, `wave` is as in `PlannedMember`.

    `content` is JSON, what the service that makes such things takes. Where it uses another member, that one's
    `placeholder` stands for its id: a text that is nowhere else.
    """

    key: str
    kind: MemberKind
    content: Raw
    name: str = ""
    wave: int = 0
    placeholder: str = ""

    def __repr__(self) -> str:
        return f"MemberRequest(key={self.key!r}, kind={self.kind.value!r}, name={self.name!r})"


class Part(Struct, frozen=True):
    """A part of a flow's job that has a job of its own: `key` tells it from the others of that flow.

    `target` is the address of what it works on, `verb` what is done to it.
    """

    key: str
    verb: str
    target: str


class Members(Protocol):
    """The verbs on things that systems are made of.

    What goes on after `make`, `remove` and `drive` have returned is linked to the job of their context, which is
    that of a part.
    """

    async def begin(self, context: Context, part: Part) -> Context:
        """The context of a part, whose job is begun if it was not before."""

    async def settle(self, context: Context, error: Error | None = None, affected: str = "") -> None:
        """Say that nothing more is begun for a part, or what it failed with. `affected` is where its result is."""

    async def finished(self, context: Context) -> bool:
        """Whether all that was begun for a part is over; what it failed with is raised."""

    async def make(self, context: Context, kind: MemberKind, content: bytes, token: str) -> str:
        """Make one thing and return its id as soon as the cloud accepted it; a repeated token makes nothing again."""

    async def remove(self, context: Context, kind: MemberKind, target: str) -> None:
        """Begin to remove one; nothing happens to one that is gone."""

    async def drive(self, context: Context, machine_id: str, verb: str, force: bool) -> None:
        """Begin to `start`, `stop`, `restart` or `suspend` a machine. CONFLICT in a state that forbids it."""

    async def making(self, system_id: str) -> bool:
        """Whether a flow is making members of a system now."""
