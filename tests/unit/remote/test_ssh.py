"""Commands over SSH, against a real server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncssh
import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.ports.shell import Login, Target
from deltaic.remote.ssh import MOST_OUTPUT, SshShell
from tests.unit.remote.ssh_server import PASSWORD, USER, Server, serve


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as served:
        yield served


def by_key(server: Server) -> Login:
    return Login(USER, private_key=Secret(server.key))


async def test_a_key_logs_in(server: Server) -> None:
    output = await SshShell().run(server.target(), by_key(server), "uptime", 20)

    assert sorted(output.text.splitlines()) == ["and complained", "ran uptime"]
    assert (output.status, output.truncated, output.host_key) == (0, False, server.host_key)


async def test_a_password_logs_in(server: Server) -> None:
    login = Login(USER, password=Secret(PASSWORD))

    assert "ran id" in (await SshShell().run(server.target(), login, "id", 20)).text


async def test_how_a_command_ends_is_told(server: Server) -> None:
    assert (await SshShell().run(server.target(), by_key(server), "fail", 20)).status == 3


async def test_a_command_that_writes_too_much_is_cut(server: Server) -> None:
    output = await SshShell().run(server.target(), by_key(server), "much", 20)

    assert (len(output.text), output.truncated, output.status) == (MOST_OUTPUT, True, None)


async def test_a_command_that_does_not_end_is_given_up(server: Server) -> None:
    with pytest.raises(Error) as caught:
        await SshShell().run(server.target(), by_key(server), "wait", 1)

    assert caught.value.kind is ErrorKind.TIMEOUT


@pytest.mark.parametrize("login", [Login(USER, password=Secret("wrong")), Login("root", password=Secret(PASSWORD))])
async def test_a_wrong_login_is_refused(server: Server, login: Login) -> None:
    with pytest.raises(Error) as caught:
        await SshShell().run(server.target(), login, "id", 20)

    assert caught.value.kind is ErrorKind.FORBIDDEN
    assert PASSWORD not in repr(caught.value)


async def test_another_host_key_gets_no_login(server: Server) -> None:
    login = Login(USER, password=Secret(PASSWORD))
    with pytest.raises(Error) as caught:
        await SshShell().run(server.target("SHA256:" + "A" * 43), login, "id", 20)

    assert (caught.value.kind, caught.value.field) == (ErrorKind.FORBIDDEN, "host_key")
    assert server.logins == []


async def test_the_host_key_that_is_named_is_accepted(server: Server) -> None:
    output = await SshShell().run(server.target(server.host_key), by_key(server), "id", 20)

    assert output.host_key == server.host_key


@pytest.mark.parametrize("key", ["nothing like a key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"])
async def test_what_is_no_key_is_named(server: Server, key: str) -> None:
    with pytest.raises(Error) as caught:
        await SshShell().run(server.target(), Login(USER, private_key=Secret(key)), "id", 20)

    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "private_key")


async def test_a_key_with_a_pass_phrase_is_no_use(server: Server) -> None:
    locked = asyncssh.generate_private_key("ssh-ed25519").export_private_key("pkcs8-pem", "secret").decode()
    with pytest.raises(Error) as caught:
        await SshShell().run(server.target(), Login(USER, private_key=Secret(locked)), "id", 20)

    assert caught.value.kind is ErrorKind.INVALID


async def test_nobody_there_is_unavailable(server: Server) -> None:
    closed = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = closed.sockets[0].getsockname()[1]
    async with closed:
        with pytest.raises(Error) as caught:
            await SshShell().run(Target("127.0.0.1", port), by_key(server), "id", 20)

    assert caught.value.kind is ErrorKind.UNAVAILABLE


async def test_only_so_many_at_once(server: Server) -> None:
    shell = SshShell(most=1)
    first = asyncio.create_task(shell.run(server.target(), by_key(server), "wait", 20))
    await server.began.wait()
    with pytest.raises(Error) as caught:
        await shell.run(server.target(), by_key(server), "id", 20)
    server.held.set()
    await first

    assert caught.value.kind is ErrorKind.RATE_LIMITED
    assert "ran id" in (await shell.run(server.target(), by_key(server), "id", 20)).text
