"""Security groups and rules as a real network service answered them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from deltaic.driver import Driver
from deltaic.drivers.openstack import DRIVER, security_rules
from deltaic.drivers.openstack.wire_network import Rule as WireRule
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.security_group import Direction, Rule, SecurityGroupChanges, SecurityGroupSpec
from tests.unit.drivers.openstack.cloud import PROJECT, Answer, Asked, Cloud, asks, recorded

BASE = "/network/v2.0"
GROUPS = f"{BASE}/security-groups"
RULES = f"{BASE}/security-group-rules"
WEB = "0423a1ff-ebb1-49b4-acc1-1f4963978ba1"
VPC = "acf9d52d-50e5-4019-9e06-5c9fb08c8d62"
NOWHERE = "00000000-0000-4000-8000-00000000dead"
ONE = json.loads(recorded("security_group.json"))["security_group"]
SSH = Rule(Direction.INGRESS, "tcp", 22, 22, cidr="192.0.2.0/24", description="ssh")


@pytest.fixture
async def driver(cloud: Cloud) -> AsyncIterator[Driver]:
    cloud.answers |= {
        f"GET {GROUPS}": Answer(recorded("security_groups.json")),
        f"GET {GROUPS}/{WEB}": Answer({"security_group": ONE}),
        f"PUT {GROUPS}/{WEB}": Answer({"security_group": ONE}),
        f"PUT {GROUPS}/{WEB}/tags": lambda asked: Answer(asked.body),
        f"DELETE {GROUPS}/{WEB}": Answer(status=204),
        f"GET {RULES}": Answer({"security_group_rules": []}),
    }
    made = DRIVER.create(cloud.config())
    yield made
    await made.close()


async def test_what_is_listed(driver: Driver, cloud: Cloud) -> None:
    found = await driver.security_groups.list(asks())
    assert [(one.name, one.default) for one in found] == [("default", True), ("open", False), ("web", False)]
    web = found[2]
    assert (web.id, web.description, web.data_center_id, web.network_id) == (WEB, "for the web", "RegionOne", VPC)
    assert web.tags == {"tier": "web"}
    assert {replace(one, id="") for one in web.rules if one.direction is Direction.INGRESS} == {
        SSH,
        Rule(Direction.INGRESS, "tcp", 80, 443, cidr="0.0.0.0/0"),
        Rule(Direction.INGRESS, "icmp", 8, 0),
        Rule(Direction.INGRESS, "icmpv6", ip_version=6),
        Rule(Direction.INGRESS, "47", group_id=WEB),
        Rule(Direction.INGRESS, "tcp"),
    }
    assert {(one.ip_version, one.protocol) for one in web.rules if one.direction is Direction.EGRESS} == {
        (4, ""), (6, ""),
    }  # fmt: skip
    assert [one.query for one in cloud.of("GET", GROUPS)] == [f"project_id={PROJECT}"]


async def test_by_id_the_known_ones(driver: Driver) -> None:
    assert [one.id for one in await driver.security_groups.list(asks(), ids=[WEB, NOWHERE, "no/such id"])] == [WEB]


async def test_a_group_is_made_and_found_again(driver: Driver, cloud: Cloud) -> None:
    bare = {**ONE, "tags": [], "description": "deltaic:launch=group:1"}
    spec = SecurityGroupSpec("web", "for the web", VPC, {"tier": "web"}, "group:1")
    texts = ["deltaic:launch=group:1", f"deltaic:network={VPC}", "tier=web"]
    begun = [False]

    def groups(asked: Asked) -> Answer:
        return Answer({"security_groups": [bare] if begun[0] and "description=" in asked.query else []})

    cloud.answers |= {f"GET {GROUPS}": groups, f"POST {GROUPS}": Answer({"security_group": bare}, 201)}
    made = await driver.security_groups.create(asks(), spec)
    assert (made.id, made.name, made.description, made.network_id) == (WEB, "web", "for the web", VPC)
    assert cloud.of("POST", GROUPS)[0].json == {
        "security_group": {"name": "web", "description": "deltaic:launch=group:1"}
    }
    assert [one.json for one in cloud.of("PUT")] == [
        {"tags": texts}, {"security_group": {"description": "for the web"}},
    ]  # fmt: skip
    begun[0] = True
    await driver.security_groups.create(asks(), spec)
    assert len(cloud.of("POST", GROUPS)) == 1


async def test_a_taken_name_is_named(driver: Driver, cloud: Cloud) -> None:
    fault = {"NeutronError": {"type": "SecurityGroupDefaultAlreadyExists", "message": "It exists", "detail": ""}}
    cloud.answers[f"POST {GROUPS}"] = Answer(fault, 409)
    with pytest.raises(Error) as caught:
        await driver.security_groups.create(asks(), SecurityGroupSpec("default"))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.ALREADY_EXISTS, "name")


async def test_changes(driver: Driver, cloud: Cloud) -> None:
    cloud.answers |= {
        f"PUT {GROUPS}/{WEB}/tags/a=b": Answer(),
        f"DELETE {GROUPS}/{WEB}/tags/tier=web": Answer(status=204),
    }
    await driver.security_groups.update(asks(), WEB, SecurityGroupChanges(name="db", tags={"a": "b"}))
    assert [(one.method, one.path) for one in cloud.asked if one.method in ("PUT", "DELETE")] == [
        ("PUT", f"{GROUPS}/{WEB}"),
        ("PUT", f"{GROUPS}/{WEB}/tags/a=b"),
        ("DELETE", f"{GROUPS}/{WEB}/tags/tier=web"),
    ]


async def test_a_group_that_others_name_stays(driver: Driver, cloud: Cloud) -> None:
    await driver.security_groups.delete(asks(), WEB)
    found = [{"id": one, "security_group_id": one, "remote_group_id": WEB} for one in (WEB, "other")]
    rules = {"security_group_rules": found}
    cloud.answers[f"GET {RULES}"] = Answer(rules)
    with pytest.raises(Error) as caught:
        await driver.security_groups.delete(asks(), WEB)
    assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.IN_USE, WEB)
    assert len(cloud.of("DELETE")) == 1
    assert cloud.of("GET", RULES)[0].query == f"remote_group_id={WEB}&project_id={PROJECT}"


async def test_rules_are_added_in_one_call(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"POST {RULES}"] = Answer(recorded("security_group_rules_made.json"), 201)
    kept = await driver.security_groups.add_rules(
        asks(), WEB, [SSH, Rule(Direction.EGRESS, "udp", 0, 65535, group_id=WEB)]
    )
    assert [one.json for one in cloud.of("POST", RULES)] == [
        {
            "security_group_rules": [
                {"security_group_id": WEB, "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp",
                 "port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "192.0.2.0/24",
                 "remote_group_id": None, "description": "ssh"},
                {"security_group_id": WEB, "direction": "egress", "ethertype": "IPv4", "protocol": "udp",
                 "port_range_min": None, "port_range_max": None, "remote_ip_prefix": None,
                 "remote_group_id": WEB, "description": ""},
            ]
        }
    ]  # fmt: skip
    assert replace(kept[0], id="") == SSH
    assert len({one.id for one in kept}) == 6


@pytest.mark.parametrize(
    ("status", "fault", "kind", "field", "about"),
    [
        (409, {"type": "SecurityGroupRuleExists", "message": "It exists. Rule id is 1."},
         ErrorKind.ALREADY_EXISTS, "", ""),
        (400, {"type": "SecurityGroupInvalidPortRange", "message": "min must be <= max"},
         ErrorKind.INVALID, "from_port", ""),
        (400, {"type": "InvalidCIDR", "message": "Invalid CIDR x given as IP prefix."}, ErrorKind.INVALID, "cidr", ""),
        (400, {"type": "SecurityGroupRuleInvalidProtocol", "message": "protocol x not supported"},
         ErrorKind.INVALID, "protocol", ""),
        (404, {"type": "SecurityGroupNotFound", "message": f"Security group {WEB} does not exist"},
         ErrorKind.NOT_FOUND, "", WEB),
        (404, {"type": "SecurityGroupNotFound", "message": f"Security group {NOWHERE} does not exist"},
         ErrorKind.NOT_FOUND, "", NOWHERE),
        (409, {"type": "OverQuota", "message": "Quota exceeded for resources: ['security_group_rule']."},
         ErrorKind.QUOTA, "", WEB),
    ],
)  # fmt: skip
async def test_refused_rules(
    driver: Driver, cloud: Cloud, status: int, fault: dict[str, str], kind: ErrorKind, field: str, about: str
) -> None:
    cloud.answers[f"POST {RULES}"] = Answer({"NeutronError": {**fault, "detail": ""}}, status)
    with pytest.raises(Error) as caught:
        await driver.security_groups.add_rules(asks(), WEB, [replace(SSH, cidr="", group_id=NOWHERE)])
    assert (caught.value.kind, caught.value.field, caught.value.resource_id) == (kind, field, about)


async def test_what_is_wrong_before_the_service_is_asked_is_told_as_it_is(driver: Driver, cloud: Cloud) -> None:
    for context, rule, kind, about in (
        (asks(region="Atlantis"), SSH, ErrorKind.NOT_FOUND, "data_center"),
        (asks(), replace(SSH, description="\ud800"), ErrorKind.INVALID, ""),
    ):
        with pytest.raises(Error) as caught:
            await driver.security_groups.add_rules(context, WEB, [rule])
        assert (caught.value.kind, caught.value.resource) == (kind, about)
    assert cloud.of("POST", RULES) == []


async def test_a_rule_that_somebody_else_removes_meanwhile_is_removed(driver: Driver, cloud: Cloud) -> None:
    ids = [one["id"] for one in ONE["security_group_rules"]]
    cloud.answers[f"DELETE {RULES}/{ids[1]}"] = Answer(status=204)
    await driver.security_groups.remove_rules(asks(), WEB, ids[:2])
    assert [one.path for one in cloud.of("DELETE")] == [f"{RULES}/{id_}" for id_ in ids[:2]]


async def test_rules_are_removed_all_or_none(driver: Driver, cloud: Cloud) -> None:
    ids = [one["id"] for one in ONE["security_group_rules"]]
    cloud.answers |= {f"DELETE {RULES}/{id_}": Answer(status=204) for id_ in ids}
    with pytest.raises(Error) as caught:
        await driver.security_groups.remove_rules(asks(), WEB, [ids[0], NOWHERE])
    assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.NOT_FOUND, NOWHERE)
    assert cloud.of("DELETE") == []
    await driver.security_groups.remove_rules(asks(), WEB, ids[:2])
    assert [one.path for one in cloud.of("DELETE")] == [f"{RULES}/{id_}" for id_ in ids[:2]]


def test_what_the_model_has_no_words_for_is_left_out() -> None:
    assert security_rules.neutral(WireRule(remote_address_group_id="ag-1")) is None
    with pytest.raises(Error) as caught:
        security_rules.native(replace(SSH, ip_version=5), WEB)
    assert caught.value.field == "ip_version"
