"""From a SystemCreate to a request that names every member."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from deltaic.frontends.cimi import contents
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.credential.credentials import CREDENTIALS, secrets_of
from deltaic.frontends.cimi.machine.create import launch_of
from deltaic.frontends.cimi.resolver import place_of, template_of
from deltaic.frontends.cimi.system import components as parts
from deltaic.frontends.cimi.system.systems import one as render_one
from deltaic.frontends.cimi.system.templates import KEPT
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.system import PLACES, Component, MemberKind, PlannedMember, Reference
from deltaic.ports.members import MemberRequest
from deltaic.protocols.cimi.bodies import read_body
from deltaic.protocols.cimi.edits import overlay
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
        self._call = replace(call, promised=call.promised | frozenset(self._placeholders.values()))

    async def members(self) -> list[MemberRequest]:
        """A request for each member, in the order in which they are made."""
        made = [await self._member(member) for member in self._planned]
        check_members(sum(_size(member) for member in made))
        return made

    async def _member(self, planned: PlannedMember) -> MemberRequest:
        component = self._components[planned.component]
        try:
            content = await self._content(planned, component)
        except Error as error:
            raise parts.of_component(error, component, planned.component) from None
        return MemberRequest(
            planned.key, planned.kind, content, planned.name, planned.wave, self._placeholders[planned.key]
        )

    async def _content(self, planned: PlannedMember, component: Component) -> msgspec.Raw:
        descriptor = self._descriptors[planned.component]
        key = parts.template_key(descriptor)
        template = descriptor[key]
        if component.kind is not MemberKind.SYSTEM:
            template = parts.substituted(template, lambda kind, name: self._stand_in(planned, kind, name))
            template = await self._with_credential(planned, component, template)
        wanted = {"name": planned.name, key: template}
        wanted |= {name: descriptor[name] for name in ("description", "properties") if descriptor.get(name)}
        translate = TRANSLATIONS.get(component.kind)
        if translate is None:
            raise Error(ErrorKind.UNSUPPORTED, f"A system can't be created with a {key} here", field=key)
        return msgspec.Raw(await translate(self._call, wanted, self._depth))

    def _stand_in(self, planned: PlannedMember, kind: MemberKind, name: str) -> Document:
        """The address that a member will have, with its placeholder as the id."""
        if kind is MemberKind.CREDENTIAL:
            return {}
        target = self._target(planned, Reference(name, kind))
        return self._call.links.ref(PLACES[kind], self._placeholders[target.key])

    async def _with_credential(self, planned: PlannedMember, component: Component, template: Document) -> Document:
        """A credential that is made with the system is told to the machine as a value."""
        for reference in component.references:
            if reference.kind is MemberKind.CREDENTIAL:
                made = self._descriptors[self._target(planned, reference).component]
                told = await secrets_of(self._call, made["credentialTemplate"], "credential")
                template = template | {"credential": told | template.get("credential", {})}
        return template

    def _target(self, planned: PlannedMember, reference: Reference) -> PlannedMember:
        return resolve(self._components, self._planned, planned.component, reference)


Translation = Callable[[Call, Document, int], Awaitable[bytes]]


async def _machine(call: Call, wanted: Document, depth: int) -> bytes:
    return msgspec.json.encode(await launch_of(call, wanted))


async def _credential(call: Call, wanted: Document, depth: int) -> bytes:
    told = await secrets_of(call, wanted["credentialTemplate"], "credentialTemplate")
    common = {name: wanted[name] for name in ("name", "description", "properties") if wanted.get(name)}
    return contents.encoded(CREDENTIALS.item, CREDENTIALS.check(common | told))


async def _system(call: Call, wanted: Document, depth: int) -> bytes:
    return msgspec.json.encode(await request_of(call, wanted, depth + 1))


#: What the service that makes things of a kind is asked for, as JSON, from the `Create` document of such a thing.
TRANSLATIONS: Final[Mapping[MemberKind, Translation]] = {
    MemberKind.MACHINE: _machine,
    MemberKind.CREDENTIAL: _credential,
    MemberKind.SYSTEM: _system,
}


def _size(member: MemberRequest) -> int:
    """How many members a member is: a system counts as those in it, and itself."""
    if member.kind is not MemberKind.SYSTEM:
        return 1
    inner = msgspec.json.decode(bytes(member.content), type=SystemRequest)
    return 1 + sum(_size(one) for one in inner.members)
