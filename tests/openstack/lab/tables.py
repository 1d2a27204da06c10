"""The services' own commands that make their tables; each runs once, beside the others."""

from __future__ import annotations

import os
import subprocess

from tests.openstack.lab import kept
from tests.openstack.lab.configure import PLUG
from tests.openstack.lab.errors import LabError
from tests.openstack.lab.processes import Processes
from tests.openstack.lab.ready import last_line
from tests.openstack.lab.settings import PASSWORD, REGION, Settings

OWNER = ("--keystone-user", "{user}", "--keystone-group", "{group}")
KEYSTONE = ("keystone-manage", "--config-file", "@keystone/keystone.conf")
NOVA = ("nova-manage", "--config-file", "@nova/nova.conf", "--config-file", "@nova/nova-database.conf")

#: Step -> commands in their order; `@` stands for the folder `etc`, words in braces for addresses.
TABLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "keystone-tables": (
        (*KEYSTONE, "db_sync"),
        (*KEYSTONE, "fernet_setup", *OWNER),
        (*KEYSTONE, "credential_setup", *OWNER),
        (
            *(*KEYSTONE, "bootstrap", "--bootstrap-password", PASSWORD, "--bootstrap-region-id", REGION),
            *("--bootstrap-public-url", "{keystone}", "--bootstrap-internal-url", "{keystone}"),
        ),
    ),
    "nova-tables": (
        (*NOVA, "api_db", "sync"),
        (*NOVA, "cell_v2", "map_cell0", "--database_connection", "{database}/nova_cell0?charset=utf8mb4"),
        (*NOVA, "db", "sync"),
        (*NOVA, "cell_v2", "create_cell", "--name", "cell1"),
    ),
    "neutron-tables": (("neutron-db-manage", "--config-file", "@neutron/neutron.conf", "upgrade", "heads"),),
    "glance-tables": (("glance-manage", "--config-dir", "@glance", "db_sync"),),
    "placement-tables": (("placement-manage", "--config-dir", "@placement", "db", "sync"),),
    "cinder-tables": (("cinder-manage", "--config-file", "@cinder/cinder.conf", "db", "sync"),),
    "hosts": ((*NOVA, "cell_v2", "discover_hosts"),),
}

#: Kept only when the catalogue is in it.
BEFORE_CATALOGUE = "keystone-tables"

SECONDS = 600.0


def make(step: str, settings: Settings, processes: Processes) -> None:
    """Run a step's commands, or load what they made before; LabError names the one that failed, and its log."""
    commands = [[_filled(word, settings) for word in command] for command in TABLES[step]]
    if kept.load(step, commands, settings):
        return
    log = processes.log(step)
    with log.open("ab") as output:
        for program, *arguments in commands:
            done = subprocess.run(
                [settings.program(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PLUG), "OS_PLACEMENT_CONFIG_DIR": "none"},
                timeout=SECONDS,
                check=False,
            )
            if done.returncode:
                raise LabError(f"{program} failed: {last_line(processes, step)} (all of it: {log})")
    if step != BEFORE_CATALOGUE:
        kept.save(step, commands, settings)


def keep(step: str, settings: Settings) -> None:
    """Keep what a step made and others added to."""
    kept.save(step, [[_filled(word, settings) for word in command] for command in TABLES[step]], settings)


def _filled(word: str, settings: Settings) -> str:
    if word.startswith("@"):
        return settings.configuration(word[1:])
    return word.format(
        keystone=settings.keystone, database=settings.database, user=str(os.getuid()), group=str(os.getgid())
    )
