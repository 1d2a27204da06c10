"""A person's day in the browser: log in, launch, see it run, reach its console, delete it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.clients.console_client import ConsoleClient
from tests.openstack.support.gateway import Site
from tests.openstack.support.servers import EVERY, SECONDS
from tests.openstack.support.tenant import Tenant
from tests.support.processes import until

PARTS = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def browser(gateway: Site, project: Tenant) -> ConsoleClient:
    """Somebody who has logged in."""
    client = ConsoleClient(gateway.gateway.host)
    assert client.log_in(project.user, project.password).status == 303
    return client


def test_a_wrong_password(gateway: Site, project: Tenant) -> None:
    refused = ConsoleClient(gateway.gateway.host).log_in(project.user, "wrong")
    assert (refused.status, 'role="alert"' in refused.text, refused.cookies.keys() & {"session"}) == (401, True, set())


@pytest.mark.parametrize(
    "path",
    ["", "/instances", "/images", "/storage_volumes", "/storage_snapshots", "/networks", "/security_groups", "/keys",
     "/jobs", "/access_keys", "/connect", "/instances/new"],
)  # fmt: skip
def test_every_page_answers(browser: ConsoleClient, path: str) -> None:
    page = browser.get(f"/api{path}")
    assert (page.status, page.text.count("<h1")) == (200, 1)
    for word in ("oVirt", "engine", ">Events<"):
        assert word not in page.text


def test_lists_show_what_the_cloud_has(browser: ConsoleClient, project: Tenant) -> None:
    assert ">tiny</a>" in browser.get("/api/images").text
    networks = browser.get("/api/networks").text
    assert ">inside</a>" in networks
    assert "10.20.0.0/24" in networks
    rules = browser.get(f"/api/security_groups/{project.security_group_id}").text
    assert "anybody (IPv4)" in rules
    sizes = browser.get("/api/instances/new").text
    assert "m1.tiny: 1 CPU" in sizes
    assert "SERVER" not in sizes


def test_rules_of_a_security_group_by_hand(browser: ConsoleClient, project: Tenant, cloud: Any) -> None:
    group = cloud.network.create_security_group(name="by hand & <b>")
    where = f"/api/security_groups/{group.id}"

    def there() -> set[tuple[Any, ...]]:
        rules = cloud.network.security_group_rules(security_group_id=group.id)
        return {
            (one.direction, one.ether_type, one.protocol, one.port_range_min, one.port_range_max, one.remote_ip_prefix,
             one.remote_group_id, one.description or "")
            for one in rules
        }  # fmt: skip

    usual = there()
    forms = (
        {"protocol": "tcp", "ports": "22", "range": "192.0.2.7/24", "description": 'ssh, "ours"'},
        {"protocol": "udp", "ports": "8000-8010", "version": "6", "way": "out"},
        {"protocol": "icmp", "ports": "8", "group": project.security_group_id},
        {"protocol": "", "range": "2001:db8::/32"},
    )
    try:
        for form in forms:
            sent = browser.post(where, **form)
            assert (sent.status, sent.headers.get("location")) == (303, where), sent.text
        assert there() - usual == {
            ("ingress", "IPv4", "tcp", 22, 22, "192.0.2.0/24", None, 'ssh, "ours"'),
            ("egress", "IPv6", "udp", 8000, 8010, None, None, ""),
            ("ingress", "IPv4", "icmp", 8, None, None, project.security_group_id, ""),
            ("ingress", "IPv6", None, None, None, "2001:db8::/32", None, ""),
        }
        again = browser.post(where, **forms[0])
        assert (again.status, "has one of the rules already" in again.text) == (400, True)
        links = re.findall(rf'href="({where}/remove-rule\?rule=[^"]+)" aria-label="Remove the rule: ', again.text)
        assert len(links) == len(forms) + len(usual)
        for link in links:
            asked = browser.get(unescape(link))
            assert "Remove this rule of the security group by hand &amp; &lt;b&gt;?" in asked.text
            path, _, rule = link.partition("?rule=")
            assert browser.post(path, rule=rule).status == 303
        assert there() == set()
    finally:
        cloud.network.delete_security_group(group.id)


def test_the_life_of_an_instance(browser: ConsoleClient, project: Tenant, cloud: Any) -> None:
    form = {"name": "by hand", "image_id": project.image_id, "network_id": project.network_id, "start": "true"}
    sent = browser.post("/api/instances", **form)
    assert sent.status == 303, sent.text
    where = sent.headers["location"]
    instance = where.rpartition("/")[2]

    def shows(word: str) -> bool:
        return f">{word}<" in browser.send("GET", f"{where}?part=state", headers=PARTS).text

    until(lambda: shows("running"), SECONDS, EVERY)
    assert cloud.compute.get_server(instance).status == "ACTIVE"
    (port,) = cloud.network.ports(device_id=instance)
    page = browser.get(where).text
    assert port.fixed_ips[0]["ip_address"] in page
    assert 'id="do-console-page"' in page
    assert 'id="do-console"' not in page

    console = browser.post(f"{where}/console-page")
    link = re.search(r'id="to-console" href="([^"]+)"', console.text)
    assert link is not None, console.text
    assert unescape(link[1]).startswith("http://127.0.0.1")
    assert browser.get(f"{where}/output").status == 200

    assert browser.post(f"{where}/stop").status == 303
    until(lambda: shows("stopped"), SECONDS, EVERY)
    assert cloud.compute.get_server(instance).status == "SHUTOFF"
    assert browser.post(f"{where}/delete").status == 303
    until(lambda: cloud.compute.find_server(instance) is None, SECONDS, EVERY)
    assert browser.get(where).status == 404
