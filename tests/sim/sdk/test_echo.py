"""Whatever the SDK reads of an entity, it may send back: modules put whole entities into their requests."""

from __future__ import annotations

import pytest
from lxml import etree
from ovirtsdk4 import services, writer

from ovirt_engine_sim.representation import xml
from ovirt_engine_sim.types import model

COLLECTIONS = (
    "clusters", "cpu_profiles", "data_centers", "disk_profiles", "disks", "domains", "events", "groups", "hosts",
    "icons", "instance_types", "mac_pools", "network_filters", "networks", "operating_systems", "permissions", "roles",
    "scheduling_policies", "storage_domains", "tags", "templates", "users", "vms", "vnic_profiles",
)  # fmt: skip


@pytest.mark.parametrize("name", COLLECTIONS)
def test_everything_read_can_be_sent(system: services.SystemService, name: str) -> None:
    found = getattr(system, f"{name}_service")().list()
    assert found != []
    kinds = {kind.element: kind for kind in model()[0].values()}
    for one in found:
        text = writer.Writer.write(one)
        kind = kinds[etree.fromstring(text).tag]
        assert xml.read(kind, text.encode(), name)["id"] == one.id


def test_vms_with_all_content_can_be_sent(system: services.SystemService) -> None:
    kind = model()[0]["vm"]
    for vm in system.vms_service().list(all_content=True, follow="nics,disk_attachments,reported_devices"):
        read = xml.read(kind, writer.Writer.write(vm).encode(), "vms")
        assert (read["id"], len(read["nics"])) == (vm.id, len(vm.nics))
