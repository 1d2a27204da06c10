"""Starts a lab: a table of steps, each begun as soon as those before it are done."""

from __future__ import annotations

import graphlib
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor
from concurrent.futures import wait as first_of
from dataclasses import dataclass
from functools import partial

from tests.openstack.lab import base, catalogue, tables
from tests.openstack.lab.configure import configure, make_folders
from tests.openstack.lab.errors import LabError
from tests.openstack.lab.processes import Processes
from tests.openstack.lab.ready import answers, free, wait
from tests.openstack.lab.services import SERVICES, Service, command, variables
from tests.openstack.lab.settings import LISTENERS, ZONES, Settings

WORKERS = 12

#: Waited for by their own notes: a compute host that calls before somebody answers loses the time of a call.
NOTED = ("nova-conductor", "nova-scheduler")


@dataclass(frozen=True)
class Step:
    """Something to be done after other steps."""

    after: tuple[str, ...]
    do: Callable[[], object]


def start(settings: Settings, processes: Processes, tell: Callable[[str], None] = print) -> None:
    """Start everything in an empty folder; LabError in one line when something can't be started."""
    taken = [f"{settings.port(each)} ({each})" for each in LISTENERS if not free(settings.port(each))]
    if taken:
        raise LabError(f"ports are taken on this machine: {', '.join(taken)}; choose others with LAB_PORT")
    make_folders(settings)
    begun = time.monotonic()
    graph = steps(settings, processes)
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            _run(graph, pool, lambda name: tell(f"{time.monotonic() - begun:6.1f} s  {name}"))
        except BaseException:
            # What still waits in other threads ends with the services that it waits for.
            processes.close()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def steps(settings: Settings, processes: Processes) -> dict[str, Step]:
    """All steps of a start."""
    done: dict[str, Step] = {
        "configuration": Step((), partial(configure, settings)),
        "mariadb": Step((), partial(base.start_mariadb, settings, processes)),
        "rabbitmq": Step(("configuration",), partial(base.start_rabbitmq, settings, processes)),
        "catalogue": Step(("keystone",), partial(_fill_catalogue, settings)),
        "compute hosts": Step(
            ("nova-compute", "nova-compute-b", "nova-api", "nova-scheduler"),
            partial(_wait_for_hosts, settings, processes),
        ),
        "hosts": Step(("compute hosts",), partial(tables.make, "hosts", settings, processes)),
        "zones": Step(("hosts",), partial(catalogue.make_zones, settings)),
        "volumes": Step(
            ("cinder-api", "cinder-scheduler", "cinder-volume", "catalogue"),
            partial(_wait_for_volumes, settings, processes),
        ),
    }
    for name in tables.TABLES.keys() - {"hosts"}:
        done[name] = Step(("mariadb", "configuration"), partial(tables.make, name, settings, processes))
    for service in SERVICES:
        done[service.name] = Step(service.after, partial(_start_service, service, settings, processes))
    return done


def _fill_catalogue(settings: Settings) -> None:
    if not catalogue.filled(settings):
        catalogue.fill(settings)
        tables.keep(tables.BEFORE_CATALOGUE, settings)


def _start_service(service: Service, settings: Settings, processes: Processes) -> None:
    processes.start(service.name, command(service, settings), variables(service, settings))
    if service.listener:
        port = settings.port(service.listener)
        wait(service.name, lambda: answers(port), processes, service.name)
    elif service.name in NOTED:
        wait(service.name, partial(_noted, settings, service.name), processes, service.name)


def _noted(settings: Settings, binary: str) -> bool:
    return "1" in base.query(settings, f"select 1 from nova.services where `binary` = '{binary}' limit 1;")


def _wait_for_hosts(settings: Settings, processes: Processes) -> None:
    ready = partial(catalogue.up, settings, "nova-compute", set(ZONES.values()))
    wait("nova-compute", ready, processes, "nova-compute", "nova-compute-b", "nova-api")


def _wait_for_volumes(settings: Settings, processes: Processes) -> None:
    ready = partial(catalogue.up, settings, "cinder-volume", {"lab@zone-a", "lab@zone-b"})
    wait("cinder-volume", ready, processes, "cinder-volume", "cinder-scheduler", "cinder-api")


def _run(graph: dict[str, Step], pool: ThreadPoolExecutor, tell: Callable[[str], None]) -> None:
    order = graphlib.TopologicalSorter({name: step.after for name, step in graph.items()})
    order.prepare()
    running: dict[Future[object], str] = {}
    while order.is_active():
        running |= {pool.submit(graph[name].do): name for name in order.get_ready()}
        for future in first_of(running, return_when=FIRST_COMPLETED).done:
            name = running.pop(future)
            if isinstance(error := future.exception(), Exception):
                raise LabError(f"{name} failed: {error}") from error
            tell(name)
            order.done(name)
