"""What the services that make things are asked for, as JSON, from the `Create` documents of such things."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.credential.credentials import CREDENTIALS, secrets_of
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.machine.create import launch_of
from deltaic.frontends.cimi.network import addresses, networks, ports
from deltaic.frontends.cimi.volume.volumes import properties
from deltaic.frontends.cimi.volume.wishes import spec_of
from deltaic.model.system import MemberKind
from deltaic.services.members import VolumeRequest

Translation = Callable[[Call, Document], Awaitable[bytes]]


async def _machine(call: Call, wanted: Document) -> bytes:
    return msgspec.json.encode(await launch_of(call, wanted))


async def _credential(call: Call, wanted: Document) -> bytes:
    told = await secrets_of(call, wanted["credentialTemplate"], "credentialTemplate")
    common = {name: wanted[name] for name in ("name", "description", "properties") if wanted.get(name)}
    return CREDENTIALS.content(call, common | told)


async def _volume(call: Call, wanted: Document) -> bytes:
    spec = await spec_of(call, wanted["volumeTemplate"], wanted)
    return msgspec.json.encode(VolumeRequest(spec, properties(wanted)))


async def _network(call: Call, wanted: Document) -> bytes:
    return msgspec.json.encode(await networks.requested(call, wanted))


async def _port(call: Call, wanted: Document) -> bytes:
    return ports.KEPT.content(call, await ports.prepared(call, wanted))


async def _address(call: Call, wanted: Document) -> bytes:
    return addresses.KEPT.content(call, await addresses.prepared(call, wanted))


TRANSLATIONS: Final[Mapping[MemberKind, Translation]] = {
    MemberKind.MACHINE: _machine,
    MemberKind.CREDENTIAL: _credential,
    MemberKind.VOLUME: _volume,
    MemberKind.NETWORK: _network,
    MemberKind.PORT: _port,
    MemberKind.ADDRESS: _address,
}

#: What the gateway keeps in documents of its own: other members' requests look there for what they refer to.
KEPT_KINDS: Final[Mapping[MemberKind, Kept]] = {
    MemberKind.CREDENTIAL: CREDENTIALS,
    MemberKind.PORT: ports.KEPT,
    MemberKind.ADDRESS: addresses.KEPT,
}
