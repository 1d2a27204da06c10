"""The lab is what the other tests take it for."""

from __future__ import annotations

import pytest
from keystoneauth1.exceptions import ConnectTimeout

from tests.openstack.lab.settings import REGION, SECOND_REGION, SECOND_ZONE, ZONE
from tests.openstack.support.lab import ControlPlane
from tests.openstack.support.servers import new_server, reached, removed
from tests.openstack.support.tenant import Tenant


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


def test_servers_go_where_they_are_sent(project: Tenant) -> None:
    made = {zone: new_server(project, "placed", availability_zone=zone).id for zone in (ZONE, SECOND_ZONE)}
    unplaced = new_server(project, "placed").id
    assert {zone: reached(project, server, "ACTIVE").availability_zone for zone, server in made.items()} == {
        ZONE: ZONE,
        SECOND_ZONE: SECOND_ZONE,
    }
    assert reached(project, unplaced, "ACTIVE").availability_zone == ZONE
    for server in (*made.values(), unplaced):
        removed(project, server)


def test_a_frozen_compute_host_goes_on_where_it_stopped(lab: ControlPlane, project: Tenant) -> None:
    with lab.paused("nova-compute"):
        server = new_server(project, "waits").id
        asked = project.cloud.compute.get_server(server)
        assert asked.status == "BUILD"
    assert reached(project, server, "ACTIVE", "ERROR").status == "ACTIVE"
    removed(project, server)


def test_a_frozen_service_answers_nobody(lab: ControlPlane, project: Tenant) -> None:
    keystone = f"{project.plane.keystone}/projects"
    with lab.paused("keystone"), pytest.raises(ConnectTimeout):
        project.cloud.session.get(keystone, timeout=1)
    assert project.cloud.session.get(keystone.replace("/projects", "")).status_code == 200


def test_a_service_that_was_killed_is_back_when_restart_returns(lab: ControlPlane, project: Tenant) -> None:
    lab.restart("keystone")
    lab.restart("rabbitmq")
    assert lab.connection(project.user, project.password, project.name).current_project_id == project.project_id
    server = new_server(project, "after").id
    assert reached(project, server, "ACTIVE", "ERROR").status == "ACTIVE"
    removed(project, server)
