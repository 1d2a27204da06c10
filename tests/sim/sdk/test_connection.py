"""Connecting, the root document, tokens that end, and wrong passwords."""

from __future__ import annotations

from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services

from tests.sim.engine_process import USER, Simulator
from tests.sim.sdk.conftest import connect


@pytest.fixture
def own() -> Iterator[Simulator]:
    """A simulator of one's own: what forgets all tokens would disturb the others' sessions."""
    started = Simulator("--time-factor", "0.05")
    yield started
    assert started.stop() == 0


def test_root(system: services.SystemService) -> None:
    api = system.get()
    assert (api.product_info.name, api.product_info.vendor) == ("oVirt Engine", "ovirt.org")
    assert (api.product_info.version.major, api.product_info.version.minor) == (4, 5)
    assert api.product_info.version.full_version.startswith("4.5.")
    assert api.special_objects.blank_template.id == "00000000-0000-0000-0000-000000000000"
    assert api.special_objects.root_tag.id == "00000000-0000-0000-0000-000000000000"
    assert api.summary.vms.total >= api.summary.vms.active >= 1
    assert api.summary.hosts.total >= 2
    assert api.authenticated_user.id == api.effective_user.id
    assert api.time is not None
    assert api.time.tzinfo is not None


def test_test_and_authenticate(simulator: Simulator) -> None:
    connection = connect(simulator)
    assert connection.test() is True
    assert connection.authenticate() == connection.authenticate()
    connection.close()


def test_wrong_password_is_an_authentication_error(simulator: Simulator) -> None:
    connection = sdk.Connection(url=simulator.url, username=USER, password="wrong", timeout=10)
    with pytest.raises(sdk.AuthError, match=f"Cannot authenticate user '{USER}'"):
        connection.system_service().get()


def test_unknown_profile_is_an_authentication_error(simulator: Simulator) -> None:
    connection = sdk.Connection(url=simulator.url, username="admin@nowhere", password="deltaic", timeout=10)
    with pytest.raises(sdk.AuthError, match="access_denied"):
        connection.system_service().get()


def test_expired_token_is_renewed_by_the_sdk(own: Simulator) -> None:
    connection = connect(own)
    system = connection.system_service()
    first = connection.authenticate()
    assert system.get().product_info.name == "oVirt Engine"
    own.control("POST", "tokens/expire")
    assert system.get().product_info.name == "oVirt Engine"
    assert connection.authenticate() != first
    connection.close()


def test_engine_restart_is_survived(own: Simulator) -> None:
    connection = connect(own)
    names = [vm.name for vm in connection.system_service().vms_service().list()]
    own.control("POST", "restart")
    assert [vm.name for vm in connection.system_service().vms_service().list()] == names
    connection.close()


def test_given_token_serves_until_it_is_revoked(simulator: Simulator) -> None:
    token = simulator.token()
    connection = sdk.Connection(url=simulator.url, token=token, timeout=10)
    assert len(connection.system_service().clusters_service().list()) == 2
    connection.close(logout=True)
    again = sdk.Connection(url=simulator.url, token=token, timeout=10)
    with pytest.raises(sdk.AuthError):
        again.system_service().get()


def test_compressed_connection(simulator: Simulator) -> None:
    connection = connect(simulator, compress=True)
    assert len(connection.system_service().vms_service().list()) >= 12
    connection.close()


def test_basic_header_connection(simulator: Simulator) -> None:
    connection = connect(simulator, kerberos=False, headers={"Correlation-Id": "basic-1"})
    assert connection.system_service().get().product_info.vendor == "ovirt.org"
    connection.close()


def test_many_requests_at_once_on_pipelined_connections(simulator: Simulator) -> None:
    connection = connect(simulator, connections=3, pipeline=5)
    vms = connection.system_service().vms_service()
    identities = [vm.id for vm in vms.list()]
    futures = [(one, vms.vm_service(one).get(wait=False)) for one in identities * 5]
    assert [future.wait().id for _, future in futures] == [one for one, _ in futures]
    connection.close()
