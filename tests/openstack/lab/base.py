"""MariaDB and RabbitMQ as the system has them, on loopback and with their state in the lab's folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from tests.openstack.lab.errors import LabError
from tests.openstack.lab.packages import SYSTEM_PATH, program, rabbitmq_program
from tests.openstack.lab.processes import Processes, plain_environment
from tests.openstack.lab.ready import connects, wait
from tests.openstack.lab.settings import Settings

DATABASES = ("keystone", "glance", "placement", "nova_api", "nova", "nova_cell0", "neutron", "cinder")

#: Nothing here outlives the lab, so nothing needs to be safe on disk.
FAST = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--sync-binlog=0",
    "--skip-log-bin",
    "--innodb-buffer-pool-size=64M",
    "--performance-schema=OFF",
    "--max-connections=500",
)


def start_mariadb(settings: Settings, processes: Processes) -> None:
    """Make and start the database server, and make empty databases."""
    user = "mysql" if os.getuid() == 0 else ""
    home = settings.folder / "database"
    if user:
        owner = pwd.getpwnam(user)
        os.chown(home, owner.pw_uid, owner.pw_gid)
    data = f"--datadir={home / 'data'}"
    as_user = [f"--user={user}"] if user else []
    options = ["--no-defaults", *as_user, data, "--auth-root-authentication-method=normal", "--skip-test-db"]
    done = subprocess.run(
        [program("mariadb-install-db"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LabError(f"mariadb-install-db failed: {(done.stdout.strip().splitlines() or [''])[-1]}")
    listen = ["--bind-address=127.0.0.1", f"--port={settings.port('mariadb')}", socket_of(settings)]
    files = [f"--pid-file={home / 'pid'}"]
    processes.start("mariadb", [program("mariadbd"), "--no-defaults", *as_user, data, *listen, *files, *FAST], {})
    wait("mariadb", lambda: connects(settings.port("mariadb")), processes, "mariadb")
    query(settings, "".join(f"create database {name} character set utf8mb4;" for name in DATABASES))


def socket_of(settings: Settings) -> str:
    """The option that says where the database server is."""
    return f"--socket={settings.folder / 'database' / 'socket'}"


def query(settings: Settings, statements: str) -> str:
    """Ask the database server; its answer as lines of values without a head."""
    command = [
        program("mariadb"),
        "--no-defaults",
        socket_of(settings),
        "--user=root",
        "--skip-column-names",
        "--batch",
    ]
    done = subprocess.run(command, input=statements, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"the database refuses {statements[:60]!r}: {done.stderr.strip()}")
    return done.stdout


def start_rabbitmq(settings: Settings, processes: Processes) -> None:
    """Start the broker with a port mapper of its own, which otherwise would outlive it and serve others."""
    processes.start("epmd", [program("epmd")], _port_mapper(settings))
    wait("epmd", lambda: connects(settings.port("epmd")), processes, "epmd")
    processes.start("rabbitmq", [rabbitmq_program("rabbitmq-server")], _rabbitmq_variables(settings))
    wait("rabbitmq", lambda: connects(settings.port("rabbitmq")), processes, "rabbitmq")


def heard_queues(settings: Settings) -> frozenset[str]:
    """The broker's queues that somebody listens to; none while it does not answer."""
    options = ["--quiet", "list_queues", "name", "consumers", "--no-table-headers"]
    command = [rabbitmq_program("rabbitmqctl"), *options]
    variables = {**plain_environment(), **_rabbitmq_variables(settings)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    rows = [line.split("\t") for line in done.stdout.splitlines()] if done.returncode == 0 else []
    return frozenset(row[0] for row in rows if len(row) == 2 and row[1] != "0")


def _rabbitmq_variables(settings: Settings) -> dict[str, str]:
    home = settings.folder / "rabbitmq"
    return {
        **_port_mapper(settings),
        "PATH": SYSTEM_PATH,
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"deltaic{settings.first_port}@localhost",
        "RABBITMQ_DIST_PORT": str(settings.port("rabbitmq-distribution")),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_CONFIG_FILE": settings.configuration("rabbitmq/rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": str(Path(os.devnull)),
        "RABBITMQ_ENABLED_PLUGINS_FILE": settings.configuration("rabbitmq/enabled_plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
    }


def _port_mapper(settings: Settings) -> dict[str, str]:
    return {"ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(settings.port("epmd"))}


def remove(folder: Path) -> None:
    """Remove a lab's folder."""
    shutil.rmtree(folder, ignore_errors=True)
