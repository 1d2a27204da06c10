"""The port of commands that are run inside a machine, by logging in to it as its user does."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from deltaic.model.secret import Secret


class Login(Struct, frozen=True):
    """How to log in: a private key in PEM or OpenSSH form, a password, or both."""

    user: str
    private_key: Secret | None = None
    password: Secret | None = None


class Target(Struct, frozen=True):
    """Where to log in. `host_key` is the fingerprint (`SHA256:...`) that the machine must show; empty for any."""

    address: str
    port: int = 22
    host_key: str = ""


class Output(Struct, frozen=True):
    """What a command wrote (both streams as they came), how it ended (None: not by itself), and who said so.

    `truncated` when it wrote more than is kept; `host_key` is the fingerprint of the machine's own key.
    """

    text: str
    status: int | None
    host_key: str
    truncated: bool = False


class Shell(Protocol):
    """Runs commands inside machines."""

    async def run(self, target: Target, login: Login, command: str, seconds: float) -> Output:
        """Run one command. Errors: INVALID key, FORBIDDEN login or host key, UNAVAILABLE, TIMEOUT."""
        ...
