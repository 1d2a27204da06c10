"""The life of a VM: create, start, stop, reboot, suspend, change, clone, delete, and what is refused when."""

from __future__ import annotations

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.sim.engine_process import until
from tests.sim.sdk.conftest import MakeVm, gone, status_is

UNKNOWN = "11111111-2222-4333-8444-555555555555"


def refusal(error: sdk.Error) -> tuple[int, str, str]:
    return error.code, error.fault.reason, error.fault.detail


def test_create_from_template(system: services.SystemService, cluster: types.Cluster, template: types.Template) -> None:
    vms = system.vms_service()
    made = vms.add(
        types.Vm(
            name="sdk-created", cluster=types.Cluster(name=cluster.name), template=types.Template(name=template.name)
        )
    )
    assert made.status == types.VmStatus.IMAGE_LOCKED
    assert made.creation_time is not None
    service = vms.vm_service(made.id)
    vm = status_is(service, types.VmStatus.DOWN)
    assert (vm.memory, vm.cpu.topology.sockets) == (template.memory, template.cpu.topology.sockets)
    assert (vm.template.id, vm.original_template.id) == (template.id, template.id)
    disks = service.disk_attachments_service().list(follow="disk")
    assert [one.disk.status for one in disks] == [types.DiskStatus.OK]
    service.remove()
    assert gone(service)


def test_start_and_guest_information(running: services.VmService) -> None:
    vm = running.get()
    assert vm.host is not None
    assert vm.start_time is not None
    devices = until(lambda: running.reported_devices_service().list(), "reported devices")
    macs = {nic.mac.address for nic in running.nics_service().list()}
    assert {device.mac.address for device in devices} <= macs
    assert running.get().guest_operating_system.family == "Linux"
    running.stop()
    vm = status_is(running, types.VmStatus.DOWN)
    assert (vm.host, vm.fqdn, vm.start_time) == (None, None, None)
    assert running.reported_devices_service().list() == []


def test_start_twice_is_refused(running: services.VmService) -> None:
    with pytest.raises(sdk.Error) as raised:
        running.start()
    assert refusal(raised.value) == (409, "Operation Failed", "[Cannot run VM because the VM is in Up status.]")


def test_shutdown_goes_by_powering_down(running: services.VmService) -> None:
    running.shutdown()
    assert running.get().status in (types.VmStatus.POWERING_DOWN, types.VmStatus.DOWN)
    assert status_is(running, types.VmStatus.DOWN).stop_time is not None
    running.shutdown()
    running.stop()
    assert running.get().status == types.VmStatus.DOWN


def test_reboot_and_reset(running: services.VmService) -> None:
    running.reboot()
    status_is(running, types.VmStatus.UP)
    running.reset()
    assert running.get().status == types.VmStatus.UP


def test_reboot_of_a_stopped_vm_is_refused(vm: services.VmService) -> None:
    with pytest.raises(sdk.Error) as raised:
        vm.reboot()
    assert raised.value.code == 409
    assert raised.value.fault.detail.startswith("[Cannot reboot VM")


def test_suspend_and_resume(running: services.VmService) -> None:
    running.suspend()
    assert running.get().status in (types.VmStatus.SAVING_STATE, types.VmStatus.SUSPENDED)
    assert status_is(running, types.VmStatus.SUSPENDED).host is None
    with pytest.raises(sdk.Error) as raised:
        running.remove()
    assert raised.value.code == 409
    assert "Cannot remove VM" in raised.value.fault.detail
    running.start()
    status_is(running, types.VmStatus.UP)


def test_a_paused_start_and_its_end(vm: services.VmService) -> None:
    vm.start(pause=True)
    assert status_is(vm, types.VmStatus.PAUSED).host is not None
    with pytest.raises(sdk.Error) as raised:
        vm.suspend()
    assert raised.value.code == 409
    vm.start()
    status_is(vm, types.VmStatus.UP)
    vm.stop()
    status_is(vm, types.VmStatus.DOWN)
    vm.start(pause=True)
    status_is(vm, types.VmStatus.PAUSED)
    vm.stop()
    status_is(vm, types.VmStatus.DOWN)


