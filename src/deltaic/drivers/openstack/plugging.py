"""Having compute make a port and plug it in, once for each name.

Compute makes a port without a name, and gives it its device tag before anybody can: by the tag an interface is found
again whose answer was lost, or whose caller died before it gave the name. Where compute has no tags to show, or its
hypervisor takes none, the gateway makes the port of a named interface. Source page: Compute API, "Port interfaces".
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from deltaic.drivers.openstack.addressing import Addressing
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.wire_compute import ServerAnswer
from deltaic.drivers.openstack.wire_network import AttachmentAnswer, Attachments, Port
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.nic import NicSpec

#: Since this microversion compute shows the tags of interfaces.
TAGS_SHOWN: Final = "2.70"
#: Of the fault of a hypervisor that takes no tags.
_NO_TAGS: Final = "tagged network interface"


class Plugger:
    """Plugs ports of compute's own into servers."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._addressing = Addressing(client)

    async def begun(self, context: Context, instance_id: str, spec: NicSpec, present: Sequence[Port]) -> str:
        """The port that an earlier attempt had made and did not name; empty for none."""
        nameless = {port.id for port in present if not port.name and port.network_id == spec.network_id}
        if not spec.name or not nameless:
            return ""
        return next((one for one in await self._tagged(context, instance_id, spec) if one in nameless), "")

    async def plug_in(self, context: Context, instance_id: str, spec: NicSpec) -> str:
        """Have compute make a port; its id. Empty when its hypervisor takes no tag: nothing was made then."""
        wish: dict[str, Any] = {"net_id": spec.network_id}
        address = spec.address
        if spec.subnet_id and not address:
            address = await self._addressing.address(context, spec.network_id, spec.subnet_id)
        if address:
            wish["fixed_ips"] = [{"ip_address": address}]
        if spec.name:
            wish["tag"] = device_tag(spec)
        path, subject = _path(instance_id), Subject("instance", instance_id)
        body = {"interfaceAttachment": wish}
        try:
            made = await self._client.create(context, "compute", path, body, AttachmentAnswer, subject=subject)
        except Error as error:
            if "tag" in wish and _NO_TAGS in error.context.get("words", "").lower():
                return ""
            raise
        return made.attachment.port_id

    async def twins(self, context: Context, instance_id: str, spec: NicSpec, port_id: str) -> list[str]:
        """The other ports that attempts at the same interface have made: compute plugs in one after another."""
        return [one for one in await self._tagged(context, instance_id, spec) if one != port_id]

    async def macs(self, context: Context, instance_id: str) -> tuple[str, ...]:
        """The MACs of a server's interfaces in the order in which compute has plugged them in."""
        path, subject = f"servers/{segment(instance_id)}", Subject("instance", instance_id)
        return (await self._client.read(context, "compute", path, ServerAnswer, subject=subject)).server.macs

    async def pull_out(self, context: Context, instance_id: str, port_id: str) -> None:
        """Have compute let go of a port, which it removes if it made it; nothing happens when it is gone."""
        path, subject = f"{_path(instance_id)}/{segment(port_id)}", Subject("network_interface", port_id)
        try:
            await self._client.remove(context, "compute", path, subject=subject)
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise

    async def finds(self, context: Context) -> bool:
        """Whether compute shows by which tag a port was plugged in."""
        return await self._client.supports(context, "compute", TAGS_SHOWN)

    async def _tagged(self, context: Context, instance_id: str, spec: NicSpec) -> list[str]:
        subject = Subject("instance", instance_id)
        found = await self._client.read(context, "compute", _path(instance_id), Attachments, subject=subject)
        wanted = device_tag(spec)
        return [one.port_id for one in found.attachments if one.tag == wanted]


def device_tag(spec: NicSpec) -> str:
    """The tag of a named interface: tags are short, and know neither commas nor slashes."""
    text = f"{spec.network_id} {spec.name}"
    return f"deltaic-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _path(instance_id: str) -> str:
    return f"servers/{segment(instance_id)}/os-interface"
