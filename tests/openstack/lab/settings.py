"""Where a lab lives: its folder, its ports, its virtual environment; all on loopback."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "lab"
ADMIN = "admin"
DOMAIN = "Default"
REGION = "RegionOne"
SECOND_REGION = "RegionTwo"
REGIONS = [REGION, SECOND_REGION]
ZONE = "nova"
SECOND_ZONE = "zone-b"

#: Zone -> its compute host.
ZONES = {ZONE: "lab-a", SECOND_ZONE: "lab-b"}

FIRST_PORT = 21000

#: What listens, in the order of the ports that follow the first one.
LISTENERS = (
    "keystone",
    "glance",
    "placement",
    "nova",
    "neutron",
    "cinder",
    "mariadb",
    "rabbitmq",
    "rabbitmq-distribution",
    "epmd",
)

#: Below it, because the database's own user must be able to enter, which homes forbid.
SHARED = Path("/var/tmp")


@dataclass(frozen=True)
class Settings:
    """One lab. Two of them may live on a machine when their first ports are ten or more apart."""

    folder: Path
    environment: Path
    first_port: int = FIRST_PORT

    def port(self, listener: str) -> int:
        """Where something listens."""
        return self.first_port + LISTENERS.index(listener)

    def url(self, listener: str) -> str:
        """The root of an HTTP service."""
        return f"http://127.0.0.1:{self.port(listener)}"

    @property
    def keystone(self) -> str:
        """The URL that clients log in at."""
        return self.url("keystone") + "/v3"

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the server; a database's name follows."""
        return f"mysql+pymysql://root@127.0.0.1:{self.port('mariadb')}"

    @property
    def messages(self) -> str:
        """The message broker."""
        return f"rabbit://guest:guest@127.0.0.1:{self.port('rabbitmq')}/"

    def program(self, name: str) -> str:
        """A program of the virtual environment."""
        return str(self.environment / "bin" / name)

    def configuration(self, path: str) -> str:
        """A file or folder below `etc`."""
        return str(self.folder / "etc" / path)


def default_folder(first_port: int) -> Path:
    """The state folder of the lab at these ports; one for each user."""
    root = SHARED if SHARED.is_dir() else Path(tempfile.gettempdir())
    return root / f"deltaic-openstack-lab-{os.getuid()}-{first_port}"
