"""Giving a new machine the networks that its caller chose.

The engine copies the template's interfaces and lets nobody change them while the machine is locked, only add.
So the choice is kept in the machine's comment, what can be done is done at once, and the rest before the first
start.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from deltaic.drivers.ovirt import comment as comments
from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.annotations import Annotations
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind

#: Faults after which a later attempt is made: the first start settles it.
LATER = frozenset({ErrorKind.BUSY, ErrorKind.CONFLICT, ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT})


class InterfacePlan:
    """The nth chosen network becomes the network of the machine's nth interface, by interface name."""

    def __init__(self, client: Client, lookups: Lookups, annotations: Annotations) -> None:
        self._client = client
        self._lookups = lookups
        self._annotations = annotations

    async def profiles(self, context: Context, network_ids: Sequence[str], field: str = "network_ids") -> list[str]:
        """A vNIC profile for each network; NOT_FOUND naming the field for a network that has none."""
        if not network_ids:
            return []
        for anew in (False, True):
            known = await self._lookups.networks_by_profile(context, anew=anew)
            by_network = {network: profile for profile, network in sorted(known.items(), reverse=True)}
            if all(one.lower() in by_network for one in network_ids):
                return [by_network[one.lower()] for one in network_ids]
        wrong = next(one for one in network_ids if one.lower() not in by_network)
        message = f"The network '{wrong[:80]}' does not exist"
        raise Error(ErrorKind.NOT_FOUND, message, resource="network", resource_id=wrong[:80], field=field)

    async def try_now(self, context: Context, vm_id: str, profiles: Sequence[str]) -> None:
        """Apply what the locked machine allows; what it refuses waits for its first start."""
        try:
            await self._apply(context, vm_id, profiles)
        except Error as error:
            if error.kind not in LATER:
                raise

    async def settle(self, context: Context, vm_id: str) -> bool:
        """Before a start: apply what the comment still promises, then strike it; whether there was any."""
        subject = Subject("instance", vm_id)
        vm = await self._client.read(context, f"vms/{vm_id}", wire.Vm, subject=subject)
        note = comments.parse(vm.comment)
        if not note.networks or vm.status != "down":
            return False
        await self._apply(context, vm_id, await self.profiles(context, note.networks))
        # Others may have changed the comment in the meantime (a tag, a wish): only the promise is struck.
        await self._annotations.rewrite(context, vm_id, lambda now: structs.replace(now, networks=()))
        return True

    async def _apply(self, context: Context, vm_id: str, profiles: Sequence[str]) -> None:
        path = f"vms/{vm_id}/nics"
        subject = Subject("instance", vm_id)
        found = (await self._client.read(context, path, wire.Nics, subject=subject)).nic
        existing = sorted(found, key=lambda nic: nic.name)
        taken = {nic.name for nic in existing}
        free = (name for number in range(1, 1000) if (name := f"nic{number}") not in taken)
        for profile in profiles[len(existing) :]:
            body = {"name": next(free), "interface": "virtio", "vnic_profile": {"id": profile}}
            await self._client.create(context, path, body, wire.Nic, subject=subject)
        for nic, profile in zip(existing, profiles, strict=False):
            if nic.vnic_profile.id != profile:
                body = {"vnic_profile": {"id": profile}}
                await self._client.update(context, f"{path}/{nic.id}", body, wire.Nic, subject=subject)
