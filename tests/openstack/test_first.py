"""A gateway before a real project: what it shows before anything is made."""

from __future__ import annotations

from typing import Any

from tests.clients.gateway import basic, fetch
from tests.openstack.lab.settings import REGION
from tests.openstack.support.gateway import Site


def test_zones_with_a_key_of_the_gateways_own(ec2: Any) -> None:
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert {zone["RegionName"] for zone in zones} == {REGION}
    assert len(zones) == 2


def test_no_login_no_answer(gateway: Site) -> None:
    answer = fetch(f"{gateway.gateway.url}?Action=DescribeInstances&Version=2016-11-15", basic(password="wrong"))
    assert answer.error == (401, "AuthFailure")
