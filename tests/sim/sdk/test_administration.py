"""Tags, networks, vNIC profiles, permissions, events, jobs, affinity labels, quotas, MAC pools."""

from __future__ import annotations

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.sim.engine_process import until
from tests.sim.sdk.conftest import gone, status_is


def test_tags(system: services.SystemService, vm: services.VmService) -> None:
    tags = system.tags_service()
    parent = tags.add(types.Tag(name="sdk-parent", description="above"))
    child = tags.add(types.Tag(name="sdk-child", parent=types.Tag(id=parent.id)))
    assert child.parent.id == parent.id
    assert parent.parent.id == "00000000-0000-0000-0000-000000000000"
    with pytest.raises(sdk.Error) as raised:
        tags.add(types.Tag(name="sdk-child"))
    assert (raised.value.code, raised.value.fault.detail) == (409, "[The specified Tag name already exists.]")
    vm.tags_service().add(types.Tag(name="sdk-child"))
    assert [tag.id for tag in vm.tags_service().list()] == [child.id]
    identity = vm.get().id
    for name in ("sdk-child", "sdk-parent"):
        assert [one.id for one in system.vms_service().list(search=f"tag={name}")] == [identity]
    vm.tags_service().tag_service(child.id).remove()
    assert vm.tags_service().list() == []
    for tag in (child, parent):
        tags.tag_service(tag.id).remove()
        assert gone(tags.tag_service(tag.id))


def test_networks_and_profiles(system: services.SystemService, cluster: types.Cluster, vm: services.VmService) -> None:
    networks = system.networks_service()
    made = networks.add(types.Network(name="sdk-net", data_center=cluster.data_center, usages=[types.NetworkUsage.VM],
                                      vlan=types.Vlan(id=77), mtu=1400))  # fmt: skip
    service = networks.network_service(made.id)
    found = service.get()
    assert (found.vlan.id, found.mtu, found.usages) == (77, 1400, [types.NetworkUsage.VM])
    inside = system.clusters_service().cluster_service(cluster.id).networks_service()
    inside.add(types.Network(id=made.id, required=False))
    attached = next(one for one in inside.list() if one.id == made.id)
    assert attached.required is False
    assert attached.status is not None
    profiles = [one for one in system.vnic_profiles_service().list() if one.network.id == made.id]
    assert [one.name for one in profiles] == ["sdk-net"]
    nic = vm.nics_service().add(types.Nic(name="nic7", vnic_profile=types.VnicProfile(id=profiles[0].id)))
    assert vm.nics_service().nic_service(nic.id).get().vnic_profile.id == profiles[0].id
    with pytest.raises(sdk.Error) as raised:
        service.remove()
    assert raised.value.code == 409
    vm.nics_service().nic_service(nic.id).remove()
    service.remove()
    assert gone(service)
    assert [one for one in system.vnic_profiles_service().list() if one.network.id == made.id] == []


def test_permissions(system: services.SystemService, vm: services.VmService) -> None:
    user = next(one for one in system.users_service().list() if not one.user_name.startswith("admin"))
    made = vm.permissions_service().add(types.Permission(user=types.User(id=user.id), role=types.Role(name="UserRole")))
    service = vm.permissions_service().permission_service(made.id)
    found = service.get()
    assert (found.user.id, found.vm.id) == (user.id, vm.get().id)
    role = system.roles_service().role_service(found.role.id).get()
    assert (role.name, role.administrative) == ("UserRole", False)
    service.remove()
    assert gone(service)


def test_events_follow_a_start(system: services.SystemService, vm: services.VmService) -> None:
    last = system.events_service().list(max=1)[0]
    vm.start(query={"correlation_id": "sdk-events-1"})
    status_is(vm, types.VmStatus.UP)
    events = system.events_service().list(from_=int(last.id))
    mine = [event for event in events if event.vm is not None and event.vm.id == vm.get().id]
    assert [(event.code, event.correlation_id or "") for event in mine] == [
        (32, ""), (153, "sdk-events-1"), (150, "sdk-events-1"),
    ]  # fmt: skip
    ids = [int(event.id) for event in events]
    assert ids == sorted(ids, reverse=True)
    found = system.events_service().list(search="correlation_id=sdk-events-1")
    assert {event.correlation_id for event in found} == {"sdk-events-1"}


def test_own_event(system: services.SystemService) -> None:
    made = system.events_service().add(
        types.Event(description="from outside", severity=types.LogSeverity.WARNING, origin="sdk", custom_id=41)
    )
    found = system.events_service().event_service(made.id).get()
    assert (found.description, found.severity, found.origin, found.custom_id) == (
        "from outside", types.LogSeverity.WARNING, "sdk", 41,
    )  # fmt: skip


def test_job_by_correlation_id(system: services.SystemService, vm: services.VmService) -> None:
    vm.snapshots_service().add(
        types.Snapshot(description="job", persist_memorystate=False), query={"correlation_id": "sdk-job-1"}
    )
    job = until(lambda: system.jobs_service().list(search="correlation_id=sdk-job-1"), "the job")[0]
    service = system.jobs_service().job_service(job.id)
    done = status_is(service, types.JobStatus.FINISHED)
    assert done.end_time >= done.start_time
    assert done.description.startswith("Creating VM Snapshot job for VM")


def test_affinity_labels(system: services.SystemService, vm: services.VmService) -> None:
    labels = system.affinity_labels_service()
    made = labels.add(types.AffinityLabel(name="sdk-label"))
    service = labels.label_service(made.id)
    vm.affinity_labels_service().add(types.AffinityLabel(id=made.id))
    assert [one.name for one in vm.affinity_labels_service().list()] == ["sdk-label"]
    assert [one.id for one in service.vms_service().list()] == [vm.get().id]
    vm.affinity_labels_service().label_service(made.id).remove()
    assert service.vms_service().list() == []
    service.remove()
    assert gone(service)


def test_quotas_and_mac_pools(system: services.SystemService, cluster: types.Cluster, vm: services.VmService) -> None:
    center = system.data_centers_service().data_center_service(cluster.data_center.id)
    quota = next(one for one in center.quotas_service().list() if one.name == "Default")
    assert vm.get().quota.id == quota.id
    pool = next(one for one in system.mac_pools_service().list() if one.default_pool)
    assert pool.id == "58ca604b-017d-0374-0220-00000000014e"
    assert pool.ranges[0].from_.startswith("56:6f:")


def test_data_center_and_cluster(system: services.SystemService) -> None:
    centers, clusters = system.data_centers_service(), system.clusters_service()
    center = centers.add(types.DataCenter(name="sdk-center", local=False))
    assert center.status == types.DataCenterStatus.UNINITIALIZED
    cluster = clusters.add(types.Cluster(name="sdk-cluster", data_center=types.DataCenter(name="sdk-center"),
                                         cpu=types.Cpu(type="Secure Intel Icelake Server Family")))  # fmt: skip
    service = clusters.cluster_service(cluster.id)
    assert service.get().data_center.id == center.id
    assert [one.name for one in service.networks_service().list()] == ["ovirtmgmt"]
    service.remove()
    assert gone(service)
    centers.data_center_service(center.id).remove()
    assert gone(centers.data_center_service(center.id))
