"""A real control plane, a tenant's project in it, and a gateway before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.openstack.support.gateway import Site, site
from tests.openstack.support.lab import ControlPlane, control_plane
from tests.openstack.support.leftovers import leftovers
from tests.openstack.support.tenant import Ec2Credentials, Tenant, tenant

#: Longest wait for removals that a gateway has accepted; fixtures that end later may still hold something then.
UNDER_WAY_SECONDS = 20.0


def pytest_configure(config: pytest.Config) -> None:
    """Keep what the SDK says of its own next version out of the report."""
    config.addinivalue_line("filterwarnings", "ignore::openstack.warnings.RemovedInSDK60Warning")
    config.addinivalue_line("filterwarnings", "ignore::openstack.warnings.RemovedInSDK50Warning")


@pytest.fixture(scope="session")
def lab() -> Iterator[ControlPlane]:
    """The control plane; started here unless DELTAIC_OPENSTACK_LAB names a running one."""
    with control_plane() as plane:
        yield plane


@pytest.fixture(scope="module")
def project(lab: ControlPlane) -> Iterator[Tenant]:
    """A project for the tests of one file; what they leave behind is an error of the last one."""
    with tenant(lab) as made:
        yield made


@pytest.fixture(scope="module")
def cloud(project: Tenant) -> Any:
    """The other side: openstacksdk as the project's plain member."""
    return project.cloud


@pytest.fixture(scope="module")
def gateway(project: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A gateway before the project, with all its frontends."""
    with site(tmp_path_factory.mktemp("site") / "gateway", project) as running:
        yield running
        # What a gateway shows as gone it may be about to remove: one that is stopped before leaves it there.
        leftovers(project.cloud, project.project_id, project.made, UNDER_WAY_SECONDS)


@pytest.fixture(scope="module")
def ec2(gateway: Site) -> Any:
    """boto3 with an access key of the gateway's own."""
    return gateway.client()


@pytest.fixture(scope="module")
def issued(project: Tenant) -> Ec2Credentials:
    """An access key that Keystone issued to the project's member."""
    return project.ec2_credentials()


@pytest.fixture(scope="module")
def keystone_ec2(gateway: Site, issued: Ec2Credentials) -> Any:
    """boto3 with an access key that Keystone issued; the gateway's store does not know it."""
    return gateway.with_credentials(issued).client()
