"""Which kept port is which interface of which machine.

A new machine carries the ports of its interfaces with it, by their places. One that is bound later has a record of its
own under the port's id: making it is what claims the port, so that nobody else does. A binding holds as long as the
interface is there, and is never in the way after that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from deltaic.frontends.cimi.call import Call
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance
from deltaic.model.nic import Nic

KIND: Final = "NetworkPortBinding"
#: The trait of a machine that names the ports of its first interfaces, in order: ids with commas, empty for none.
TRAIT: Final = "networkPorts"


class Binding(Struct, frozen=True):
    """A machine's interface."""

    machine: str
    nic: str


class Bindings:
    """What a caller's own ports (`own`, their ids) are bound to."""

    def __init__(self, by_port: Mapping[str, Binding], own: Collection[str]) -> None:
        self._by_port = by_port
        self._by_nic = {one.nic: port for port, one in by_port.items()}
        self._own = frozenset(own)

    def port_of(self, instance: Instance, nic: Nic, place: int) -> str:
        """The id of the port that an interface is: a kept one's, else its own."""
        if nic.id in self._by_nic:
            return self._by_nic[nic.id]
        carried = instance.annotation.traits.get(TRAIT)
        if not carried:
            return nic.id
        names = carried.split(",")
        port = names[place] if place < len(names) else ""
        return port if port in self._own and port not in self._by_port else nic.id

    def claimed(self, port_id: str) -> Binding | None:
        """The record of a port's binding, whether its interface is there or not."""
        return self._by_port.get(port_id)


async def bindings(call: Call) -> Bindings:
    """The caller's bindings."""

    async def read() -> Bindings:
        own = await call.services.records.list(call.context, "NetworkPort")
        found = await call.services.records.list(call.context, KIND) if own else ()
        by_port = {one.id: msgspec.json.decode(one.content, type=Binding) for one in found}
        return Bindings(by_port, [one.id for one in own])

    return await call.world.once("port bindings", read)


async def bind(call: Call, port_id: str, binding: Binding) -> None:
    """Bind a port that no interface has; IN_USE when another request was faster."""
    known, content = (await bindings(call)).claimed(port_id), msgspec.json.encode(binding)
    if known is None:
        try:
            await call.services.records.create(call.context, KIND, content, port_id)
        except Error as error:
            raise in_use(port_id) if error.kind is ErrorKind.ALREADY_EXISTS else error from None
        return

    def change(old: bytes) -> bytes:
        if msgspec.json.decode(old, type=Binding) not in (known, binding):
            raise in_use(port_id)
        return content

    await call.services.records.edit(call.context, KIND, port_id, change)


async def pin(call: Call, instance: Instance) -> None:
    """Bind the ports that a machine carries to its interfaces themselves, before their places change."""
    if not instance.annotation.traits.get(TRAIT):
        return
    known = await bindings(call)
    for place, nic in enumerate(instance.nics):
        port = known.port_of(instance, nic, place)
        if port != nic.id and known.claimed(port) is None:
            await bind(call, port, Binding(instance.id, nic.id))


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