def test_suspend_of_a_stopped_vm_is_refused(vm: services.VmService) -> None:
    with pytest.raises(sdk.Error) as raised:
        vm.suspend()
    assert refusal(raised.value) == (409, "Operation Failed", "[Cannot hibernate VM. VM is not up.]")


def test_run_once(vm: services.VmService) -> None:
    vm.start(
        vm=types.Vm(os=types.OperatingSystem(boot=types.Boot(devices=[types.BootDevice.NETWORK]))), use_cloud_init=False
    )
    started = status_is(vm, types.VmStatus.UP)
    assert started.run_once is True
    vm.stop()
    stopped = status_is(vm, types.VmStatus.DOWN)
    assert stopped.os.boot.devices == [types.BootDevice.HD]


def test_two_initializations_are_refused(vm: services.VmService) -> None:
    with pytest.raises(sdk.Error) as raised:
        vm.start(use_cloud_init=True, use_sysprep=True)
    assert raised.value.code == 409
    assert "Cannot use multiple initialization tags simultaneously when running VM." in raised.value.fault.detail


def test_migrate_needs_another_host(
    system: services.SystemService, cluster: types.Cluster, running: services.VmService
) -> None:
    with pytest.raises(sdk.Error) as raised:
        running.migrate()
    assert raised.value.code == 409
    assert "There is no host that satisfies current scheduling constraints" in raised.value.fault.detail
    hosts = system.hosts_service()
    added = hosts.add(
        types.Host(
            name="sdk-host", address="sdk-host.example.com", root_password="x", cluster=types.Cluster(id=cluster.id)
        )
    )
    host = hosts.host_service(added.id)
    status_is(host, types.HostStatus.UP)
    before = running.get().host.id
    running.migrate()
    status_is(running, types.VmStatus.UP)
    assert (before != added.id, running.get().host.id) == (True, added.id)
    with pytest.raises(sdk.Error) as raised:
        host.remove()
    assert raised.value.code == 409
    running.stop()
    status_is(running, types.VmStatus.DOWN)
    host.deactivate()
    status_is(host, types.HostStatus.MAINTENANCE)
    host.activate()
    status_is(host, types.HostStatus.UP)
    host.deactivate()
    status_is(host, types.HostStatus.MAINTENANCE)
    host.remove()
    assert gone(host)


def test_update_and_read_back(vm: services.VmService) -> None:
    vm.update(types.Vm(description="changed", comment='{"a": "<&>"}', memory=2 << 30,
                       memory_policy=types.MemoryPolicy(guaranteed=1 << 30, max=4 << 30)))  # fmt: skip
    found = vm.get()
    assert (found.description, found.comment, found.memory) == ("changed", '{"a": "<&>"}', 2 << 30)
    assert (found.memory_policy.guaranteed, found.memory_policy.max) == (1 << 30, 4 << 30)


def test_change_of_a_running_vm_waits_for_the_next_run(running: services.VmService) -> None:
    running.update(types.Vm(bios=types.Bios(boot_menu=types.BootMenu(enabled=True))))
    found = running.get()
    assert found.next_run_configuration_exists is True
    assert found.bios.boot_menu.enabled is False
    assert running.get(next_run=True).bios.boot_menu.enabled is True
    running.stop()
    stopped = status_is(running, types.VmStatus.DOWN)
    assert stopped.next_run_configuration_exists is False
    assert stopped.bios.boot_menu.enabled is True


def test_initialization_and_payload_are_kept(make_vm: MakeVm) -> None:
    script = "write_files:\n- path: /tmp/x\n  content: ü\n"
    service = make_vm(
        initialization=types.Initialization(
            host_name="web1",
            user_name="root",
            root_password="secret",
            custom_script=script,
            authorized_ssh_keys="ssh-rsa AAAA x",
        )
    )
    found = service.get(all_content=True).initialization
    assert (found.host_name, found.custom_script, found.authorized_ssh_keys) == ("web1", script, "ssh-rsa AAAA x")
    assert found.root_password != "secret"
    service.update(types.Vm(payloads=[types.Payload(type=types.VmDeviceType.CDROM, volume_id="config-2", files=[
        types.File(name="openstack/latest/user_data", content="aGVsbG8=")])]))  # fmt: skip
    payload = service.get(all_content=True).payloads[0]
    assert (payload.volume_id, payload.files[0].name) == ("config-2", "openstack/latest/user_data")
    assert payload.files[0].content == "aGVsbG8="
    assert service.get().payloads is None


