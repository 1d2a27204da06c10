"""The classic form: plain GETs with Basic, as in the talk of 2012."""

from __future__ import annotations

import re

import pytest

from tests.support.asgi import Answer, ask
from tests.support.aws_client import basic
from tests.unit.frontends.conftest import BCN_CLUSTER, BLANK, CLUSTER, IMAGE, OTHER_VM, SECOND_CLUSTER, VM, Gateway

NAMESPACE = "http://ec2.amazonaws.com/doc/2012-04-01/"


async def get(gateway: Gateway, query: str) -> Answer:
    return await ask(gateway.app, path="/ec2/", query=query, headers=basic())


def values(answer: Answer, tag: str) -> list[str]:
    return re.findall(f"<{tag}>([^<]*)</{tag}>", answer.text)


async def test_availability_zones_are_the_clusters_of_all_data_centers(gateway: Gateway) -> None:
    answer = await get(gateway, "Action=DescribeAvailabilityZones")
    assert answer.status == 200
    assert f'<DescribeAvailabilityZonesResponse xmlns="{NAMESPACE}">' in answer.text
    assert values(answer, "zoneName") == [CLUSTER.id, SECOND_CLUSTER.id, BCN_CLUSTER.id]
    assert values(answer, "zoneState") == ["AVAILABLE"] * 3
    assert values(answer, "regionName") == ["Default", "Default", "barcelona"]


async def test_images_have_native_ids_and_the_engine_s_words(gateway: Gateway) -> None:
    answer = await get(gateway, "Action=DescribeImages")
    assert values(answer, "imageId") == [BLANK, IMAGE]
    assert values(answer, "imageState") == ["ok", "ok"]
    assert values(answer, "imageOwnerId") == ["admin@internal"] * 2
    assert values(answer, "name") == ["Blank", "desktop_template"]
    assert values(answer, "description") == ["Blank template", ""]


async def test_one_instance(gateway: Gateway) -> None:
    answer = await get(gateway, f"Action=DescribeInstances&InstanceId.1={VM}")
    assert "<reservationSet><item>" in answer.text
    assert "<instancesSet><item>" in answer.text
    assert values(answer, "reservationId") == ["r-11111111"]
    assert values(answer, "instanceId") == [VM]
    assert values(answer, "imageId") == [IMAGE]
    assert values(answer, "instanceType") == ["SERVER"]
    assert values(answer, "launchTime") == ["2012-10-10T07:53:08.984Z"]
    assert values(answer, "ipAddress") == ["192.168.1.27"]
    assert values(answer, "dnsName") == ["192.168.1.27"]
    assert values(answer, "availabilityZone") == [CLUSTER.id]
    assert "<instanceState><code>16</code><name>running</name></instanceState>" in answer.text


async def test_run_in_a_zone_of_another_data_center(gateway: Gateway) -> None:
    query = f"Action=RunInstances&Placement.AvailabilityZone={BCN_CLUSTER.id}&ImageId={IMAGE}"
    answer = await get(gateway, query)
    assert answer.status == 200
    assert values(answer, "imageId") == [IMAGE]
    assert values(answer, "ownerId") == ["deltacloud"]
    assert values(answer, "reservationId") == ["r-11111111"]
    assert "<groupSet><item><groupId>sg-11111111</groupId><groupName>default</groupName></item></groupSet>" in (
        answer.text
    )
    assert "<instanceState><code>0</code><name>pending</name></instanceState>" in answer.text
    assert values(answer, "ipAddress") == values(answer, "dnsName") == [""]
    assert [spec.zone_id for spec in gateway.driver.instances.given.values()] == [BCN_CLUSTER.id]


@pytest.mark.parametrize(
    ("action", "target", "current", "previous"),
    [
        ("StartInstances", OTHER_VM, (0, "pending"), (80, "stopped")),
        ("StopInstances", VM, (64, "stopping"), (16, "running")),
        ("TerminateInstances", VM, (32, "shutting-down"), (16, "running")),
    ],
)
async def test_state_changes_tell_the_real_previous_state(
    gateway: Gateway, action: str, target: str, current: tuple[int, str], previous: tuple[int, str]
) -> None:
    answer = await get(gateway, f"Action={action}&InstanceId.1={target}")
    assert answer.status == 200
    assert values(answer, "instanceId") == [target]
    assert f"<currentState><code>{current[0]}</code><name>{current[1]}</name></currentState>" in answer.text
    assert f"<previousState><code>{previous[0]}</code><name>{previous[1]}</name></previousState>" in answer.text


async def test_the_version_of_2012_is_the_same_form(gateway: Gateway) -> None:
    answer = await get(gateway, "Action=DescribeInstances&Version=2012-04-01")
    assert sorted(values(answer, "instanceId")) == sorted([VM, OTHER_VM])


async def test_the_provider_header_chooses_one_data_center(gateway: Gateway) -> None:
    headers = basic() | {"X-Deltacloud-Provider": "barcelona"}
    answer = await ask(gateway.app, path="/ec2/", query="Action=DescribeAvailabilityZones", headers=headers)
    assert values(answer, "zoneName") == [BCN_CLUSTER.id]


async def test_without_a_login_a_browser_is_asked_for_one(gateway: Gateway) -> None:
    answer = await ask(gateway.app, path="/ec2/", query="Action=DescribeInstances")
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="deltaic"'
    assert values(answer, "Code") == ["AuthFailure"]
