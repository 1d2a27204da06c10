"""Network ports: places on networks. Those that machines have are their interfaces; others wait for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, operation
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.network import bindings, public_addresses
from deltaic.frontends.cimi.network.templates import ACCESS, check_port_configuration, refuse
from deltaic.frontends.cimi.resolver import place_of, template_of
from deltaic.frontends.cimi.tree import Action, Owners
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.instance import Instance, InstanceState
from deltaic.model.nic import Nic, NicChanges
from deltaic.protocols.cimi.bodies import read_body

KEPT: Final = Kept("NetworkPort")
#: States of machines in which an interface's link can be switched.
STEADY: Final = frozenset({InstanceState.RUNNING, InstanceState.STOPPED})


async def ports(call: Call, owners: Owners) -> Sequence[Document]:
    """The caller's own ports, then the interfaces of machines that are none of those."""
    bound = await _bound(call)
    kept = await KEPT.list(call, ())
    own = {_id(one): one for one in kept}
    networks = await _networks(call) if own.keys() - bound.keys() else frozenset()
    shown = [_kept(call.links, one, bound.get(port_id), networks) for port_id, one in own.items()]
    plain = {port_id: found for port_id, found in bound.items() if port_id not in own}
    return shown + [call.rendered("NetworkPort", port_id, port, *found) for port_id, found in plain.items()]


async def get(call: Call, owners: Owners, wanted: str) -> Document:
    """One port, or NOT_FOUND."""
    found = (await _bound(call)).get(wanted)
    if found is not None and _is_plain(wanted, found):
        return port(call.links, *found)
    document = await KEPT.get(call, owners, wanted)
    return _kept(call.links, document, found, frozenset() if found else await _networks(call))


async def create(call: Call, owners: Owners) -> Document:
    """Keep a new port, which waits for a machine."""
    wanted = read_body(call.body, call.content_type, "NetworkPortCreate")
    made = await KEPT.keep(call, await prepared(call, wanted))
    return _kept(call.links, made, None, await _networks(call))


async def prepared(call: Call, wanted: Document) -> Document:
    """The port that a NetworkPortCreate means, checked and ready to be kept. Errors: INVALID, MISSING, NOT_FOUND."""
    template = await template_of(call, wanted.get("networkPortTemplate"), "NetworkPortTemplate", "networkPortTemplate")
    refuse(template, "meterTemplates", "eventLogTemplate")
    config: Document = {}
    if template.get("networkPortConfig"):
        config = await template_of(call, template["networkPortConfig"], "NetworkPortConfiguration", "networkPortConfig")
    config = check_port_configuration(config)
    if config.get("portType", ACCESS) != ACCESS:
        raise Error(ErrorKind.UNSUPPORTED, "Interfaces of machines are of the portType ACCESS", field="portType")
    given = {name: wanted.get(name) for name in ("name", "description", "properties")}
    network = await network_named(call, template.get("network"), "network")
    document = given | {"network": call.links.ref("networks", network), "portType": ACCESS}
    document["classOfService"] = config.get("classOfService")
    return {name: value for name, value in document.items() if value}


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give a port of the caller's own new values."""
    if _is_plain(wanted, (await _bound(call)).get(wanted)):
        message = "A port that comes with a machine's interface is changed there"
        raise Error(ErrorKind.UNSUPPORTED, message, resource="network_port", resource_id=wanted)
    await KEPT.edit(call, owners, wanted, changes)


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Forget a port that no machine has."""
    if wanted in await _bound(call):
        raise bindings.in_use(wanted)
    await KEPT.delete(call, owners, wanted)
    await bindings.release(call, wanted)


async def start(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Plug the port's interface in and raise its link."""
    await _switch(call, wanted, True)


