"""Network interfaces of servers: adding, changing, removing.

Compute makes the port, so that it goes with the server. It takes no MAC: a port with a wanted one is made here, and its
description says so, as that of every port by whose name alone a repeated addition can find it. Such a one is removed
once compute has let go of it (the network service keeps it until then), or with its server, or when the next one is
made, at the latest with its network. Source pages: Networking API v2.0, "Ports"; Compute API, "Port interfaces".
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.interfaces import in_order, nic, remove_stray_ports
from deltaic.drivers.openstack.plugging import Plugger
from deltaic.drivers.openstack.wire_network import MADE_FOR, NetworkAnswer, Port, PortAnswer, Ports
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.nic import Nic, NicChanges, NicSpec

#: Kinds of a refusal by compute after which the port is of no use.
_FINAL: Final = frozenset(
    {
        ErrorKind.INVALID, ErrorKind.NOT_FOUND, ErrorKind.CONFLICT, ErrorKind.BUSY, ErrorKind.IN_USE,
        ErrorKind.FORBIDDEN, ErrorKind.QUOTA, ErrorKind.CAPACITY, ErrorKind.UNSUPPORTED,
    }
)  # fmt: skip
#: Seconds between looks at a port that compute is letting go of.
_PAUSES: Final = (0.2, 0.4, 0.8)


class OpenstackInterfaces:
    """Ports plugged into servers."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._plugger = Plugger(client)

    async def create(self, context: Context, instance_id: str, spec: NicSpec) -> Nic:
        """Add an interface; one of this name on this network is taken for the one that was asked for."""
        if not spec.plugged:
            raise _unsupported("plugged", "On this cloud an interface is plugged in or is none")
        present = await self._ports(context, [("device_id", instance_id)])
        known = next((port for port in present if _is_it(port, spec)), None)
        if known is not None and known.network_id == spec.network_id:
            return nic(known)
        if known is not None:
            message = f"The machine has an interface '{spec.name}' on another network"
            raise Error(ErrorKind.ALREADY_EXISTS, message, resource="network_interface", field="name")
        await self._check_network(context, spec.network_id)
        name = spec.name or _free_name({port.name or "" for port in present}, len(present))
        plugged = await self._plugged(context, instance_id, spec, present)
        if not plugged:
            return nic(await self._own(context, instance_id, spec, name))
        stays = await self._alone(context, instance_id, spec, plugged) if spec.name else plugged
        return nic(await self._named(context, stays, spec, name))

    async def update(self, context: Context, instance_id: str, nic_id: str, changes: NicChanges) -> None:
        """Change an interface. It can neither go to another network nor be unplugged without being removed."""
        if changes == NicChanges():
            return
        found = await self._of(context, instance_id, nic_id)
        if changes.network_id not in (None, found.network_id):
            raise _unsupported("network_id", "On this cloud an interface stays on its network")
        if changes.plugged is False:
            raise _unsupported("plugged", "On this cloud an interface is plugged in or is none")
        members: dict[str, Any] = {}
        if changes.name is not None:
            members["name"] = changes.name
        if changes.linked is not None:
            members["admin_state_up"] = changes.linked
        if changes.security_group_ids is not None:
            members["security_groups"] = list(changes.security_group_ids)
        if members:
            await self._change(context, nic_id, members)

    async def delete(self, context: Context, instance_id: str, nic_id: str) -> None:
        """Have compute let go of an interface. Of one that the gateway made BUSY until its port can be removed."""
        found = await self._get(context, nic_id)
        mine = found.description == made_for(instance_id)
        if found.device_id != instance_id and (found.device_id or not mine):
            raise not_found("network_interface", nic_id)
        if found.device_id:
            path = f"servers/{segment(instance_id)}/os-interface/{segment(nic_id)}"
            await self._client.remove(context, "compute", path, subject=Subject("network_interface", nic_id))
        if mine:
            await self._remove(context, nic_id)

    # -- inner -------------------------------------------------------------------------------------------------------

    async def _check_network(self, context: Context, network_id: str) -> None:
        """Compute's own words do not tell which of the things that it was given there is not."""
        path, subject = f"networks/{segment(network_id)}", Subject("network", network_id)
        try:
            await self._client.read(context, "network", path, NetworkAnswer, subject=subject)
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND:
                error.field = "network"
            raise

    async def _plugged(self, context: Context, instance_id: str, spec: NicSpec, present: Sequence[Port]) -> str:
        """The port that compute made; empty where it must not."""
        if spec.mac or (spec.name and not await self._plugger.finds(context)):
            return ""
        begun = await self._plugger.begun(context, instance_id, spec, present)
        return begun or await self._plugger.plug_in(context, instance_id, spec)

    async def _own(self, context: Context, instance_id: str, spec: NicSpec, name: str) -> Port:
        """Make a port here and have compute plug it in."""
        made = await self._begun(context, instance_id, spec)
        if made is None:
            # What is left of servers that are gone is none of this request's business when it can't be removed.
            with contextlib.suppress(Error):
                await remove_stray_ports(self._client, context)
            made = await self._post(context, instance_id, spec, name)
        await self._plug_in(context, instance_id, made)
        return await self._get(context, made.id)

    async def _alone(self, context: Context, instance_id: str, spec: NicSpec, plugged: str) -> str:
        """Of several ports that attempts at the same interface have made the one that alone stays.

        Compute plugs in one after another: each attempt finds in compute's order the ports of all before its own, and
        perhaps not yet those after it, so that all agree on the first. Ports without an address are not in that order,
        and times of creation are whole seconds: of those the one that has its name stays, somebody may know of it.
        """
        others = await self._plugger.twins(context, instance_id, spec, plugged)
        if not others:
            return plugged
        present = await self._ports(context, [("device_id", instance_id), ("network_id", spec.network_id)])
        twins = [port for port in present if port.id in (plugged, *others) and port.name in ("", None, spec.name)]
        if len(twins) > 1:
            twins = in_order(twins, await self._plugger.macs(context, instance_id))
            twins.sort(key=lambda port: port.name != spec.name)
        for port in twins[1:]:
            await self._plugger.pull_out(context, instance_id, port.id)
        return twins[0].id if twins else plugged

    async def _named(self, context: Context, port_id: str, spec: NicSpec, name: str) -> Port:
        members: dict[str, Any] = {"name": name}
        if not spec.linked:
            members["admin_state_up"] = False
        if spec.security_group_ids:
            members["security_groups"] = list(spec.security_group_ids)
        return await self._change(context, port_id, members)

    async def _change(self, context: Context, port_id: str, members: dict[str, Any]) -> Port:
        path, subject = f"ports/{segment(port_id)}", Subject("network_interface", port_id)
        body = {"port": members}
        return (await self._client.update(context, "network", path, body, PortAnswer, subject=subject)).port

    async def _remove(self, context: Context, port_id: str) -> None:
        """Remove a port that compute is letting go of."""
        for pause in _PAUSES:
            found = await self._found(context, port_id)
            if found is None:
                return
            if not found.device_id:
                await self._discard(context, port_id)
                return
            await asyncio.sleep(min(pause, context.remaining()))
        message = "The interface is being unplugged"
        raise Error(ErrorKind.BUSY, message, resource="network_interface", resource_id=port_id)

    async def _found(self, context: Context, port_id: str) -> Port | None:
        try:
            return await self._get(context, port_id)
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return None

    async def _post(self, context: Context, instance_id: str, spec: NicSpec, name: str) -> Port:
        members: dict[str, Any] = {
            "network_id": spec.network_id,
            "name": name,
            "description": made_for(instance_id),
            "admin_state_up": spec.linked,
        }
        if spec.mac:
            members["mac_address"] = spec.mac
        place = {"subnet_id": spec.subnet_id, "ip_address": spec.address}
        if any(place.values()):
            members["fixed_ips"] = [{key: value for key, value in place.items() if value}]
        if spec.security_group_ids:
            members["security_groups"] = list(spec.security_group_ids)
        subject = Subject("network", spec.network_id)
        try:
            body = {"port": members}
            return (await self._client.create(context, "network", "ports", body, PortAnswer, subject=subject)).port
        except Error as error:
            raise _explained(error, spec) from None

    async def _begun(self, context: Context, instance_id: str, spec: NicSpec) -> Port | None:
        """The port that an earlier attempt made and did not plug in: no two ports of a network have the same MAC."""
        if not spec.name and not spec.mac:
            return None
        query = [("description", made_for(instance_id)), ("network_id", spec.network_id)]
        query += [("name", spec.name), ("mac_address", spec.mac)]
        found = await self._ports(context, query)
        # A service overlooks filters that it does not know, and answers other ports.
        wanted = {name: value for name, value in query if value}
        return next((port for port in found if not port.device_id and _fits(port, wanted)), None)

    async def _plug_in(self, context: Context, instance_id: str, port: Port) -> None:
        path, subject = f"servers/{segment(instance_id)}/os-interface", Subject("instance", instance_id)
        body = {"interfaceAttachment": {"port_id": port.id}}
        try:
            await self._client.act(context, "compute", path, body, subject=subject)
        except Error as error:
            if error.kind in _FINAL:
                await self._discard(context, port.id)
            raise

    async def _discard(self, context: Context, port_id: str) -> None:
        try:
            await self._client.remove(context, "network", f"ports/{segment(port_id)}")
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise

    async def _of(self, context: Context, instance_id: str, nic_id: str) -> Port:
        """A port of this very server; NOT_FOUND."""
        found = await self._get(context, nic_id)
        if found.device_id != instance_id:
            raise not_found("network_interface", nic_id)
        return found

    async def _get(self, context: Context, nic_id: str) -> Port:
        path, subject = f"ports/{segment(nic_id)}", Subject("network_interface", nic_id)
        return (await self._client.read(context, "network", path, PortAnswer, subject=subject)).port

    async def _ports(self, context: Context, query: list[tuple[str, str]]) -> list[Port]:
        query = [*query, ("project_id", await self._client.project_id(context))]
        return await self._client.pages(context, "network", "ports", Ports, lambda page: page.ports, query=query)


