"""Provider strings, options, and what a project and a domain are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.driver import DriverConfig
from deltaic.drivers.openstack.config import identity_url, settings
from deltaic.drivers.openstack.views import View, completed, read_view, write_view
from deltaic.model.errors import Error, ErrorKind

names = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20).map(str.strip).filter(bool)


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        ("https://cloud:5000", "https://cloud:5000/v3"),
        ("https://cloud:5000/", "https://cloud:5000/v3"),
        ("https://cloud:5000/v2.0", "https://cloud:5000/v3"),
        ("https://cloud:5000/v2.0/tokens", "https://cloud:5000/v3"),
        ("https://cloud:5000/v3/auth/tokens", "https://cloud:5000/v3"),
        ("https://cloud/identity", "https://cloud/identity/v3"),
        ("https://cloud/identity/v3/", "https://cloud/identity/v3"),
        ("http://[::1]:5000/v3", "http://[::1]:5000/v3"),
    ],
)
def test_identity_addresses(given_url: str, url: str) -> None:
    assert identity_url(given_url) == url


def test_provider_string_and_options() -> None:
    config = DriverConfig(
        provider="https://cloud:5000/v3;RegionOne;demo;Corp",
        options={"interface": "internalURL", "service_user": "deltaic", "service_password": "secret-1"},
    )
    found = settings(config)
    assert (found.region, found.view, found.interface) == ("RegionOne", View("demo", "Corp"), "internal")
    assert found.service is not None
    assert (found.service.user, found.service.project, found.service.domain) == ("deltaic", "service", "Corp")
    assert "secret-1" not in repr(found)


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (DriverConfig(provider="https://cloud", options={"colour": "red"}), "options"),
        (DriverConfig(provider="https://cloud", options={"interface": "back"}), "interface"),
        (DriverConfig(provider="https://cloud", options={"allow_http": "perhaps"}), "allow_http"),
        (DriverConfig(provider="https://cloud", options={"service_user": "x"}), "service_password"),
        (DriverConfig(provider="https://cloud", options={"service_password": "x"}), "service_user"),
        (DriverConfig(provider="https://cloud", ca_fingerprint="00" * 32), "ca_fingerprint"),
        (DriverConfig(provider="https://cloud?x=1"), "provider"),
        (DriverConfig(provider="https://cloud;r;p;d;x"), "provider"),
        (DriverConfig(provider="ftp://cloud"), "provider"),
    ],
)
def test_wrong_configurations_name_the_field(config: DriverConfig, field: str) -> None:
    with pytest.raises(Error) as caught:
        settings(config)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)


@pytest.mark.parametrize(
    ("asked", "configured", "view"),
    [
        ("", "", ""),
        ("demo", "", "demo"),
        ("demo;default", "", "demo"),
        ("demo;DEFAULT", "", "demo"),
        ("demo;Corp", "", "demo;Corp"),
        ("", "main;Corp", "main;Corp"),
        ("demo", "main;Corp", "demo;Corp"),
        ("demo;default", "main;Corp", "demo;Default"),
        (";Other", "main;Corp", ";Other"),
        (";Corp", "main;Corp", "main;Corp"),
    ],
)
def test_views_are_completed_by_the_configured_one(asked: str, configured: str, view: str) -> None:
    whole = completed(read_view(configured), View())
    assert write_view(completed(read_view(asked), whole)) == view


@given(project=names, domain=names, configured=st.sampled_from(["", "main", "main;Corp"]))
def test_a_view_has_one_form(project: str, domain: str, configured: str) -> None:
    whole = completed(read_view(configured), View())
    once = completed(View(project, domain if domain.lower() != "default" else "Default"), whole)
    assert completed(read_view(write_view(once)), whole) == once
