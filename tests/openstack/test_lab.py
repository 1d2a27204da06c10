"""The lab is what the other tests take it for."""

from __future__ import annotations

from tests.openstack.lab.settings import REGION, SECOND_REGION, SECOND_ZONE, ZONE
from tests.openstack.support.lab import ControlPlane


def test_two_regions_and_two_zones(lab: ControlPlane) -> None:
    cloud = lab.administrator()
    assert {region.id for region in cloud.identity.regions()} >= {REGION, SECOND_REGION}
    assert {zone.name for zone in cloud.compute.availability_zones()} >= {ZONE, SECOND_ZONE}


def test_every_service_of_both_regions_answers(lab: ControlPlane) -> None:
    for region in (REGION, SECOND_REGION):
        cloud = lab.administrator(region)
        assert list(cloud.compute.servers(name="no such server")) == []
        assert {each.name for each in cloud.identity.projects()} >= {"admin", "service"}
        assert list(cloud.network.security_groups(limit=1)) != []
        assert [each.name for each in cloud.block_storage.types()] == ["__DEFAULT__"]
        assert list(cloud.image.images(name="no such image")) == []