def test_instance_type_decides_the_size(system: services.SystemService, make_vm: MakeVm) -> None:
    small = next(one for one in system.instance_types_service().list() if one.name == "Small")
    vm = make_vm(instance_type=types.InstanceType(id=small.id)).get()
    assert (vm.memory, vm.instance_type.id) == (2 << 30, small.id)


def test_delete_protection(make_vm: MakeVm) -> None:
    service = make_vm(delete_protected=True)
    with pytest.raises(sdk.Error) as raised:
        service.remove()
    text = "[Cannot remove VM. Delete protection is enabled. In order to delete, disable Delete protection first.]"
    assert refusal(raised.value) == (409, "Operation Failed", text)


def test_delete_of_a_running_vm_is_refused(running: services.VmService) -> None:
    with pytest.raises(sdk.Error) as raised:
        running.remove()
    assert refusal(raised.value) == (409, "Operation Failed", "[Cannot remove VM. VM is running.]")


def test_delete_keeps_disks_when_told_to(system: services.SystemService, make_vm: MakeVm) -> None:
    service = make_vm()
    disk = service.disk_attachments_service().list()[0].id
    service.remove(detach_only=True)
    assert gone(service)
    kept = system.disks_service().disk_service(disk)
    assert kept.get().status == types.DiskStatus.OK
    kept.remove()
    assert gone(kept)


def test_clone(system: services.SystemService, vm: services.VmService) -> None:
    vm.clone(vm=types.Vm(name="sdk-clone"))
    copy = until(lambda: system.vms_service().list(search="name=sdk-clone"), "the clone")[0]
    service = system.vms_service().vm_service(copy.id)
    status_is(service, types.VmStatus.DOWN)
    mine, theirs = ([nic.mac.address for nic in one.nics_service().list()] for one in (vm, service))
    assert len(mine) == len(theirs) == 1
    assert mine != theirs
    service.remove()
    assert gone(service)


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"name": "two words"}, 400, "The given name contains special characters"),
        ({"name": "x" * 65}, 400, "name is too long"),
        ({"name": None}, 400, "Vm [name] required for add"),
        ({"cluster": types.Cluster(name="nowhere")}, 404, "Entity not found: nowhere"),
        ({"template": types.Template(id=UNKNOWN)}, 404, f"Entity not found: {UNKNOWN}"),
        ({"memory": 1 << 20, "memory_policy": types.MemoryPolicy(guaranteed=1 << 30)}, 409, "emory"),
    ],
    ids=["characters", "long", "nameless", "cluster", "template", "memory"],
)  # fmt: skip
def test_bad_vm_is_refused(
    system: services.SystemService, cluster: types.Cluster, template: types.Template,
    changes: dict[str, object], code: int, text: str,
) -> None:  # fmt: skip
    members = {"name": "sdk-bad", "cluster": types.Cluster(id=cluster.id), "template": template, **changes}
    with pytest.raises(sdk.Error) as raised:
        system.vms_service().add(types.Vm(**members))
    assert text in raised.value.fault.detail
    assert raised.value.code == code
    assert system.vms_service().list(search="name=sdk-bad") == []


def test_taken_name_is_refused(system: services.SystemService, vm: services.VmService) -> None:
    other = vm.get()
    with pytest.raises(sdk.Error) as raised:
        system.vms_service().add(types.Vm(name=other.name, cluster=other.cluster, template=other.template))
    text = "[Cannot add VM. The VM name is already in use, please choose a unique name and try again.]"
    assert refusal(raised.value) == (409, "Operation Failed", text)


def test_unknown_vm_is_not_found(system: services.SystemService) -> None:
    service = system.vms_service().vm_service(UNKNOWN)
    for verb in (service.get, service.start, service.remove):
        with pytest.raises(sdk.NotFoundError) as raised:
            verb()
        assert raised.value.code == 404
