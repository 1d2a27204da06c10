"""A real SSH server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncssh

from deltaic.ports.shell import Target
from deltaic.remote.ssh import MOST_OUTPUT

USER = "cloud"
PASSWORD = "let-me-in-please"


@dataclass
class Server:
    """A server, the key with which it lets `cloud` in, and its own fingerprint. `logins` are the tries it saw."""

    port: int
    key: str
    host_key: str
    logins: list[str]
    began: asyncio.Event
    held: asyncio.Event

    def target(self, host_key: str = "") -> Target:
        return Target("127.0.0.1", self.port, host_key)


@asynccontextmanager
async def serve() -> AsyncIterator[Server]:
    """A server that tells what it was asked to run; `fail`, `much` and `wait` do what they say."""
    own, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    logins: list[str] = []
    began, held = asyncio.Event(), asyncio.Event()

    class Guard(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            logins.append(username)
            began.set()
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (USER, PASSWORD)

    async def work(process: asyncssh.SSHServerProcess[str]) -> None:
        command = process.command or ""
        if command == "wait":
            await held.wait()
        elif command == "much":
            process.stdout.write("x" * (4 * MOST_OUTPUT))
        else:
            process.stdout.write(f"ran {command}\n")
            process.stderr.write("and complained\n")
        process.exit(3 if command == "fail" else 0)

    listener = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Guard,
        server_host_keys=[own],
        authorized_client_keys=asyncssh.import_authorized_keys(client.export_public_key().decode()),
        process_factory=work,
    )
    try:
        pem = client.export_private_key("openssh").decode()
        yield Server(listener.get_port(), pem, own.get_fingerprint(), logins, began, held)
    finally:
        held.set()
        listener.close()
        await listener.wait_closed()
