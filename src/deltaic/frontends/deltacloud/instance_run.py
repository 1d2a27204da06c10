"""Running a command inside an instance."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.model.secret import Secret
from deltaic.ports.shell import Login
from deltaic.protocols.deltacloud.families.command import Command
from deltaic.protocols.deltacloud.parameters import required, whole
from deltaic.services.commands import CommandRequest

#: Who logs in where the client names nobody: the original's user.
USER: Final = "root"


async def run(call: Call, wanted: str) -> Command:
    """Run `cmd` at one of the instance's addresses, with a `private_key` or a `password`."""
    command = required(call.parameters, "cmd")
    login = Login(call.get("user") or USER, _secret(call, "private_key"), _secret(call, "password"))
    request = CommandRequest(
        command,
        login,
        call.get("ip"),
        whole(call.parameters, "port", lowest=1, highest=65535) or 22,
        call.get("host_key"),
    )
    address, output = await call.services.commands.run(call.context, wanted, request)
    return Command(
        wanted,
        call.links.to("instances", wanted),
        address,
        command,
        output.text,
        output.status,
        output.truncated,
        output.host_key,
    )


def _secret(call: Call, name: str) -> Secret | None:
    value = call.parameters.get(name, "")
    return Secret(value) if value else None
