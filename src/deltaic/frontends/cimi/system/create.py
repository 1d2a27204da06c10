"""From a SystemCreate to a request that names every member."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace as with_changes
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.resolver import place_of, template_of
from deltaic.frontends.cimi.system import components as parts
from deltaic.frontends.cimi.system.systems import one as render_one
from deltaic.frontends.cimi.system.templates import KEPT
from deltaic.frontends.cimi.system.translations import KEPT_KINDS, TRANSLATIONS
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.system import PLACES, Component, MemberKind, PlannedMember, Reference
from deltaic.model.volume import VolumeWish
from deltaic.ports.members import MemberRequest
from deltaic.protocols.cimi.bodies import read_body
from deltaic.protocols.cimi.edits import overlay
from deltaic.services.launch import LaunchRequest
from deltaic.services.members import VolumeRequest
from deltaic.services.system_plan import check_members, check_nesting, plan, resolve
from deltaic.services.systems import SystemRequest

#: What a template can ask for that is not built.
REFUSED: Final = ("meterTemplates", "eventLogTemplate")


async def create(call: Call, owners: Owners) -> Document:
    """Begin to make a system; it is there when this returns, its members follow."""
    wanted = read_body(call.body, call.content_type, "SystemCreate")
    try:
        request = await request_of(call, wanted)
    except Error as error:
        raise parts.translated(error) from None
    system = await call.services.systems.create(call.context, request)
    return await render_one(call, system)


async def request_of(call: Call, wanted: Document, depth: int = 0) -> SystemRequest:
    """What a SystemCreate asks the service for; `depth` counts the systems that it is in.

    Everything that a component asks for is looked at now. Errors name the component and the attribute.
    """
    check_nesting(depth)
    template = await _template(call, wanted.get("systemTemplate"))
    for name in REFUSED:
        if template.get(name):
            raise Error(ErrorKind.UNSUPPORTED, f"A system can't be created with {name} here", field=name)
    descriptors = template.get(parts.FIELD) or []
    if not descriptors:
        raise Error(ErrorKind.MISSING, "The template has no components", field=parts.FIELD)
    members = await _Resolving(call, descriptors, depth).members()
    return SystemRequest(
        name=str(wanted.get("name") or ""),
        description=str(wanted.get("description") or ""),
        properties={str(key): str(value) for key, value in (wanted.get("properties") or {}).items()},
        members=tuple(members),
    )


async def _template(call: Call, given: Any) -> Document:
    """The template that is meant; of a kept one all that was kept, which shows nobody its passwords."""
    field = "systemTemplate"
    if isinstance(given, Mapping) and given.get("href"):
        place = place_of(call, str(given["href"]), "SystemTemplate", field)
        kept = await KEPT.stored(call, place.id)
        if kept is not None:
            return overlay(kept, dict(given))
    return await template_of(call, given, "SystemTemplate", field)


class _Resolving:
    """The components of one template on their way to requests."""

    def __init__(self, call: Call, descriptors: list[Document], depth: int) -> None:
        self._depth = depth
        self._descriptors = descriptors
        self._components = [parts.component(one) for one in descriptors]
        self._planned = plan(self._components)
        self._placeholders = {member.key: str(uuid.uuid4()) for member in self._planned}
        self._call = with_changes(call, promised=call.promised | frozenset(self._placeholders.values()))

    async def members(self) -> list[MemberRequest]:
        """A request for each member, in the order in which they are made."""
        made = [request for one in self._planned for request in await self._requests(one)]
        check_members(sum(_size(member) for member in made))
        made = await self._placed(made)
        return sorted(made, key=lambda member: member.wave)

    async def _placed(self, made: list[MemberRequest]) -> list[MemberRequest]:
        """The requests, in which volumes that name no place are made where the machines are that use them."""
        places: dict[str, str] = {}
        for request in made:
            if request.kind is MemberKind.MACHINE:
                launch = msgspec.json.decode(request.content, type=LaunchRequest)
                if launch.volumes:
                    place = await self._call.services.instances.launch_data_center(self._call.context, launch)
                    places |= {wish.volume_id: place for wish in launch.volumes}
        return [in_data_center(one, places[one.placeholder]) if one.placeholder in places else one for one in made]

    async def _requests(self, planned: PlannedMember) -> list[MemberRequest]:
        """The request for a member, after those for the volumes that are made for it alone."""
        component = self._components[planned.component]
        try:
            content = await self._content(planned, component)
        except Error as error:
            raise parts.of_component(error, component, planned.component) from None
        extra: list[MemberRequest] = []
        if component.kind is MemberKind.MACHINE:
            content, extra = with_volumes(content, planned.key)
        placeholder = self._placeholders[planned.key]
        # The first wave is that of volumes which are made for single machines.
        own = MemberRequest(planned.key, planned.kind, Raw(content), planned.name, planned.wave + 1, placeholder)
        return [*extra, own]

    async def _content(self, planned: PlannedMember, component: Component) -> bytes:
        descriptor = self._descriptors[planned.component]
        key = parts.template_key(descriptor)
        wanted = {"name": planned.name, key: descriptor[key]}
        wanted |= {name: descriptor[name] for name in ("description", "properties") if descriptor.get(name)}
        if component.kind is MemberKind.SYSTEM:
            return msgspec.json.encode(await request_of(self._call, wanted, self._depth + 1))
        wanted[key] = parts.substituted(descriptor[key], partial(self._stand_in, planned))
        content = await TRANSLATIONS[component.kind](self._call, wanted)
        if component.kind in KEPT_KINDS:
            await KEPT_KINDS[component.kind].promise(self._call, self._placeholders[planned.key], content)
        return content

    def _stand_in(self, planned: PlannedMember, kind: MemberKind, name: str) -> Document:
        """The address that another member will have, with its placeholder as the id."""
        target = self._target(planned, Reference(name, kind))
        return self._call.links.ref(PLACES[kind], self._placeholders[target.key])

    def _target(self, planned: PlannedMember, reference: Reference) -> PlannedMember:
        return resolve(self._components, self._planned, planned.component, reference)


def with_volumes(content: bytes, key: str) -> tuple[bytes, list[MemberRequest]]:
    """A launch that uses the volumes it would have made, and the requests that make them as members of the system."""
    launch = msgspec.json.decode(content, type=LaunchRequest)
    wishes: list[VolumeWish] = []
    made: list[MemberRequest] = []
    for number, wish in enumerate(launch.volumes, 1):
        if wish.spec is None or wish.own:
            wishes.append(wish)
            continue
        placeholder = str(uuid.uuid4())
        request = Raw(msgspec.json.encode(VolumeRequest(wish.spec)))
        made.append(MemberRequest(f"{key}.{number}", MemberKind.VOLUME, request, wish.spec.name, 0, placeholder))
        wishes.append(replace(wish, spec=None, volume_id=placeholder))
    return msgspec.json.encode(replace(launch, volumes=tuple(wishes))), made


def in_data_center(member: MemberRequest, data_center_id: str) -> MemberRequest:
    """A request for a volume which, if it says nothing else, is made in a data center."""
    wanted = msgspec.json.decode(member.content, type=VolumeRequest)
    if wanted.spec.storage_domain_id or wanted.spec.source_id:
        return member
    spec = replace(wanted.spec, data_center_id=data_center_id)
    return replace(member, content=Raw(msgspec.json.encode(replace(wanted, spec=spec))))


def _size(member: MemberRequest) -> int:
    """How many members a member is: a system counts as those in it, and itself."""
    if member.kind is not MemberKind.SYSTEM:
        return 1
    inner = msgspec.json.decode(bytes(member.content), type=SystemRequest)
    return 1 + sum(_size(one) for one in inner.members)
