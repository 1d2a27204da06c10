"""Options that fill settings, as tables: Deltacloud's classic letters and our long names."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from deltaic.settings import Settings, load

Function = Callable[..., Any]


class SettingOption(NamedTuple):
    """One option: its names, the key it fills, its value's name (empty: a flag that means `flag`), its help."""

    names: tuple[str, ...]
    key: str
    metavar: str
    help: str
    flag: str = ""

    @property
    def parameter(self) -> str:
        """The Python name of the option's parameter."""
        return "setting_" + self.key.replace(".", "_") + ("_flag" if self.flag else "")


DATA = SettingOption(
    ("--data",), "data", "DIR", "Folder for state (DELTAIC_DATA). Default: a folder of the user's own."
)
DATABASE = SettingOption(
    ("--database-url",), "database_url", "URL", "Database, e.g. postgresql://user@host/name. Default: SQLite in DIR."
)
DRIVER = SettingOption(
    ("-i", "--driver"), "cloud.driver", "DRIVER", "Driver of the default cloud (API_DRIVER). Default: ovirt."
)
PROVIDER = SettingOption(
    ("-P", "--provider"),
    "cloud.provider",
    "URL[;DATACENTER[;USER]]",
    "Where the default cloud's API is, and which data center is meant (API_PROVIDER).",
)
CA_FILE = SettingOption(("--ca-file",), "cloud.ca_file", "FILE", "CA certificate of the default cloud's API.")
INSECURE = SettingOption(
    ("--insecure",), "cloud.insecure", "", "Do not verify the cloud's TLS certificate. For tests only.", "yes"
)
LOG = (
    SettingOption(("-L", "--log"), "log.file", "FILE", "Log file (API_LOG). Default: standard error."),
    SettingOption(("--log-level",), "log.level", "LEVEL", "debug, info, warning or error. Default: info."),
    SettingOption(("--log-format",), "log.format", "FORMAT", "auto, json or console. Default: auto."),
    SettingOption(("-V", "--verbose"), "log.level", "", "Log more (API_VERBOSE); the same as level debug.", "debug"),
)
CLOUD = (DRIVER, PROVIDER, CA_FILE, INSECURE)
STORE = (DATA, DATABASE)
LISTEN = (
    SettingOption(
        ("-f", "--frontends"), "frontends", "LIST", "Comma list of frontends to serve (API_FRONTEND). Default: ec2."
    ),
    SettingOption(
        ("-r", "--hostname", "--host"), "server.host", "HOST", "Address to bind (API_HOST). Default: 127.0.0.1."
    ),
    SettingOption(("-p", "--port"), "server.port", "PORT", "Port (API_PORT); 0 takes a free one. Default: 3001."),
    SettingOption(("-k", "--ssl-key"), "server.tls_key", "FILE", "TLS key (PEM, no pass phrase)."),
    SettingOption(("-C", "--ssl-cert"), "server.tls_certificate", "FILE", "TLS certificate (PEM); turns TLS on."),
    SettingOption(("--ssl-chain",), "server.tls_chain", "FILE", "Intermediate certificates, when not in the former."),
    SettingOption(
        ("-t", "--timeout"), "server.request_timeout", "SECONDS", "Longest time for a request (API_TIMEOUT)."
    ),
    SettingOption(
        ("--public-url",), "server.public_url", "URL", "Base URL that clients see when a proxy stands in between."
    ),
    SettingOption(
        ("--trusted-proxies",),
        "server.trusted_proxies",
        "LIST",
        "Comma list of addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed. Default: none.",
    ),
)


def takes_settings(options: Sequence[SettingOption]) -> Callable[[Function], Function]:
    """Decorator: adds `-c/--config` and these options; the function gets `settings` in their place."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def wrapper(*, config: Path | None, **given: Any) -> Any:
            flags = {}
            for option in options:
                value = given.pop(option.parameter)
                if option.flag:
                    value = option.flag if value else None
                if value is not None:
                    flags[option.key] = value
            return function(settings=load(config, flags), **given)

        decorated: Function = wrapper
        for option in reversed(options):
            decorated = _click_option(option)(decorated)
        return click.option(
            "-c",
            "--config",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Settings, a TOML file (DELTAIC_CONFIG). Environment and options win over it.",
        )(decorated)

    return decorate


def _click_option(option: SettingOption) -> Callable[[Function], Function]:
    if option.flag:
        return click.option(*option.names, option.parameter, is_flag=True, help=option.help)
    return click.option(*option.names, option.parameter, metavar=option.metavar, help=option.help)


def need_cloud(settings: Settings) -> Settings:
    """Refuse settings without a cloud to talk to."""
    if not settings.cloud or not all(table.provider for table in settings.cloud):
        raise click.UsageError(
            "no cloud is configured: give -P URL[;DATACENTER], the variable API_PROVIDER, or a [[cloud]] table "
            "with its provider in the settings file"
        )
    return settings
