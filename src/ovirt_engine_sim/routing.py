"""From a path to what it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.entities.base import Service
from ovirt_engine_sim.entities.registry import service_at
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import not_found
from ovirt_engine_sim.representation.paths import BASE

CREATION_STATUS: Final = "creation_status"


@dataclass(slots=True)
class Target:
    """What a path names: a collection (no entity), an entity, or an action on it."""

    service: Service
    parent: Entity | None
    parent_href: str
    entity: Entity | None = None
    action: str = ""


def split(path: str) -> tuple[list[str], dict[str, str]]:
    """Return (segments below the API's base, matrix parameters of all of them)."""
    matrix: dict[str, str] = {}
    segments = []
    for raw in path.split("/"):
        name, *parameters = raw.split(";")
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            matrix[unquote(key)] = unquote(value)
        if name:
            segments.append(unquote(name))
    return segments, matrix


def locate(call: Call, segments: list[str]) -> Target:
    """Return what the path names; raises 404."""
    service = service_at("", segments[0])
    if service is None:
        raise not_found()
    target = Target(service, None, BASE)
    for position, segment in enumerate(segments[1:], 1):
        if segment == CREATION_STATUS and target.entity is not None and position == len(segments) - 2:
            target.action = CREATION_STATUS
            return target
        if target.entity is None:
            target.entity = target.service.find(call, target.parent, segment)
            continue
        href = target.service.href(target.parent_href, target.entity)
        inner = service_at(target.entity.kind, segment)
        if inner is not None:
            target = Target(inner, target.entity, href)
        elif segment in target.service.actions and position == len(segments) - 1:
            target.action = segment
        else:
            raise not_found()
    return target
