"""The services as a table: what is run, where it listens, and what must be done before.

A name in `after` is a step of `start.py`: a service that is ready, or a preparation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.openstack.lab.configure import PLUG
from tests.openstack.lab.settings import Settings

THREADS = 8


@dataclass(frozen=True)
class Service:
    """One process. `module` is a WSGI application; otherwise `arguments` is a program of the environment.

    Arguments that begin with `@` are files below `etc`. Settings files are told to WSGI applications by variables.
    With several `processes` each of them has one thread.
    """

    name: str
    after: tuple[str, ...]
    module: str = ""
    arguments: tuple[str, ...] = ()
    listener: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    processes: int = 1


#: Nova reads the catalogue once, when it starts, and never again.
NOVA_NEEDS = ("nova-tables", "rabbitmq", "catalogue")

NOVA = ("--config-file", "@nova/nova.conf")
NOVA_WITH_DATABASE = (*NOVA, "--config-file", "@nova/nova-database.conf")
CINDER = ("--config-file", "@cinder/cinder.conf")

SERVICES = (
    Service(
        "keystone",
        ("keystone-tables",),
        module="keystone.wsgi.api:application",
        listener="keystone",
        variables={"OS_KEYSTONE_CONFIG_DIR": "@keystone"},
        # It keeps the token of a request where its other threads find it: they took each other's for their own.
        processes=4,
    ),
    Service(
        "placement",
        ("placement-tables",),
        module="placement.wsgi.api:application",
        listener="placement",
        variables={"OS_PLACEMENT_CONFIG_DIR": "@placement"},
    ),
    Service(
        "glance",
        ("glance-tables",),
        module="glance.wsgi.api:application",
        listener="glance",
        variables={"OS_GLANCE_CONFIG_DIR": "@glance"},
    ),
    Service(
        "neutron",
        ("neutron-tables", "rabbitmq"),
        module="neutron.wsgi.api:application",
        listener="neutron",
        # Without the second it looks for the settings of its plugin at a place of the system's.
        variables={"OS_NEUTRON_CONFIG_DIR": "@neutron", "OS_NEUTRON_CONFIG_FILES": "neutron.conf"},
    ),
    Service(
        "nova-api",
        NOVA_NEEDS,
        module="nova.wsgi.osapi_compute:application",
        listener="nova",
        variables={
            "OS_NOVA_CONFIG_DIR": "@nova",
            "OS_NOVA_CONFIG_FILES": "api-paste.ini;nova.conf;nova-database.conf",
        },
    ),
    Service(
        "cinder-api",
        ("cinder-tables", "rabbitmq"),
        module="cinder.wsgi.api:application",
        arguments=CINDER,
        listener="cinder",
    ),
    Service("nova-conductor", NOVA_NEEDS, arguments=("nova-conductor", *NOVA_WITH_DATABASE)),
    Service("nova-scheduler", NOVA_NEEDS, arguments=("nova-scheduler", *NOVA_WITH_DATABASE)),
    Service("nova-compute", ("nova-conductor", "placement"), arguments=("nova-compute", *NOVA)),
    Service(
        "nova-compute-b",
        ("nova-conductor", "placement"),
        arguments=("nova-compute", *NOVA, "--config-file", "@nova/nova-compute-b.conf"),
    ),
    Service("cinder-scheduler", ("cinder-tables", "rabbitmq"), arguments=("cinder-scheduler", *CINDER)),
    Service("cinder-volume", ("cinder-tables", "rabbitmq"), arguments=("cinder-volume", *CINDER)),
)


def command(service: Service, settings: Settings) -> list[str]:
    """The command line of a service."""
    arguments = [_path(argument, settings) for argument in service.arguments]
    if not service.module:
        return [settings.program(arguments[0]), *arguments[1:]]
    return [
        settings.program("pyuwsgi"),
        *("--http-socket", f"127.0.0.1:{settings.port(service.listener)}"),
        *("--module", service.module),
        *("--master", "--die-on-term", "--lazy-apps", "--need-app"),
        *("--processes", str(service.processes), "--threads", "1" if service.processes > 1 else str(THREADS)),
        "--enable-threads",
        *("--buffer-size", "65535", "--http-chunked-input", "--http-raw-body"),
        *("--add-header", "Connection: close", "--disable-logging"),
        *(("--pyargv", " ".join(arguments)) if arguments else ()),
    ]


def variables(service: Service, settings: Settings) -> dict[str, str]:
    """The environment variables of a service."""
    own = {name: _path(value, settings) for name, value in service.variables.items()}
    return {"PYTHONPATH": str(PLUG), "PYTHONUNBUFFERED": "1", **own}


def _path(argument: str, settings: Settings) -> str:
    return settings.configuration(argument[1:]) if argument.startswith("@") else argument