def made_for(instance_id: str) -> str:
    """How the gateway describes a port that it makes for a server."""
    return f"{MADE_FOR}{instance_id}"


def _is_it(port: Port, spec: NicSpec) -> bool:
    """Whether a port of the server is the interface that is asked for: of that name, else with that MAC."""
    if spec.name:
        return port.name == spec.name
    return bool(spec.mac) and (port.mac_address, port.network_id) == (spec.mac, spec.network_id)


def _fits(port: Port, wanted: Mapping[str, str]) -> bool:
    return all(getattr(port, name) == value for name, value in wanted.items())


def _free_name(taken: set[str], present: int) -> str:
    return next(name for number in range(present + 1, present + 1000) if (name := f"nic{number}") not in taken)


def _unsupported(field: str, message: str) -> Error:
    return Error(ErrorKind.UNSUPPORTED, message, resource="network_interface", field=field)


def _explained(error: Error, spec: NicSpec) -> Error:
    """The error with the member that it is about."""
    words, field = error.context.get("words", ""), error.field
    if error.kind is ErrorKind.NOT_FOUND:
        named = [("security_group", one, "security_group_ids") for one in spec.security_group_ids]
        named += [("subnet", spec.subnet_id, "subnet_id")]
        network = ("network", spec.network_id, "network")
        resource, id_, field = next((one for one in named if one[1] and one[1] in words), network)
        message = not_found(resource, id_).message
        return Error(ErrorKind.NOT_FOUND, message, resource=resource, resource_id=id_, field=field)
    if error.kind is ErrorKind.INVALID:
        lowered = words.lower()
        candidates = (("mac", "mac"), ("subnet", "subnet_id"), ("ip address", "address"), ("fixed_ip", "address"))
        field = next((name for word, name in candidates if word in lowered), field)
    return Error(error.kind, error.message, resource="network_interface", field=field, context=error.context)
