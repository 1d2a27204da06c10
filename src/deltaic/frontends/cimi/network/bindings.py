"""Which kept port is which interface of which machine.

A binding is a record of its own under the port's id: making it is what claims the port, so that nobody else does. It
holds as long as the interface is there; it is never in the way after that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from deltaic.frontends.cimi.call import Call
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance
from deltaic.model.nic import Nic

KIND: Final = "NetworkPortBinding"


class Binding(Struct, frozen=True):
    """A machine's interface: by its id, or by its place among the others while that is not known."""

    machine: str
    nic: str = ""
    place: int = 0


class Bindings:
    """All bindings of a caller."""

    def __init__(self, by_port: Mapping[str, Binding]) -> None:
        self._by_port = by_port
        self._by_nic = {one.nic: port for port, one in by_port.items() if one.nic}
        self._by_place = {(one.machine, one.place): port for port, one in by_port.items() if not one.nic}

    def port_of(self, instance: Instance, nic: Nic, place: int) -> str:
        """The id of the port that an interface is: a kept one's, else its own."""
        return self._by_nic.get(nic.id) or self._by_place.get((instance.id, place)) or nic.id

    def machine_of(self, port_id: str) -> str:
        """The machine that a port was bound to; empty for none."""
        found = self._by_port.get(port_id)
        return found.machine if found else ""

    def nic_of(self, port_id: str, instance: Instance | None) -> Nic | None:
        """The interface that a port is bound to; None when it is gone, with its machine or without."""
        for place, nic in enumerate(instance.nics if instance else ()):
            if instance is not None and self.port_of(instance, nic, place) == port_id:
                return nic
        return None


async def bindings(call: Call) -> Bindings:
    """The caller's bindings."""

    async def read() -> Bindings:
        found = await call.services.records.list(call.context, KIND)
        return Bindings({one.id: msgspec.json.decode(one.content, type=Binding) for one in found})

    return await call.world.once("port bindings", read)


async def machine_of(call: Call, port_id: str) -> Instance | None:
    """The machine that a kept port was bound to, while it is there."""
    machine_id = (await bindings(call)).machine_of(port_id)
    if not machine_id:
        return None
    try:
        return (await call.world.machine(machine_id)).instance
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        return None


async def bind(call: Call, port_id: str, binding: Binding) -> None:
    """Bind a kept port; IN_USE when it is bound to an interface that is there."""
    known = await bindings(call)
    instance = await machine_of(call, port_id)
    nic = known.nic_of(port_id, instance)
    if nic is not None and nic.id == binding.nic:
        return
    if nic is not None:
        raise in_use(port_id)
    if known.machine_of(port_id):
        await release(call, port_id)
    try:
        await call.services.records.create(call.context, KIND, msgspec.json.encode(binding), port_id)
    except Error as error:
        raise in_use(port_id) if error.kind is ErrorKind.ALREADY_EXISTS else error from None


async def release(call: Call, port_id: str) -> None:
    """Forget a port's binding, if it has one."""
    try:
        await call.services.records.delete(call.context, KIND, port_id)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise


def in_use(port_id: str) -> Error:
    """The error for a port that an interface has."""
    message = f"The network port '{port_id}' is bound to a machine's interface"
    return Error(ErrorKind.IN_USE, message, resource="network_port", resource_id=port_id)
