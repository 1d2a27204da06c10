"""Tables that an earlier lab made, kept beside the programs that made them: half a minute of work less.

A copy belongs to the exact commands and settings that it came from, so a changed one is never used again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.openstack.lab.base import socket_of
from tests.openstack.lab.configure import HERE, TEMPLATES
from tests.openstack.lab.packages import program
from tests.openstack.lab.settings import Settings

#: Step -> its databases.
DATABASES = {
    "keystone-tables": ("keystone",),
    "nova-tables": ("nova_api", "nova", "nova_cell0"),
    "neutron-tables": ("neutron",),
    "glance-tables": ("glance",),
    "placement-tables": ("placement",),
    "cinder-tables": ("cinder",),
}

#: Step -> what it makes below `etc`: tokens and credentials are sealed with these keys.
KEYS = {"keystone-tables": ("keystone/fernet", "keystone/credentials")}


def load(step: str, commands: Sequence[Sequence[str]], settings: Settings) -> bool:
    """Load what is kept of a step; False when nothing is, or it can't be used."""
    place = _place(step, commands, settings)
    dump = place / "tables.sql"
    if not dump.exists():
        return False
    command = [program("mariadb"), "--no-defaults", socket_of(settings), "--user=root"]
    with dump.open("rb") as stream:
        done = subprocess.run(command, stdin=stream, capture_output=True, check=False)
    if done.returncode:
        shutil.rmtree(place, ignore_errors=True)
        return False
    for name in KEYS.get(step, ()):
        shutil.copytree(place / "etc" / name, settings.folder / "etc" / name)
    return True


def save(step: str, commands: Sequence[Sequence[str]], settings: Settings) -> None:
    """Keep what a step made; a lab works as well without, so nothing here fails it."""
    if step not in DATABASES:
        return
    place = _place(step, commands, settings)
    place.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f"{step}-", dir=place.parent))
    command = [program("mariadb-dump"), "--no-defaults", socket_of(settings), "--user=root", "--add-drop-database"]
    with (made / "tables.sql").open("wb") as stream:
        done = subprocess.run(
            [*command, "--databases", *DATABASES[step]], stdout=stream, stderr=subprocess.DEVNULL, check=False
        )
    for name in KEYS.get(step, ()):
        shutil.copytree(settings.folder / "etc" / name, made / "etc" / name)
    if done.returncode or place.exists():
        shutil.rmtree(made, ignore_errors=True)
    else:
        os.rename(made, place)


def _place(step: str, commands: Sequence[Sequence[str]], settings: Settings) -> Path:
    text = repr(commands) + "".join(
        (HERE / "templates" / name).read_text("utf-8")
        for name, service in TEMPLATES.items()
        if step.startswith(service)
    )
    facts = f"{settings.first_port} {settings.folder} {text}"
    return settings.environment / "tables" / f"{step}-{hashlib.sha256(facts.encode()).hexdigest()[:16]}"
