"""Snapshots of VMs, and templates with their versions."""

from __future__ import annotations

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.sim.engine_process import until
from tests.sim.sdk.conftest import MakeVm, gone, status_is


def taken(vm: services.VmService, description: str) -> services.SnapshotService:
    made = vm.snapshots_service().add(types.Snapshot(description=description, persist_memorystate=False))
    assert made.snapshot_status == types.SnapshotStatus.LOCKED
    service: services.SnapshotService = vm.snapshots_service().snapshot_service(made.id)
    until(lambda: service.get().snapshot_status == types.SnapshotStatus.OK, "snapshot ok")
    return service


def test_snapshot_restore_remove(vm: services.VmService) -> None:
    vm.update(types.Vm(memory=2 << 30, memory_policy=types.MemoryPolicy(guaranteed=1 << 30, max=8 << 30)))
    snapshot = taken(vm, "before")
    found = [(one.description, one.snapshot_type) for one in vm.snapshots_service().list()]
    assert found == [("Active VM", types.SnapshotType.ACTIVE), ("before", types.SnapshotType.REGULAR)]
    assert len(snapshot.disks_service().list()) == 1
    assert len(snapshot.nics_service().list()) == 1
    disk = vm.disk_attachments_service().list()[0].id
    with pytest.raises(sdk.Error) as raised:
        vm.disk_attachments_service().attachment_service(disk).remove()
    assert "The disk is already configured in a snapshot." in raised.value.fault.detail
    status_is(vm, types.VmStatus.DOWN)
    vm.update(types.Vm(memory=3 << 30))
    snapshot.restore()
    status_is(vm, types.VmStatus.DOWN)
    assert vm.get().memory == 2 << 30
    until(lambda: snapshot.get().snapshot_status == types.SnapshotStatus.OK, "snapshot ok again")
    snapshot.remove()
    assert gone(snapshot)


def test_live_snapshot(running: services.VmService) -> None:
    snapshot = taken(running, "live")
    assert running.get().status == types.VmStatus.UP
    snapshot.remove()
    assert gone(snapshot)


def test_snapshot_of_a_suspended_vm_is_refused(running: services.VmService) -> None:
    running.suspend()
    status_is(running, types.VmStatus.SUSPENDED)
    with pytest.raises(sdk.Error) as raised:
        running.snapshots_service().add(types.Snapshot(description="no"))
    assert raised.value.code == 409


def test_vm_from_a_snapshot(system: services.SystemService, vm: services.VmService) -> None:
    snapshot = taken(vm, "source")
    status_is(vm, types.VmStatus.DOWN)
    source = vm.get()
    made = system.vms_service().add(
        types.Vm(name="sdk-of-snapshot", cluster=source.cluster, snapshots=[types.Snapshot(id=snapshot.get().id)])
    )
    service = system.vms_service().vm_service(made.id)
    status_is(service, types.VmStatus.DOWN)
    disks = service.disk_attachments_service().list()
    assert len(disks) == 1
    assert disks[0].id != vm.disk_attachments_service().list()[0].id
    service.remove()
    assert gone(service)


def test_template_and_its_versions(system: services.SystemService, vm: services.VmService, make_vm: MakeVm) -> None:
    templates = system.templates_service()
    made = templates.add(types.Template(name="sdk-template", vm=types.Vm(id=vm.get().id)))
    assert made.status == types.TemplateStatus.LOCKED
    first = templates.template_service(made.id)
    found = status_is(first, types.TemplateStatus.OK)
    assert (found.version.version_number, found.version.base_template.id) == (1, made.id)
    status_is(vm, types.VmStatus.DOWN)
    version = types.TemplateVersion(base_template=types.Template(id=made.id), version_name="second")
    again = templates.add(types.Template(name="sdk-template", vm=types.Vm(id=vm.get().id), version=version))
    second = templates.template_service(again.id)
    found = status_is(second, types.TemplateStatus.OK)
    assert (found.version.version_number, found.version.version_name) == (2, "second")
    assert {one.id for one in templates.list(search="name=sdk-template")} == {made.id, again.id}
    assert len(second.disk_attachments_service().list()) == 1
    assert len(second.nics_service().list()) == 1
    user = system.vms_service().add(
        types.Vm(name="sdk-thin", cluster=vm.get().cluster, template=types.Template(id=again.id))
    )
    thin = system.vms_service().vm_service(user.id)
    status_is(thin, types.VmStatus.DOWN)
    with pytest.raises(sdk.Error) as raised:
        second.remove()
    text = "[Cannot delete Template. Template is being used by the following VMs: sdk-thin.]"
    assert (raised.value.code, raised.value.fault.detail) == (409, text)
    thin.remove()
    assert gone(thin)
    for service in (second, first):
        service.remove()
        assert gone(service)


def test_template_of_a_running_vm_is_refused(system: services.SystemService, running: services.VmService) -> None:
    with pytest.raises(sdk.Error) as raised:
        system.templates_service().add(types.Template(name="sdk-no", vm=types.Vm(id=running.get().id)))
    text = "[Cannot add Template. VM is locked or still running, try again once VM is in the Down state.]"
    assert (raised.value.code, raised.value.fault.detail) == (409, text)
