"""The interfaces that a new machine is to have: networks, ports, fixed addresses, states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.network import addresses, bindings, ports
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.nic import NicChanges, NicConfiguration

#: (plugged, linked) of an interface in each state.
STATES: Final = {"ACTIVE": (True, True), "PASSIVE": (True, False), "DISABLED": (False, True)}
#: The guest asks for its address.
DYNAMIC: Final = NicConfiguration()
#: What an MTU is where the engine is told none.
_USUAL_MTU: Final = 1500


@dataclass(frozen=True, slots=True)
class Wish:
    """One interface: `port` is the id of a kept port, empty for none."""

    network: str
    port: str = ""
    state: str = "ACTIVE"
    configuration: NicConfiguration = DYNAMIC


@dataclass(frozen=True, slots=True)
class Wishes:
    """All interfaces of a new machine, in order."""

    interfaces: tuple[Wish, ...] = ()

    @property
    def launch(self) -> dict[str, Any]:
        """The members of the launch request that these interfaces mean."""
        if not self.interfaces:
            return {}
        lines = tuple(one.configuration for one in self.interfaces)
        changes = tuple(_changes(one.state) for one in self.interfaces)
        carried = {bindings.TRAIT: ",".join(one.port for one in self.interfaces)}
        return {
            "network_ids": tuple(one.network for one in self.interfaces),
            "nic_configurations": lines if any(one.address for one in lines) else (),
            "nic_changes": changes if any(one != NicChanges() for one in changes) else (),
            "traits": carried if any(one.port for one in self.interfaces) else {},
        }


async def wished(call: Call, given: Sequence[Document], field: str = "networkInterface") -> Wishes:
    """The interfaces that `networkInterface`s of a template mean. Errors name the attribute."""
    found = Wishes(tuple([await wish(call, one, f"{field}.") for one in given]))
    claimed = [one.port for one in found.interfaces if one.port]
    fixed = [(one.network, one.configuration.address) for one in found.interfaces if one.configuration.address]
    for each, name in ((claimed, "networkPort"), (fixed, "address")):
        if len(set(each)) < len(each):
            raise invalid(f"{field}.{name}", f"Two interfaces can't have the same {name}")
    return found


async def wish(call: Call, given: Document, field: str = "") -> Wish:
    """The interface that one document means: a `networkInterface` or a MachineNetworkInterface."""
    network, port = await _place(call, given, field)
    await _check_mtu(call, given, network, field)
    wanted: Any = given.get("addresses")
    lines = wanted if isinstance(wanted, list) else []
    if len(lines) > 1:
        message = "An interface is given one address; the guest may take more by itself"
        raise Error(ErrorKind.UNSUPPORTED, message, field=f"{field}address")
    line = DYNAMIC
    if lines:
        line = await addresses.static_of(call, lines[0], network, f"{field}address")
    return Wish(network, port, state_of(given.get("state") or "ACTIVE", f"{field}state"), line)


def state_of(given: object, field: str) -> str:
    """A state of an interface in its own writing; INVALID with the field."""
    word = str(given).strip().upper()
    if word not in STATES:
        raise invalid(field, f"An interface is {', '.join(STATES)}")
    return word


def _changes(state: str) -> NicChanges:
    """What makes the interface of a new machine, which is active, one of another state."""
    plugged, linked = STATES[state]
    return NicChanges(linked=None if linked else False, plugged=None if plugged else False)


async def _place(call: Call, given: Document, field: str) -> tuple[str, str]:
    """(network id, port id): what is named, or what the port that is named is on."""
    reference = given.get("networkPort") or {}
    if not reference.get("href"):
        return await ports.network_named(call, given.get("network"), f"{field}network"), ""
    port, network = await ports.network_of(call, str(reference["href"]), f"{field}networkPort")
    if (given.get("network") or {}).get("href"):
        named = await ports.network_named(call, given["network"], f"{field}network")
        if named != network:
            raise invalid(f"{field}networkPort", "The port is on another network than the interface")
    return network, port


async def _check_mtu(call: Call, given: Document, network: str, field: str) -> None:
    """The MTU is the network's: what differs can't be had."""
    if given.get("mtu") is None:
        return
    known = next((one.mtu for one in await call.world.networks() if one.id == network), 0)
    if given["mtu"] != (known or _USUAL_MTU):
        message = "The mtu of an interface is that of its network"
        raise Error(ErrorKind.UNSUPPORTED, message, field=f"{field}mtu")