async def stop(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Take the link of the port's interface down; it stays plugged in."""
    await _switch(call, wanted, False)


ACTIONS: Final[dict[str, Action]] = {"start": start, "stop": stop}


async def network_of(call: Call, href: str, field: str = "networkPort") -> tuple[str, str]:
    """(id of the port, id of its network) of a port that a machine can have. IN_USE for one that another has."""
    wanted = place_of(call, href, "NetworkPort", field).id
    if wanted in await _bound(call):
        raise bindings.in_use(wanted)
    document = await KEPT.get(call, (), wanted)
    return wanted, await network_named(call, document.get("network"), field)


async def network_named(call: Call, given: object, field: str) -> str:
    """The id of the network that a reference means. MISSING, INVALID or NOT_FOUND with the attribute as the field."""
    href = given.get("href") if isinstance(given, dict) else None
    if not href:
        raise Error(ErrorKind.MISSING, f"The {field} must be given, with its href", field=field)
    network = place_of(call, str(href), "Network", field).id
    if network not in call.promised and network not in await _networks(call):
        if network in await public_addresses.pools(call):
            raise invalid(field, "No machine can be on the network that public addresses come from")
        raise Error(ErrorKind.NOT_FOUND, f"The network '{network[:80]}' does not exist", resource="network",
                    resource_id=network[:80], field=field)  # fmt: skip
    return network


def port(links: Links, instance: Instance, nic: Nic) -> Document:
    """The port that an interface is by itself."""
    uri = links.to("network_ports", nic.id)
    document = common(uri, nic.name, f"Interface of {instance.name}")
    return document | _state(links, uri, (instance, nic)) | {"portType": ACCESS}


def _kept(links: Links, document: Document, bound: tuple[Instance, Nic] | None, networks: frozenset[str]) -> Document:
    """A port of the caller's own: bound to an interface, or waiting for one."""
    uri = document["id"]
    edit = operation("edit", uri)
    if bound is not None:
        state = _state(links, uri, bound)
        return document | state | {"operations": [edit, *state["operations"]]}
    known = document.get("network", {}).get("href", "").rpartition("/")[2] in networks
    shown = document if known else {name: value for name, value in document.items() if name != "network"}
    return shown | {"state": "STOPPED" if known else "ERROR", "operations": [edit, operation("delete", uri)]}


def _state(links: Links, uri: str, bound: tuple[Instance, Nic]) -> Document:
    instance, nic = bound
    up = nic.plugged and nic.linked
    found: Document = {"state": "STARTED" if up else "STOPPED", "operations": []}
    if instance.state in STEADY:
        verb = "stop" if up else "start"
        found["operations"] = [operation(verb, f"{uri}/{verb}")]
    return found | ({"network": links.ref("networks", nic.network_id)} if nic.network_id else {})


def _id(document: Document) -> str:
    return str(document["id"]).rpartition("/")[2]


def _is_plain(port_id: str, found: tuple[Instance, Nic] | None) -> bool:
    """Whether a port is nothing but an interface: none of the caller's own."""
    return found is not None and found[1].id == port_id


async def _networks(call: Call) -> frozenset[str]:
    return frozenset(one.id for one in await call.world.networks())


async def _bound(call: Call) -> dict[str, tuple[Instance, Nic]]:
    """The ports that machines have, kept ones and others, by id."""

    async def read() -> dict[str, tuple[Instance, Nic]]:
        known = await bindings.bindings(call)
        return {
            known.port_of(view.instance, nic, place): (view.instance, nic)
            for view in await call.world.machines()
            for place, nic in enumerate(view.instance.nics)
        }

    return await call.world.once("bound ports", read)


async def _switch(call: Call, wanted: str, up: bool) -> None:
    found = (await _bound(call)).get(wanted)
    if found is None:
        await KEPT.get(call, (), wanted)
        message = "A port that no machine has can't be started or stopped"
        raise Error(ErrorKind.CONFLICT, message, resource="network_port", resource_id=wanted)
    instance, nic = found
    if up != (nic.plugged and nic.linked):
        changes = NicChanges(linked=True, plugged=True) if up else NicChanges(linked=False)
        await call.services.interfaces.change(call.context, instance.id, nic.id, changes)
