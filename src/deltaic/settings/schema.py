"""What can be configured: one record per table of the TOML file, with the defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from deltaic.driver import DriverConfig
from deltaic.model.secret import Secret
from deltaic.settings.redaction import redact_options, redact_url

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "console"]
InitialState = Literal["", "STOPPED", "STARTED", "PAUSED"]


class ServerSettings(Struct, frozen=True, kw_only=True):
    """Where and how the gateway listens.

    `public_url` is the base URL that clients see when a proxy stands in between (empty: taken from each request).
    `trusted_proxies` are the addresses and networks of proxies that say truly where a request came from.
    Sizes are bytes, times are seconds. The key file may be left out when the certificate file holds the key.
    """

    host: str = "127.0.0.1"
    port: int = 3001
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    tls_certificate: str = ""
    tls_key: str = ""
    tls_chain: str = ""
    request_timeout: float = 60.0
    stop_grace: float = 8.0
    keep_alive: float = 75.0
    head_timeout: float = 20.0
    max_head_size: int = 65_536
    max_body_size: int = 1_048_576
    max_connections: int = 2_000


class LogSettings(Struct, frozen=True, kw_only=True):
    """What is logged; `auto` means console on a terminal and JSON elsewhere; no file means standard error."""

    level: LogLevel = "info"
    format: LogFormat = "auto"
    file: str = ""


class Ec2Settings(Struct, frozen=True, kw_only=True):
    """How the EC2 frontend behaves.

    `sigv2` accepts the old signature version 2, `basic` the engine's own user and password.
    `shutdown_grace` is how long a guest may take to shut down before its power is cut, in seconds.
    """

    sigv2: bool = True
    basic: bool = True
    shutdown_grace: float = 60.0


class CimiSettings(Struct, frozen=True, kw_only=True):
    """How the CIMI frontend behaves.

    `initial_state` is that of new machines whose template names none; empty is STARTED where the cloud starts them by
    itself, else STOPPED. Jobs that are over are kept for `job_retention`
    minutes, at most as long as the flows that they are about. `strict` refuses attributes that no type has, and old
    spellings, in what clients send, instead of ignoring or understanding them.
    """

    initial_state: InitialState = ""
    job_retention: int = 2880
    strict: bool = False


class DeltacloudSettings(Struct, frozen=True, kw_only=True):
    """How the Deltacloud frontend behaves.

    `start` has new instances go on to RUNNING where the client does not say. `run` lets users have commands run inside
    their instances: the gateway then opens SSH connections to addresses that guests report.
    """

    start: bool = False
    run: bool = True


class MeterSettings(Struct, frozen=True, kw_only=True):
    """What users may have measured: the shortest interval in seconds, meters of one user, samples kept of a meter."""

    shortest_interval: int = 15
    most_per_user: int = 100
    most_samples: int = 1000


class LoginSettings(Struct, frozen=True, kw_only=True):
    """The engine login that the command line uses (`doctor`, `keys create`) when none is given."""

    user: str = ""
    password: Secret = Secret("")


class Cloud(Struct, frozen=True, kw_only=True):
    """One configured cloud: which driver, and what the driver is told."""

    driver: str
    config: DriverConfig

    @property
    def name(self) -> str:
        """The name that scopes and records use."""
        return self.config.name

    def __repr__(self) -> str:
        config = self.config
        return (
            f"Cloud(name={config.name!r}, driver={self.driver!r}, provider={redact_url(config.provider)!r}, "
            f"options={redact_options(config.options)!r})"
        )


class CloudTable(Struct, frozen=True, kw_only=True):
    """A `[[cloud]]` table as it is written; the members of `DriverConfig` and the driver's name."""

    name: str = "default"
    driver: str = "ovirt"
    provider: str = ""
    ca_file: str = ""
    ca_fingerprint: str = ""
    insecure: bool = False
    timeout: float = 60.0
    max_connections: int = 8
    options: Mapping[str, str] = {}

    def cloud(self) -> Cloud:
        """The same facts as a driver wants them."""
        values = msgspec.structs.asdict(self)
        driver = values.pop("driver")
        return Cloud(driver=driver, config=DriverConfig(**values))

    def __repr__(self) -> str:
        return repr(self.cloud())


def default_data() -> Path:
    """The folder for state when none is named: systemd's, else the user's own."""
    if folder := os.environ.get("STATE_DIRECTORY", "").partition(":")[0]:
        return Path(folder)
    base = os.environ.get("XDG_STATE_HOME", "")
    root = Path(base) if base.startswith("/") else Path.home() / ".local" / "state"
    return root / "deltaic"


class Settings(Struct, frozen=True, kw_only=True):
    """Everything the gateway is told; `deltaic.settings.load` makes it.

    `data` is the folder for state; `database_url` an SQLAlchemy URL (empty: SQLite files in `data`);
    `node` names this process among several on one database (empty: a name that the state folder keeps),
    and `node_silence` is how many seconds one may be silent before another takes over its unfinished work.
    The first cloud is the default one.
    """

    data: Path = msgspec.field(default_factory=default_data)
    database_url: str = ""
    node: str = ""
    node_silence: float = 60.0
    frontends: tuple[str, ...] = ("ec2",)
    server: ServerSettings = ServerSettings()
    log: LogSettings = LogSettings()
    ec2: Ec2Settings = Ec2Settings()
    cimi: CimiSettings = CimiSettings()
    deltacloud: DeltacloudSettings = DeltacloudSettings()
    meters: MeterSettings = MeterSettings()
    login: LoginSettings = LoginSettings()
    cloud: tuple[CloudTable, ...] = ()

    @property
    def clouds(self) -> tuple[Cloud, ...]:
        """The configured clouds as drivers want them, the default one first."""
        return tuple(table.cloud() for table in self.cloud)

    @property
    def database(self) -> str:
        """The database URL with its default filled in."""
        return self.database_url or f"sqlite:///{self.data / 'deltaic.sqlite'}"

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__ if name != "database_url"}
        shown["database"] = redact_url(self.database)
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"
