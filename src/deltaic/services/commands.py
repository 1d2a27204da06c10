"""Commands inside machines: who may run them where."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from msgspec import Struct

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.instance import InstanceState
from deltaic.ports.shell import Login, Output, Shell, Target
from deltaic.services.instances import InstanceService

#: The longest command, characters.
LONGEST: Final = 16 * 1024
#: Seconds that a command may take, and that are kept for the answer.
_PATIENCE: Final = 30.0
_ANSWER: Final = 2.0


class CommandRequest(Struct, frozen=True):
    """What to run. `address` is one of the machine's own, empty for its first."""

    command: str
    login: Login
    address: str = ""
    port: int = 22
    host_key: str = ""


class CommandService:
    """Runs commands inside machines over a shell, which a gateway need not have.

    A guest says itself which addresses it has: no address that leads elsewhere than to a machine on a network is
    believed, and the caller can choose among the machine's addresses only.
    """

    def __init__(self, instances: InstanceService, shell: Shell | None) -> None:
        self._instances = instances
        self._shell = shell

    @property
    def available(self) -> bool:
        """Whether this gateway runs commands at all."""
        return self._shell is not None

    async def run(self, context: Context, instance_id: str, request: CommandRequest) -> tuple[str, Output]:
        """The address and what came from it. NOT_FOUND, CONFLICT when not running, INVALID address, those of the port.

        `instance_id` is the machine's own id.
        """
        if self._shell is None:
            raise Error(ErrorKind.UNSUPPORTED, "This gateway runs no commands inside instances")
        if request.login.private_key is None and request.login.password is None:
            raise Error(ErrorKind.MISSING, "A private key or a password is needed", field="private_key")
        if len(request.command) > LONGEST or "\0" in request.command:
            raise invalid("cmd", f"A command has at most {LONGEST} characters, none of them NUL")
        found = await self._instances.list(context, ids=[instance_id])
        if not found:
            raise not_found("instance", instance_id)
        instance = found[0].instance
        if instance.state is not InstanceState.RUNNING:
            raise Error(ErrorKind.CONFLICT, "Commands run inside running instances", resource="instance")
        target = Target(_chosen(instance.addresses, request.address), request.port, request.host_key)
        seconds = min(_PATIENCE, context.remaining() - _ANSWER)
        return target.address, await self._shell.run(target, request.login, request.command, max(seconds, 1.0))


def reachable(addresses: Sequence[str]) -> tuple[str, ...]:
    """Those of a machine's addresses at which a machine can be, in their order."""
    return tuple(text for text in addresses if (address := _address(text)) is not None and _is_machine(address))


def _chosen(addresses: Sequence[str], wanted: str) -> str:
    known = reachable(addresses)
    if not known:
        raise Error(ErrorKind.CONFLICT, "The instance has no address that is known", resource="instance")
    if not wanted:
        return known[0]
    address = _address(wanted)
    for one in known:
        if address is not None and _address(one) == address:
            return one
    raise invalid("ip", "The address is none of the instance's own")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip())
    except ValueError:
        return None


def _is_machine(address: IPv4Address | IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    judged = mapped or address
    special = judged.is_loopback or judged.is_link_local or judged.is_multicast or judged.is_unspecified
    return not special and not judged.is_reserved
