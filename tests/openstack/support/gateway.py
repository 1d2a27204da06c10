"""`deltaic serve` before the control plane: started, killed, brought back, and asked by all kinds of clients."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.clients.gateway import Gateway
from tests.e2e.site import sealed_folder
from tests.openstack.support.common import ServiceLogin, service_login
from tests.openstack.support.tenant import Ec2Credentials, Tenant
from tests.support.processes import Process, clean_environment, url_in

FRONTENDS = ("ec2", "cimi", "deltacloud")


@dataclass(frozen=True)
class Cloud:
    """One `[[cloud]]` table; options are the driver's own."""

    name: str
    provider: str
    driver: str = "openstack"
    options: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def toml(self) -> str:
        """The table as it is written."""
        facts = {"name": self.name, "driver": self.driver, "provider": self.provider}
        lines = ["[[cloud]]", *_lines(facts)]
        return "\n".join([*lines, "[cloud.options]", *_lines(self.options)] if self.options else lines)


class GatewayProcess:
    """A gateway whose state and settings are in one folder; it keeps its address when it is started again.

    `keys` is the text of the sealing keys that it shares with other gateways.
    """

    def __init__(self, folder: Path, clouds: Sequence[Cloud], settings: str = "", keys: str = "") -> None:
        folder.mkdir(mode=0o700)
        if keys:
            sealed_folder(folder, "data", keys)
        self.file = folder / "deltaic.toml"
        head = f'data = "{folder / "data"}"\nfrontends = {json.dumps(FRONTENDS)}\n{settings}\n'
        self.file.write_text(head + "\n".join(cloud.toml for cloud in clouds) + "\n", "utf-8")
        self.file.chmod(0o600)
        self.url = ""
        self._process: Process | None = None
        self._outputs: list[str] = []

    @property
    def output(self) -> str:
        """Everything that the gateway printed in all its lives."""
        return "\n".join([*self._outputs, self._process.output if self._process else ""])

    def start(self) -> GatewayProcess:
        """Start it, or start it again; returns itself once it answers."""
        port = str(urlsplit(self.url).port) if self.url else "0"
        self._process = Process(["serve", "--config", str(self.file), "--port", port, "--log-format", "json"])
        line = self._process.ready()
        self.url = self.url or url_in(line)
        return self

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It does nothing inside the block, and believes afterwards that no time has passed."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._outputs.append(self._process.output)
        self._process = None

    def come_back(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """SIGTERM; it has to end well."""
        if self._process is not None:
            code = self._process.stop()
            assert code == 0, self._process.output

    def make_key(self, user: str, password: str) -> Ec2Credentials:
        """An access key of the gateway's own store, for a login at its first cloud."""
        done = self.command("keys", "create", "--user", user, "--password-stdin", "--json", text=password)
        made = json.loads(done)
        return Ec2Credentials(made["access_key"], made["secret_key"])

    def command(self, *arguments: str, text: str = "") -> str:
        """What `deltaic ARGUMENTS` prints with the gateway's settings."""
        done = subprocess.run(
            [sys.executable, "-m", "deltaic", *arguments, "--config", str(self.file)],
            input=text,
            text=True,
            capture_output=True,
            env=clean_environment(),
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@dataclass(frozen=True)
class Site:
    """A gateway before one project. `gateway` is what clients are given; it logs in as the project's member."""

    process: GatewayProcess
    tenant: Tenant
    gateway: Gateway

    @property
    def cloud(self) -> Any:
        """The other side: openstacksdk as the project's member."""
        return self.tenant.cloud

    def client(self, service: str = "ec2", region: str = "us-east-1") -> Any:
        """boto3 with an access key of the gateway's own."""
        return self.gateway.client(service, region)

    def with_credentials(self, credentials: Ec2Credentials) -> Gateway:
        """The same gateway for clients with another access key, such as one that Keystone issued."""
        return replace(self.gateway, access_key=credentials.access, secret_key=credentials.secret)


def cloud_of(tenant: Tenant, name: str = "lab", provider: str = "") -> Cloud:
    """A project as the gateway's settings name it, with a login to check signatures by."""
    login = service_login(tenant.plane.administrator())
    return Cloud(name, provider or tenant.provider, options=options(login))


def options(login: ServiceLogin) -> dict[str, str]:
    """The driver's options for a service login."""
    return {
        "service_user": login.user,
        "service_password": login.password,
        "service_project": login.project,
        "service_domain": login.domain,
    }


@contextmanager
def site(folder: Path, tenant: Tenant, settings: str = "", clouds: Sequence[Cloud] = ()) -> Iterator[Site]:
    """A gateway in a new folder, before the tenant's project unless other clouds are given; stopped at the end."""
    process = GatewayProcess(folder, clouds or [cloud_of(tenant)], settings)
    try:
        yield started(process, tenant, process.make_key(tenant.user, tenant.password))
    finally:
        process.stop()


def started(process: GatewayProcess, tenant: Tenant, key: Ec2Credentials) -> Site:
    """A gateway, started, as the tenant's clients meet it with this access key."""
    process.start()
    gateway = Gateway(
        url=f"{process.url}/ec2/",
        engine_url=tenant.plane.keystone,
        user=tenant.user,
        password=tenant.password,
        access_key=key.access,
        secret_key=key.secret,
    )
    return Site(process, tenant, gateway)


def _lines(facts: dict[str, str]) -> list[str]:
    return [f"{name} = {json.dumps(value)}" for name, value in facts.items()]
