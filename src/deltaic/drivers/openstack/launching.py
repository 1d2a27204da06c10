"""Creating a server. Source page: Compute API, "Create Server"."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any, Final

from deltaic.drivers.openstack import convert, metadata, user_data
from deltaic.drivers.openstack.addressing import Addressing
from deltaic.drivers.openstack.block_devices import BlockDevices
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.fitting import Fitting
from deltaic.drivers.openstack.lookups import Lookups
from deltaic.drivers.openstack.wire_compute import CreatedServer, KeyPair, KeyPairAnswer
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceSpec

#: Since when compute takes tags at a creation; before, a launch is found in the metadata of all servers.
TAGS_AT_CREATION: Final = "2.52"
_DESCRIPTION: Final = "2.19"
_HOST_NAME: Final = "2.90"
_NETWORKS_REQUIRED: Final = "2.37"

#: What a creation did not find -> the member that named it.
FIELDS: Final[dict[str, str]] = {
    "image": "image_id",
    "instance_type": "instance_type_id",
    "key_pair": "key_name",
    "network": "network_ids",
    "security_group": "security_group_ids",
    "snapshot": "volumes",
    "subnet": "subnet_ids",
    "volume": "volumes",
}

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class Launcher:
    """Makes servers; a tag tells a repeated call what is done."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._fitting = Fitting(client, lookups)
        self._addressing = Addressing(client)
        self._block_devices = BlockDevices(client)

    async def create(self, context: Context, spec: InstanceSpec) -> str:
        """Ask for the server; its id."""
        subject = Subject("instance", spec.name)
        try:
            body = {"server": await self._body(context, spec)}
            made = await self._client.create(context, "compute", "servers", body, CreatedServer, subject=subject)
        except Error as error:
            error.field = error.field or FIELDS.get(error.resource, "")
            raise
        return made.server.id

    async def _body(self, context: Context, spec: InstanceSpec) -> dict[str, Any]:
        key = await self._key_pair(context, spec)
        keys = [line for line in spec.authorized_keys if key is None or _key(line) != _key(key.public_key)]
        body: dict[str, Any] = {
            "name": spec.name,
            "flavorRef": spec.instance_type_id or await self._fitting.smallest(context, spec),
            "availability_zone": spec.zone_id,
            "key_name": key.name if key else "",
            "user_data": user_data.encode(spec, keys),
            "metadata": items(spec),
            "security_groups": [{"name": id_} for id_ in spec.security_group_ids],
            **await self._block_devices.source(context, spec),
            **await self._networks(context, spec),
            **await self._newer(context, spec),
        }
        return {name: value for name, value in body.items() if value or name == "name"}

    async def _networks(self, context: Context, spec: InstanceSpec) -> dict[str, Any]:
        if spec.network_ids:
            return {"networks": await self._addressing.networks(context, spec)}
        newer = await self._client.supports(context, "compute", _NETWORKS_REQUIRED)
        return {"networks": "auto"} if newer else {}

    async def _newer(self, context: Context, spec: InstanceSpec) -> dict[str, Any]:
        """What compute does not take in every microversion."""
        found: dict[str, Any] = {}
        if await self._client.supports(context, "compute", _DESCRIPTION):
            found["description"] = spec.description
        if await self._client.supports(context, "compute", _HOST_NAME) and _HOST.fullmatch(spec.host_name):
            found["hostname"] = spec.host_name
        if spec.annotation.launch and await self._client.supports(context, "compute", TAGS_AT_CREATION):
            found["tags"] = [launch_tag(spec.annotation.launch)]
        return found

    async def _key_pair(self, context: Context, spec: InstanceSpec) -> KeyPair | None:
        """Compute's own key pair of the name that the caller chose, if it is the same key."""
        name = spec.annotation.key_name
        if not name:
            return None
        try:
            answer = await self._client.read(context, "compute", f"os-keypairs/{segment(name)}", KeyPairAnswer)
        except Error as error:
            if error.kind not in (ErrorKind.NOT_FOUND, ErrorKind.INVALID):
                raise
            return None
        same = not spec.authorized_keys or _key(answer.keypair.public_key) in map(_key, spec.authorized_keys)
        return answer.keypair if same else None


def launch_tag(launch: str) -> str:
    """The tag by which what a launch marker made is found: tags know neither commas nor slashes, and are short."""
    return f"deltaic-launch-{hashlib.sha256(launch.encode()).hexdigest()[:32]}"


def items(spec: InstanceSpec) -> dict[str, str]:
    """The metadata of a new server."""
    protection = metadata.put(convert.PROTECTION, "true") if spec.delete_protected else {}
    return {**metadata.items_of(spec.annotation), **protection}


def _key(line: str) -> Sequence[str]:
    """What of a line of OpenSSH is the key; behind it stands what its owner calls it."""
    return line.split()[:2]
