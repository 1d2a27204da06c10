"""One API call as the services see it: who asks, how, and which options they gave."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import Fault, invalid_value

FollowTree = dict[str, "FollowTree"]
_TRUE: Final = frozenset({"true", "t", "yes", "y", "1", ""})
_FALSE: Final = frozenset({"false", "f", "no", "n", "0"})
_MAXIMUM_FOLLOW: Final = 50
# One answer holds at most so many entities, followed ones included: `follow` can multiply without end.
MAXIMUM_ENTITIES = 120_000


@dataclass(slots=True)
class Call:
    """`query` holds query and matrix parameters; `headers` have lower-case names."""

    engine: Engine
    method: str
    path: str
    user: Entity
    format: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    correlation_id: str
    filtered: bool = False
    all_content: bool = False
    follow: FollowTree = field(default_factory=dict)
    detail: frozenset[str] = frozenset()
    budget: int = field(default_factory=lambda: MAXIMUM_ENTITIES)

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean parameter; an empty value is true, garbage is ignored."""
        value = self.query.get(name)
        if value is None:
            return default
        lowered = value.strip().lower()
        return True if lowered in _TRUE else False if lowered in _FALSE else default

    def number(self, name: str) -> int | None:
        """Return an integer parameter or None; raises Fault 400 when it is no number."""
        value = self.query.get(name)
        if value is None or value == "":
            return None
        if not re.fullmatch(r"-?[0-9]{1,10}", value):
            raise invalid_value(name, value)
        return int(value)

    def spend(self) -> None:
        """Count one more entity of the answer; raises Fault 400 when there are too many."""
        self.budget -= 1
        if self.budget < 0:
            raise Fault(400, "Operation Failed", "[The answer holds too many objects.]")

    @property
    def native(self) -> bool:
        """Whether JSON integers and booleans are native."""
        return self.engine.native_json


def correlation(raw: str | None) -> str:
    """Return the correlation id the engine keeps: cleaned and cut to 36, random when absent."""
    cleaned = re.sub(r"[^0-9A-Za-z_-]", "", raw or "")[:36]
    return cleaned or str(uuid.uuid4())


def follow_tree(text: str) -> FollowTree:
    """Return the tree of a `follow` parameter, e.g. "nics.vnic_profile,tags"."""
    tree: FollowTree = {}
    paths = [path.strip() for path in text.split(",") if path.strip()]
    if len(paths) > _MAXIMUM_FOLLOW:
        raise Fault(400, "Operation Failed", "[Too many links to follow.]")
    for path in paths:
        node = tree
        for step in path.split(".")[:10]:
            node = node.setdefault(step, {})
    return tree


@dataclass(slots=True)
class Reply:
    """What a service answers: an entity, a list, or an action, and how it is to be rendered."""

    status: int = 200
    entity: Entity | None = None
    service: Any = None
    base: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    action: dict[str, Any] | None = None
    content: bytes | None = None
    content_type: str = ""
