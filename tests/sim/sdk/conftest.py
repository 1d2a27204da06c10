"""The official SDK, connected to the simulator; it blocks, so the simulator is a process of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.sim.engine_process import PASSWORD, USER, Simulator, until

CLUSTER = "Default"
TEMPLATE = "desktop_template"


def connect(simulator: Simulator, **options: Any) -> sdk.Connection:
    return sdk.Connection(url=simulator.url, username=USER, password=PASSWORD, timeout=30, **options)


@pytest.fixture(scope="session")
def connection(simulator: Simulator) -> Iterator[sdk.Connection]:
    made = connect(simulator)
    yield made
    made.close()


@pytest.fixture(scope="session")
def system(connection: sdk.Connection) -> services.SystemService:
    return connection.system_service()


@pytest.fixture(scope="session")
def template(system: services.SystemService) -> types.Template:
    """A template with a disk and a NIC."""
    found: types.Template = system.templates_service().list(search=f"name={TEMPLATE}")[0]
    return found


@pytest.fixture(scope="session")
def cluster(system: services.SystemService, template: types.Template) -> types.Cluster:
    """The cluster where the template lives."""
    found: types.Cluster = system.clusters_service().cluster_service(template.cluster.id).get()
    return found


@pytest.fixture(scope="session")
def domain(system: services.SystemService, cluster: types.Cluster) -> types.StorageDomain:
    """The data domain of that cluster's data center."""
    center = system.data_centers_service().data_center_service(cluster.data_center.id)
    found: types.StorageDomain = next(
        one for one in center.storage_domains_service().list() if one.type == types.StorageDomainType.DATA
    )
    return found


def status_is(service: Any, status: Any) -> Any:
    """Poll until the object's status is this one, and return the object."""

    def there() -> Any:
        found = service.get()
        return found if found.status == status else None

    return until(there, f"status {status}")


def gone(service: Any) -> bool:
    """Poll until GET answers 404."""

    def missing() -> bool:
        try:
            service.get()
        except sdk.NotFoundError:
            return True
        return False

    return until(missing, "404")


MakeVm = Callable[..., services.VmService]


@pytest.fixture
def make_vm(system: services.SystemService, template: types.Template, cluster: types.Cluster) -> Iterator[MakeVm]:
    """Makes VMs that are down, from the template; removes them at the end."""
    made: list[services.VmService] = []

    def make(**members: Any) -> services.VmService:
        name = members.pop("name", f"sdk-{uuid.uuid4().hex[:8]}")
        vms = system.vms_service()
        vm = vms.add(types.Vm(name=name, cluster=types.Cluster(id=cluster.id), template=template, **members))
        service: services.VmService = vms.vm_service(vm.id)
        made.append(service)
        status_is(service, types.VmStatus.DOWN)
        return service

    yield make
    for service in made:
        remove(service)


def remove(service: services.VmService) -> None:
    """Stop and remove a VM if it is still there."""
    try:
        vm = service.get()
        if vm.delete_protected:
            service.update(types.Vm(delete_protected=False))
        service.stop()
        status_is(service, types.VmStatus.DOWN)
        service.remove()
    except sdk.NotFoundError:
        return
    gone(service)


@pytest.fixture
def vm(make_vm: MakeVm) -> services.VmService:
    """A VM that is down."""
    return make_vm()


@pytest.fixture
def running(vm: services.VmService) -> services.VmService:
    """A VM that is up."""
    vm.start()
    status_is(vm, types.VmStatus.UP)
    return vm
