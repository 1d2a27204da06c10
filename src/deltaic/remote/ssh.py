"""Commands over SSH.

The gateway knows no machine's host key, and keeps none: a key is compared only with the fingerprint that the caller
names, before anything of the login is sent. Without one the machine is believed, and its fingerprint is told.
Nothing of the gateway's own user is used: no agent, no configuration, no keys.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import Any, Final

import asyncssh

from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.ports.shell import Login, Output, Target

#: The most that is kept of what a command writes, bytes.
MOST_OUTPUT: Final = 64 * 1024
#: Seconds to reach a machine.
_REACH: Final = 10.0


class SshShell:
    """The port over asyncssh; at most `most` commands at once."""

    def __init__(self, most: int = 16) -> None:
        self._free = most

    async def run(self, target: Target, login: Login, command: str, seconds: float) -> Output:
        """Run one command on the machine; what it wrote is cut after `MOST_OUTPUT` bytes."""
        if self._free <= 0:
            raise Error(ErrorKind.RATE_LIMITED, "Too many commands are being run: try again later")
        self._free -= 1
        try:
            async with asyncio.timeout(seconds):
                return await _run(target, login, command, min(seconds, _REACH))
        except TimeoutError:
            raise Error(ErrorKind.TIMEOUT, f"The command did not end in {seconds:.0f} seconds") from None
        except asyncssh.PermissionDenied:
            raise Error(ErrorKind.FORBIDDEN, "The instance refuses the login") from None
        except asyncssh.HostKeyNotVerifiable:
            raise Error(ErrorKind.FORBIDDEN, "The instance shows another host key", field="host_key") from None
        except (OSError, asyncssh.Error):
            raise Error(ErrorKind.UNAVAILABLE, "The instance can't be reached over SSH") from None
        finally:
            self._free += 1


class _Client(asyncssh.SSHClient):
    """Judges the machine's key."""

    def __init__(self, wanted: str) -> None:
        self.seen = ""
        self._wanted = wanted

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Whether the machine's key is the one that the caller named."""
        self.seen = key.get_fingerprint()
        return not self._wanted or hmac.compare_digest(self.seen.encode(), self._wanted.encode())


async def _run(target: Target, login: Login, command: str, reach: float) -> Output:
    client = _Client(target.host_key)
    connection, _ = await asyncssh.create_connection(
        lambda: client,
        target.address,
        target.port,
        username=login.user,
        **_credentials(login),
        known_hosts=([], [], []),
        config=None,
        agent_path=None,
        gss_host=None,
        x509_trusted_certs=None,
        connect_timeout=reach,
        login_timeout=reach,
    )
    async with connection:
        process = await connection.create_process(
            command, stdin=asyncssh.DEVNULL, stderr=asyncssh.STDOUT, encoding=None, request_pty=False
        )
        written, more = await _read(process)
        status = None
        if more:
            process.kill()
        else:
            status = (await process.wait()).exit_status
    return Output(written.decode(errors="replace"), status, client.seen, more)


def _credentials(login: Login) -> dict[str, Any]:
    given: dict[str, Any] = {"client_keys": None, "password": None}
    if login.password is not None:
        given["password"] = login.password.reveal()
    if login.private_key is not None:
        try:
            given["client_keys"] = [asyncssh.import_private_key(login.private_key.reveal())]
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
            raise invalid("private_key", "The private key can't be read, or needs a pass phrase") from None
    return given


async def _read(process: asyncssh.SSHClientProcess[bytes]) -> tuple[bytes, bool]:
    """What a process writes, and whether it wrote more than is kept."""
    kept = bytearray()
    while len(kept) <= MOST_OUTPUT:
        piece = await process.stdout.read(MOST_OUTPUT + 1 - len(kept))
        if not piece:
            return bytes(kept), False
        kept += piece
    return bytes(kept[:MOST_OUTPUT]), True
