"""Network interfaces of servers: adding, changing, removing.

The gateway makes a port and has compute plug it in, so that its MAC, subnet and security groups are as wanted. Compute
removes only ports of its own making with a server: what the gateway made says so in its description, and is removed
with the server by `forget_ports`. Source pages: Networking API v2.0, "Ports"; Compute API, "Port interfaces".
"""

from __future__ import annotations

from typing import Any, Final

from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.interfaces import nic
from deltaic.drivers.openstack.wire_port import Port, PortAnswer, Ports
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


class OpenstackInterfaces:
    """Ports plugged into servers."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, context: Context, instance_id: str, spec: NicSpec) -> Nic:
        """Add an interface; one of this name on this network is taken for the one that was asked for."""
        if not spec.plugged:
            raise _unsupported("plugged", "On this cloud an interface is plugged in or is none")
        present = await self._ports(context, [("device_id", instance_id)])
        known = next((port for port in present if spec.name and port.name == spec.name), None)
        if known is not None and known.network_id != spec.network_id:
            message = f"The machine has an interface '{spec.name}' on another network"
            raise Error(ErrorKind.ALREADY_EXISTS, message, resource="network_interface", field="name")
        if known is None:
            known = await self._begun(context, instance_id, spec)
            if known is None:
                name = spec.name or _free_name({port.name or "" for port in present}, len(present))
                known = await self._post(context, instance_id, spec, name)
            await self._plug_in(context, instance_id, known)
        return nic(await self._get(context, known.id))

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
            subject = Subject("network_interface", nic_id)
            path = f"ports/{segment(nic_id)}"
            body = {"port": members}
            await self._client.update(context, "network", path, body, PortAnswer, subject=subject)

    async def delete(self, context: Context, instance_id: str, nic_id: str) -> None:
        """Have compute let go of an interface, and remove its port."""
        await self._of(context, instance_id, nic_id)
        path = f"servers/{segment(instance_id)}/os-interface/{segment(nic_id)}"
        subject = Subject("network_interface", nic_id)
        await self._client.remove(context, "compute", path, subject=subject)
        try:
            await self._client.remove(context, "network", f"ports/{segment(nic_id)}", subject=subject)
        except Error as error:
            # Compute removes ports that it made itself, and may be faster.
            if error.kind is not ErrorKind.NOT_FOUND:
                raise

    # -- inner -------------------------------------------------------------------------------------------------------

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
        """The port that an earlier attempt made and did not plug in."""
        if not spec.name:
            return None
        query = [("description", made_for(instance_id)), ("name", spec.name), ("network_id", spec.network_id)]
        return next((port for port in await self._ports(context, query) if not port.device_id), None)

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


async def forget_ports(client: Client, context: Context, instance_id: str) -> None:
    """Remove the ports that the gateway made for a server that is being removed: compute leaves them behind."""
    query = [("description", made_for(instance_id)), ("project_id", await client.project_id(context))]
    for port in await client.pages(context, "network", "ports", Ports, lambda page: page.ports, query=query):
        try:
            await client.remove(context, "network", f"ports/{segment(port.id)}")
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise


def made_for(instance_id: str) -> str:
    """How the gateway describes a port that it makes for a server."""
    return f"deltaic:instance={instance_id}"


def _free_name(taken: set[str], present: int) -> str:
    return next(name for number in range(present + 1, present + 1000) if (name := f"nic{number}") not in taken)


def _unsupported(field: str, message: str) -> Error:
    return Error(ErrorKind.UNSUPPORTED, message, resource="network_interface", field=field)


def _explained(error: Error, spec: NicSpec) -> Error:
    """The error with the member that it is about."""
    words, field = error.context.get("words", ""), error.field
    if error.kind is ErrorKind.NOT_FOUND:
        named = [("security_group", one) for one in spec.security_group_ids] + [("subnet", spec.subnet_id)]
        resource, id_ = next(((noun, id_) for noun, id_ in named if id_ and id_ in words), ("network", spec.network_id))
        return not_found(resource, id_)
    if error.kind is ErrorKind.INVALID:
        lowered = words.lower()
        candidates = (("mac", "mac"), ("subnet", "subnet_id"), ("ip address", "address"), ("fixed_ip", "address"))
        field = next((name for word, name in candidates if word in lowered), field)
    return Error(error.kind, error.message, resource="network_interface", field=field, context=error.context)
