"""The port Members in memory: what was asked for, once per token, and how far each part is."""

from __future__ import annotations

from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.errors import Error
from deltaic.model.system import MemberKind
from deltaic.ports.members import Part


class FakeMembers:
    """`made` are ids by token, `contents` what they were made of; `faults` are raised once by `verb target`."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self.contents: dict[str, bytes] = {}
        self.removed: list[str] = []
        self.driven: list[tuple[str, str, bool]] = []
        self.parts: dict[str, Part] = {}
        self.settled: dict[str, str] = {}
        self.affected: dict[str, str] = {}
        self.faults: dict[str, Error] = {}
        self.late: dict[str, Error] = {}
        self.looks: dict[str, int] = {}
        self.busy = 0

    async def begin(self, context: Context, part: Part) -> Context:
        self.parts.setdefault(part.key, part)
        return replace(context, job=part.key)

    async def settle(self, context: Context, error: Error | None = None, affected: str = "") -> None:
        self.settled[context.job] = error.message if error else ""
        self.affected[context.job] = affected

    async def finished(self, context: Context) -> bool:
        assert self.settled[context.job] == ""
        self.looks[context.job] = self.looks.get(context.job, 0) + 1
        if self.looks[context.job] < 3:
            return False
        if context.job in self.late:
            raise self.late[context.job]
        return True

    async def making(self, system_id: str) -> bool:
        self.busy -= 1
        return self.busy >= 0

    async def make(self, context: Context, kind: MemberKind, content: bytes, token: str) -> str:
        self._fault(f"make {token.rpartition(':')[2]}")
        target = self.made.setdefault(token, f"{kind.value}-{len(self.made) + 1}")
        self.contents[target] = content
        return target

    async def remove(self, context: Context, kind: MemberKind, target: str) -> None:
        self._fault(f"remove {target}")
        if target not in self.removed:
            self.removed.append(target)

    async def drive(self, context: Context, machine_id: str, verb: str, force: bool) -> None:
        self._fault(f"{verb} {machine_id}")
        self.driven.append((verb, machine_id, force))

    def _fault(self, call: str) -> None:
        if call in self.faults:
            raise self.faults.pop(call)
