"""Rules of security groups: looked at, added and removed on the pages."""

from __future__ import annotations

import re
from html import unescape

import pytest
from msgspec import structs

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.security_group import Direction, Rule
from tests.fakes.security_groups import FakeSecurityGroups
from tests.unit.frontends.conftest import Gateway
from tests.unit.frontends.console.conftest import ConsoleFrontend, Window


@pytest.fixture
def groups(gateway: Gateway, console: ConsoleFrontend) -> FakeSecurityGroups:
    gateway.driver.capability = structs.replace(gateway.driver.capability, security_groups_update=True)
    return gateway.driver.security_groups


@pytest.fixture
def place(groups: FakeSecurityGroups) -> str:
    return f"/api/security_groups/{groups.rows[0].id}"


def added(groups: FakeSecurityGroups) -> list[Rule]:
    """The rules beyond those that every group has."""
    return [structs.replace(rule, id="") for rule in groups.rows[0].rules[2:]]


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        ({"way": "in", "protocol": "tcp", "ports": "22"}, Rule(Direction.INGRESS, "tcp", 22, 22)),
        (
            {"way": "in", "protocol": "udp", "ports": " 8000 - 8010 ", "range": "192.0.2.7/24", "description": "web"},
            Rule(Direction.INGRESS, "udp", 8000, 8010, "192.0.2.0/24", description="web"),
        ),
        ({"way": "out", "protocol": "udp", "version": "6"}, Rule(Direction.EGRESS, "udp", ip_version=6)),
        ({"protocol": "icmp", "ports": "8"}, Rule(Direction.INGRESS, "icmp", 8)),
        ({"protocol": "icmp", "ports": "3-1"}, Rule(Direction.INGRESS, "icmp", 3, 1)),
        (
            {"protocol": "tcp", "range": "2001:db8::/32"},
            Rule(Direction.INGRESS, "tcp", cidr="2001:db8::/32", ip_version=6),
        ),
    ],
)  # fmt: skip
async def test_a_rule_is_added(
    window: Window, groups: FakeSecurityGroups, place: str, form: dict[str, str], rule: Rule
) -> None:
    answer = await window.post(place, **form)
    assert (answer.status, answer.headers["location"]) == (303, place)
    assert added(groups) == [rule]
    assert '<p class="done" role="status">The rule was added.</p>' in (await window.get(place)).text


async def test_a_rule_may_name_another_group(window: Window, groups: FakeSecurityGroups, place: str) -> None:
    other = structs.replace(groups.rows[0], id="56000000-0000-4000-8000-0000000000aa", name="web & <more>", rules=())
    groups.rows.append(other)
    assert (
        '<option value="56000000-0000-4000-8000-0000000000aa">web &amp; &lt;more&gt;</option>'
        in (await window.get(place)).text
    )
    assert (await window.post(place, protocol="tcp", ports="80", group=other.id)).status == 303
    assert added(groups) == [Rule(Direction.INGRESS, "tcp", 80, 80, group_id=other.id)]
    assert '<td data-label="Other side">web &amp; &lt;more&gt;</td>' in (await window.get(place)).text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"protocol": "tcp", "ports": "ssh"}, "'ssh' is neither a port such as 22 nor a range such as 8000-8010"),
        ({"protocol": "tcp", "ports": "-1"}, "is neither a port"),
        ({"protocol": "tcp", "ports": "80-"}, "is neither a port"),
        ({"protocol": "tcp", "ports": "99999"}, "ports are between 0 and 65535"),
        ({"protocol": "tcp", "ports": "20-10"}, "A range of ports ends where it begins or later"),
        ({"protocol": "tcp", "ports": "22", "range": "everywhere"}, "'everywhere' is not a range of addresses"),
        ({"protocol": "tcp", "range": "192.0.2.0/24", "group": "56"}, "a range of addresses or a security group"),
        ({"protocol": "fly"}, "The protocol 'fly' is not"),
        ({"protocol": "", "ports": "22"}, "Only tcp, udp and icmp have ports"),
        ({"way": "out", "protocol": "", "version": "4"}, "The group has such a rule"),
    ],
)
async def test_a_rule_that_can_not_be_comes_back_with_its_form(
    window: Window, groups: FakeSecurityGroups, place: str, form: dict[str, str], words: str
) -> None:
    answer = await window.post(place, **form)
    assert answer.status == 400
    assert words in unescape(answer.text)
    assert '<details class="card" open>' in answer.text
    for value in (form.get("ports", ""), form.get("range", "")):
        assert f'value="{value}"' in answer.text
    assert added(groups) == []


async def test_a_rule_is_removed_after_a_question(window: Window, groups: FakeSecurityGroups, place: str) -> None:
    await window.post(place, protocol="tcp", ports="22")
    rule = groups.rows[0].rules[-1]
    page = (await window.get(place)).text
    link = re.search(rf'href="({place}/remove-rule\?rule={rule.id})" aria-label="([^"]+)">Remove<', page)
    assert link is not None
    assert link[2] == "Remove the rule: in, tcp, 22, anybody (IPv4)"
    asked = await window.get(link[1])
    assert "Remove this rule of the security group default?" in asked.text
    assert f'<input type="hidden" name="rule" value="{rule.id}">' in asked.text
    assert added(groups) != []
    answer = await window.post(f"{place}/remove-rule", rule=rule.id)
    assert (answer.status, answer.headers["location"]) == (303, place)
    assert added(groups) == []
    assert "A rule of the security group default was removed." in (await window.get(place)).text
    # Once more: it is gone, and nothing else is.
    await window.post(f"{place}/remove-rule", rule=rule.id)
    assert 'class="alert"' in (await window.get(place)).text
    assert len(groups.rows[0].rules) == 2


@pytest.mark.parametrize("verb", ["", "/remove-rule"])
async def test_a_change_needs_the_token_of_the_page(
    window: Window, groups: FakeSecurityGroups, place: str, verb: str
) -> None:
    rule = groups.rows[0].rules[0].id
    assert (await window.post(f"{place}{verb}", csrf="wrong", protocol="tcp", rule=rule)).status == 403
    assert groups.changes == []


async def test_of_a_cloud_that_changes_none_they_are_looked_at(
    window: Window, gateway: Gateway, groups: FakeSecurityGroups, place: str
) -> None:
    gateway.driver.capability = structs.replace(gateway.driver.capability, security_groups_update=False)
    page = (await window.get(place)).text
    assert "What is let through" in page
    assert "New rule" not in page
    assert "remove-rule" not in page


@pytest.mark.parametrize(("kind", "status"), [(ErrorKind.UNAUTHENTICATED, 303), (ErrorKind.INTERNAL, 500)])
async def test_what_is_not_for_people_is_not_told(
    window: Window, groups: FakeSecurityGroups, place: str, kind: ErrorKind, status: int
) -> None:
    groups.faults.before["add_rules"] = [Error(kind, "a secret of the gateway")]
    answer = await window.post(place, protocol="tcp")
    assert (answer.status, "a secret" in answer.text) == (status, False)


async def test_a_group_that_is_not_there(window: Window, groups: FakeSecurityGroups) -> None:
    assert (await window.post("/api/security_groups/nothing", protocol="tcp")).status == 404
