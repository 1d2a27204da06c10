"""A command from a client's form to a real SSH server and back; only the wire to the machine is bent to loopback."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from msgspec.structs import replace

from deltaic.frontends.deltacloud import DeltacloudFrontend
from deltaic.ports.shell import Login, Output, Target
from deltaic.remote.ssh import SshShell
from deltaic.services.commands import CommandService
from tests.support.asgi import Answer
from tests.unit.frontends.conftest import VM
from tests.unit.frontends.deltacloud.conftest import Client
from tests.unit.remote.ssh_server import PASSWORD, USER, Server, serve

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class Bent:
    """The real shell, for which every address is the server's."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.addresses: list[str] = []

    async def run(self, target: Target, login: Login, command: str, seconds: float) -> Output:
        self.addresses.append(target.address)
        return await SshShell().run(
            replace(target, address="127.0.0.1", port=self._server.port), login, command, seconds
        )


async def ask(deltacloud: Client, server: Server, **given: str) -> tuple[Answer, list[str]]:
    shell = Bent(server)
    services = deltacloud.gateway.services
    bent = replace(services, commands=CommandService(services.instances, shell))
    client = Client(DeltacloudFrontend(bent), deltacloud.gateway, deltacloud.shell)
    answer = await client.send("POST", f"/instances/{VM}/run", body=urlencode(given).encode(), headers=FORM)
    return answer, shell.addresses


async def test_with_a_key(deltacloud: Client) -> None:
    async with serve() as server:
        answer, addresses = await ask(deltacloud, server, cmd="uptime", private_key=server.key, user=USER)
        told = json.loads(answer.body)

        assert (answer.status, addresses) == (200, ["192.168.1.27"])
        assert (told["id"], told["public_address"], told["command"]) == (VM, "192.168.1.27", "uptime")
        assert "ran uptime\n" in told["output"]
        assert (told["exit_status"], told["truncated"], told["host_key"]) == (0, False, server.host_key)


async def test_refusals_have_a_status(deltacloud: Client) -> None:
    async with serve() as server:
        wrong, _ = await ask(deltacloud, server, cmd="id", password="wrong", user=USER)
        other, _ = await ask(deltacloud, server, cmd="id", password=PASSWORD, user=USER, host_key="SHA256:other")
        no_key, _ = await ask(deltacloud, server, cmd="id", private_key="none", user=USER)

        assert [wrong.status, other.status, no_key.status] == [403, 403, 400]
        assert json.loads(other.body)["parameter"] == "host_key"
        assert PASSWORD not in wrong.text + other.text


async def test_nobody_there_is_a_bad_gateway(deltacloud: Client) -> None:
    async with serve() as server:
        pass
    answer, _ = await ask(deltacloud, server, cmd="id", password=PASSWORD, user=USER)

    assert answer.status == 502
