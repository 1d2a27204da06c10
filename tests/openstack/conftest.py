"""A real control plane, a tenant's project in it, and a gateway before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.openstack.support.lab import ControlPlane, control_plane


def pytest_configure(config: pytest.Config) -> None:
    """Keep what the SDK says of its own next version out of the report."""
    config.addinivalue_line("filterwarnings", "ignore::openstack.warnings.OpenStackDeprecationWarning")
    config.addinivalue_line("filterwarnings", "ignore::openstack.warnings.RemovedInSDK50Warning")


@pytest.fixture(scope="session")
def lab() -> Iterator[ControlPlane]:
    """The control plane; started here unless DELTAIC_OPENSTACK_LAB names a running one."""
    with control_plane() as plane:
        yield plane
