"""What search fields read from the engine's entities."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from ovirt_engine_sim import Engine, ManualClock, generate
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.search import compile_search
from ovirt_engine_sim.search_fields import COLLECTIONS, REFERENCED
from ovirt_engine_sim.search_values import value_function
from tests.sim.core.conftest import anonymous, api
from tests.sim.core.support import DEFAULT, DOWN_VM, UP_VM, WORKSHOP, Api

__all__ = ["anonymous", "api"]

KINDS = {
    "vms": "vm",
    "templates": "template",
    "instancetypes": "instance_type",
    "hosts": "host",
    "clusters": "cluster",
    "datacenters": "data_center",
    "networks": "network",
    "storagedomains": "storage_domain",
    "disks": "disk",
    "events": "event",
    "users": "user",
    "groups": "group",
    "jobs": "job",
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(generate(20), clock=ManualClock())


def fields() -> Iterator[tuple[str, str]]:
    for name, collection in COLLECTIONS.items():
        for field in collection.table.fields:
            yield name, field.lower()
        for owner in collection.references.values():
            for field in REFERENCED[owner].fields:
                yield name, f"{owner}.{field.lower()}"


@pytest.mark.parametrize("collection", sorted(KINDS))
def test_every_field_of_every_row_reads_plain_values(engine: Engine, collection: str) -> None:
    values = value_function(engine, collection)
    rows = engine.all(KINDS[collection])
    for field in [field for name, field in fields() if name == collection]:
        for row in rows:
            for value in values(row, field):
                assert isinstance(value, str | int | float | bool), (field, value)


READ = {
    "vms": "name comment status ip fqdn os creationdate address on_host memory guaranteed_memory vcpus uptime cluster "
    "datacenter type id description architecture compatibility_level next_run_config_exists has_illegal_images "
    "bios_type hosts.name templates.name storage.name vnic.mac_addr vnic.network_name",
    "templates": "name os creationdate childcount mem description status cluster datacenter architecture version_name "
    "vms.name storage.name",
    "instancetypes": "name mem description",
    "hosts": "name status cluster address cpus memory datacenter type architecture active_vms vms.name storage.name",
    "clusters": "name cpu_type architecture compatibility_level datacenter.name storage.name "
    "cluster_network.network_name",
    "datacenters": "name local status compatibility_version clusters.name storage.name networks.name",
    "networks": "name datacenter mtu stp vmnetwork cluster_network.cluster_name",
    "storagedomains": "name status shared_status datacenter type free_size used_size total_size hosts.name "
    "clusters.name",
    "disks": "alias name provisioned_size size actual_size status disk_type disk_content_type allocation_policy "
    "number_of_vms vm_names id wipe_after_delete shareable storage.name datacenter.name",
    "events": "type severity message time correlation_id origin",
    "users": "name usrname login directory type",
}


@pytest.mark.parametrize("collection", sorted(READ))
def test_fields_that_clients_use_have_a_value(engine: Engine, collection: str) -> None:
    values = value_function(engine, collection)
    rows = engine.all(KINDS[collection])
    empty = [field for field in READ[collection].split() if not any(list(values(row, field)) for row in rows)]
    assert empty == []


async def ids(api: Api, collection: str, text: str) -> set[str]:
    member = {"vms": "vm", "disks": "disk", "templates": "template", "events": "event"}.get(collection, collection[:-1])
    found = await api.read(f"{collection}?search={quote(text)}")
    return {one["id"] for one in found.get(member, [])}


async def test_searches_over_http(api: Api) -> None:
    assert await ids(api, "vms", "ip=192.168.1.28") == {UP_VM}
    assert await ids(api, "vms", "status=up and datacenter=barcelona") == {UP_VM}
    assert await ids(api, "vms", f"id={UP_VM} or id={DOWN_VM}") == {UP_VM, DOWN_VM}
    assert await ids(api, "vms", "hosts.name=bcn-host1") == {UP_VM}
    assert len(await ids(api, "vms", 'templates.name="Workshop template"')) == 3
    assert await ids(api, "templates", "vms.name=cimi_machine") == {WORKSHOP}
    assert len(await ids(api, "disks", "vm_names=ec2_machine")) == 1
    assert len(await ids(api, "disks", "datacenter.name=Default and storage.name=data1")) == 4
    assert await ids(api, "clusters", "datacenter.name=Default") == {DEFAULT}
    assert await ids(api, "vms", "name=EC2*") == set()


async def test_events_are_found_by_the_correlation_id_of_the_call(api: Api) -> None:
    answer = await api.call("POST", f"vms/{DOWN_VM}/start", {}, Correlation_Id="abc-123")
    assert answer.status == 200
    api.advance(10)
    found = (await api.read("events?search=correlation_id%3Dabc-123"))["event"]
    assert {"150", "153"} <= {one["code"] for one in found}
    assert {one["vm"]["id"] for one in found} == {DOWN_VM}
    assert [int(one["id"]) for one in found] == sorted((int(one["id"]) for one in found), reverse=True)


async def test_errors_and_empty_results_over_http(api: Api) -> None:
    answer = await api.get("vms?search=status%3Dnonsense%20")
    assert (answer.status, answer.json["reason"]) == (400, "Operation Failed")
    assert answer.detail == "VMs : status=$nonsense$ "
    answer = await api.get("vms?search=name%3D")
    assert (answer.status, answer.json) == (200, {})


def test_five_thousand_machines_are_searched_by_plain_look_ups() -> None:
    """Counts the values that a search reads: one for each row and condition, and the name for the order."""
    engine = Engine(generate(5_000), clock=ManualClock())
    values = value_function(engine, "vms")
    reads = 0

    def counted(row: Entity, field: str) -> object:
        nonlocal reads
        reads += 1
        return values(row, field)

    search = compile_search("vms", "datacenter=barcelona and status=up sortby name asc page 2")
    found = search.apply(engine.all("vm"), counted)  # type: ignore[arg-type]
    assert 1_500 < len(found) < 2_500
    assert reads <= 3 * 5_005
    assert [vm.name for vm in found] == sorted(vm.name for vm in found)
