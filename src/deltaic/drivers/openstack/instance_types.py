"""Compute's flavors."""

from __future__ import annotations

from typing import Final

from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.wire_compute import Flavor, Flavors
from deltaic.model.context import Context
from deltaic.model.instance_type import InstanceType

MIB: Final = 1024 * 1024


class OpenstackInstanceTypes:
    """Named sizes. Source page: Compute API, "List Flavors With Details"."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def list(self, context: Context) -> list[InstanceType]:
        """List the flavors that the project may use, smallest first."""
        found = await self._client.pages(context, "compute", "flavors/detail", Flavors, lambda page: page.flavors)
        usable = sorted((one for one in found if not one.disabled), key=smallest_first)
        return [instance_type(one) for one in usable]


def smallest_first(flavor: Flavor) -> tuple[int, int, int, str]:
    """The order of sizes."""
    return flavor.ram, flavor.vcpus, flavor.disk, flavor.name


def instance_type(flavor: Flavor) -> InstanceType:
    """The neutral form of a flavor."""
    sockets, cores, threads = _topology(flavor)
    return InstanceType(
        id=flavor.id,
        name=flavor.name,
        description=flavor.description or "",
        memory=flavor.ram * MIB,
        cpu_sockets=sockets,
        cpu_cores=cores,
        cpu_threads=threads,
    )


def _topology(flavor: Flavor) -> tuple[int, int, int]:
    """Sockets, cores, threads: a socket per CPU, unless the extra specs say something that comes out even."""
    cores, threads = (_count(flavor, f"hw:cpu_{what}") for what in ("cores", "threads"))
    if flavor.vcpus % (cores * threads):
        return flavor.vcpus, 1, 1
    return flavor.vcpus // (cores * threads), cores, threads


def _count(flavor: Flavor, name: str) -> int:
    text = flavor.extra_specs.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:4]) <= 1024 and len(text) <= 4 else 1
