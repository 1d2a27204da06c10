"""Disks, attachments, NICs and consoles of VMs."""

from __future__ import annotations

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.sim.sdk.conftest import gone, status_is

GIB = 1 << 30


def data_disk(domain: types.StorageDomain, **members: object) -> types.Disk:
    return types.Disk(
        name="sdk-data", provisioned_size=2 * GIB, format=types.DiskFormat.COW,
        storage_domains=[types.StorageDomain(id=domain.id)], **members,
    )  # fmt: skip


def test_disk_lives_alone(system: services.SystemService, domain: types.StorageDomain) -> None:
    disks = system.disks_service()
    made = disks.add(data_disk(domain))
    assert made.status == types.DiskStatus.LOCKED
    service = disks.disk_service(made.id)
    disk = status_is(service, types.DiskStatus.OK)
    assert (disk.alias, disk.provisioned_size, disk.storage_domains[0].id) == ("sdk-data", 2 * GIB, domain.id)
    assert [one.id for one in disks.list(search="alias=sdk-data")] == [disk.id]
    service.update(types.Disk(description="updated"))
    assert service.get().description == "updated"
    service.remove()
    assert gone(service)


def test_attach_detach_and_remove(
    system: services.SystemService, domain: types.StorageDomain, running: services.VmService
) -> None:
    disk = system.disks_service().add(data_disk(domain))
    service = system.disks_service().disk_service(disk.id)
    status_is(service, types.DiskStatus.OK)
    attachments = running.disk_attachments_service()
    made = attachments.add(types.DiskAttachment(disk=types.Disk(id=disk.id), interface=types.DiskInterface.VIRTIO_SCSI,
                                                bootable=False, active=True))  # fmt: skip
    assert (made.id, made.active) == (disk.id, True)
    assert {one.id for one in attachments.list()} > {disk.id}
    with pytest.raises(sdk.Error) as raised:
        service.remove()
    assert raised.value.code == 409
    attachment = attachments.attachment_service(disk.id)
    attachment.update(types.DiskAttachment(active=False))
    assert attachment.get().active is False
    attachment.remove(detach_only=True)
    assert gone(attachment)
    assert service.get().status == types.DiskStatus.OK
    service.remove()
    assert gone(service)


def test_new_disk_with_its_attachment(
    system: services.SystemService, domain: types.StorageDomain, vm: services.VmService
) -> None:
    attachments = vm.disk_attachments_service()
    made = attachments.add(types.DiskAttachment(disk=data_disk(domain), interface=types.DiskInterface.VIRTIO,
                                                bootable=False, active=True))  # fmt: skip
    assert made.disk.id == made.id
    attachment = attachments.attachment_service(made.id)
    status_is(system.disks_service().disk_service(made.id), types.DiskStatus.OK)
    assert attachment.get(follow="disk").disk.name == "sdk-data"
    attachment.update(types.DiskAttachment(disk=types.Disk(provisioned_size=3 * GIB)))
    assert attachment.get(follow="disk").disk.provisioned_size == 3 * GIB


def test_second_boot_disk_is_refused(domain: types.StorageDomain, vm: services.VmService) -> None:
    with pytest.raises(sdk.Error) as raised:
        vm.disk_attachments_service().add(
            types.DiskAttachment(disk=data_disk(domain), interface=types.DiskInterface.VIRTIO, bootable=True)
        )
    assert raised.value.code == 409
    assert "is already marked as boot" in raised.value.fault.detail


def test_copy_makes_another_disk(
    system: services.SystemService, domain: types.StorageDomain, vm: services.VmService
) -> None:
    disk = vm.disk_attachments_service().list()[0].id
    disks = system.disks_service()
    disks.disk_service(disk).copy(disk=types.Disk(name="sdk-copy"), storage_domain=types.StorageDomain(id=domain.id))
    found = disks.list(search="alias=sdk-copy")
    assert len(found) == 1
    service = disks.disk_service(found[0].id)
    status_is(service, types.DiskStatus.OK)
    service.remove()
    assert gone(service)


def test_nics(system: services.SystemService, running: services.VmService) -> None:
    nics = running.nics_service()
    profile = nics.list()[0].vnic_profile
    made = nics.add(types.Nic(name="nic9", interface=types.NicInterface.VIRTIO, vnic_profile=profile))
    service = nics.nic_service(made.id)
    nic = service.get()
    assert (nic.plugged, nic.linked, nic.vm.id) == (True, True, running.get().id)
    assert nic.mac.address.startswith("56:6f:")
    with pytest.raises(sdk.Error) as raised:
        nics.add(types.Nic(name="nic9", vnic_profile=profile))
    assert raised.value.code == 409
    assert "Network interface name is already in use" in raised.value.fault.detail
    service.update(types.Nic(linked=False))
    assert service.get().linked is False
    service.deactivate()
    assert service.get().plugged is False
    service.remove()
    assert gone(service)


def test_consoles(running: services.VmService) -> None:
    plain = running.graphics_consoles_service().list()[0]
    live = running.graphics_consoles_service().list(current=True)[0]
    assert live.id == plain.id
    assert live.address
    assert 5900 <= live.port < 65536
    viewer = running.graphics_consoles_service().console_service(live.id).remote_viewer_connection_file()
    assert viewer.startswith("[virt-viewer]")
    ticket = running.graphics_consoles_service().console_service(live.id).ticket()
    assert len(ticket.value) >= 8


def test_console_ticket_needs_a_running_vm(vm: services.VmService) -> None:
    with pytest.raises(sdk.Error) as raised:
        vm.ticket()
    assert raised.value.code == 409


def test_statistics(running: services.VmService) -> None:
    found = {one.name: one for one in running.statistics_service().list()}
    assert {"memory.installed", "memory.used", "cpu.current.total", "network.current.total"} <= set(found)
    installed = found["memory.installed"]
    assert (installed.kind, installed.type, installed.unit) == (
        types.StatisticKind.GAUGE, types.ValueType.INTEGER, types.StatisticUnit.BYTES,
    )  # fmt: skip
    assert installed.values[0].datum == running.get().memory


def test_cdrom(system: services.SystemService, vm: services.VmService) -> None:
    iso = next(one for one in system.storage_domains_service().list() if one.type == types.StorageDomainType.ISO)
    file = system.storage_domains_service().storage_domain_service(iso.id).files_service().list()[0]
    drives = vm.cdroms_service()
    drive = drives.cdrom_service(drives.list()[0].id)
    assert drive.get().file is None
    drive.update(types.Cdrom(file=types.File(id=file.id)))
    assert drive.get().file.id == "debian-12.9.0-amd64-netinst.iso"


def test_display_of_a_running_vm_tells_where_it_listens(running: services.VmService) -> None:
    live, display = running.graphics_consoles_service().list(current=True)[0], running.get().display
    assert (display.address, display.port) == (live.address, live.port)
    assert display.certificate.content.startswith("-----BEGIN CERTIFICATE-----")
    running.update(types.Vm(display=display, description="display sent back"))
    assert running.get().next_run_configuration_exists is False
    running.stop()
    stopped = status_is(running, types.VmStatus.DOWN).display
    assert (stopped.address, stopped.port, stopped.certificate) == (None, None, None)
