"""One thing the engine knows: its public document and its private state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

# Kinds whose id is unique only inside their parent.
INNER: Final = frozenset({"disk_attachment", "vm_tag", "reported_device", "statistic", "graphics_console"})


@dataclass(slots=True, eq=False)
class Entity:
    """`data` is the document in API form (native values); `inner` never leaves the engine.

    `parent` is the id of the entity it lives in. `fragments` and `memo` are caches that `Engine.touch` clears.
    """

    kind: str
    id: str
    data: dict[str, Any]
    inner: dict[str, Any] = field(default_factory=dict)
    parent: str = ""
    fragments: dict[Any, bytes] = field(default_factory=dict)
    memo: dict[str, Any] = field(default_factory=dict)
    volatile: bool = False

    @property
    def key(self) -> str:
        """The key in its table."""
        return f"{self.parent}/{self.id}" if self.kind in INNER else self.id

    @property
    def name(self) -> str:
        """The name, or an empty string."""
        return str(self.data.get("name") or "")

    def ref(self, member: str) -> str:
        """Return the id in a reference member, or an empty string."""
        value = self.data.get(member)
        return str(value.get("id") or "") if isinstance(value, dict) else ""

    def forget(self) -> None:
        """Drop what was rendered or computed from the old state."""
        self.fragments.clear()
        self.memo.clear()


def merge(target: dict[str, Any], change: dict[str, Any]) -> None:
    """Merge a decoded body into a document: structs member by member; references, lists and scalars are replaced."""
    for name, value in change.items():
        present = target.get(name)
        if isinstance(value, dict) and isinstance(present, dict) and "id" not in present:
            merge(present, {member: one for member, one in value.items() if member not in ("id", "href")})
        else:
            target[name] = value
