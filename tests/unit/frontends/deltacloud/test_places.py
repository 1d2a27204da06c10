"""Entry point, drivers, providers, methods, and what there is not."""

from __future__ import annotations

import json

import pytest

from tests.support.asgi import ask
from tests.unit.frontends.conftest import BARCELONA, BCN_CLUSTER, CLUSTER, DEFAULT, VM
from tests.unit.frontends.deltacloud.conftest import BASE, Client


async def test_the_entry_point_needs_no_login(deltacloud: Client) -> None:
    answer = await ask(deltacloud.app, "GET", "/api", headers={"Accept": "application/json"})

    links = {link["rel"] for link in json.loads(answer.body)["api"]["links"]}
    assert answer.status == 200
    assert {"instances", "images", "realms", "instance_states", "drivers"} <= links
    assert links.isdisjoint({"addresses", "buckets", "firewalls", "load_balancers"})


@pytest.mark.parametrize("path", ["/realms", "/instances", "/keys", "/api?force_auth=1"])
async def test_a_login_is_asked_for(deltacloud: Client, path: str) -> None:
    place, _, query = path.partition("?")
    answer = await ask(deltacloud.app, "GET", "/api" if query else f"/api{place}", query)

    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("name", ["addresses", "buckets", "firewalls", "load_balancers"])
async def test_what_no_cloud_here_has_is_lacking(deltacloud: Client, name: str) -> None:
    for path, method in ((f"/{name}", "GET"), (f"/{name}/1", "GET"), (f"/{name}", "POST")):
        answer = await deltacloud.send(method, path)

        assert (answer.status, answer.headers["expect"]) == (412, name)


@pytest.mark.parametrize(
    ("method", "path", "verb"), [("POST", "/subnets", "create"), ("DELETE", "/subnets/1", "destroy")]
)
async def test_subnets_are_not_made(deltacloud: Client, method: str, path: str, verb: str) -> None:
    answer = await deltacloud.send(method, path)

    assert (answer.status, answer.headers["expect"]) == (412, f"{verb}_subnet")


@pytest.mark.parametrize(
    "path", ["/nope", "/realms/1/2/3", "/instances/x/fly", "/realms//x", "/drivers/nope", "/drivers/a/b", "/%00"]
)
async def test_what_there_is_not_is_404(deltacloud: Client, path: str) -> None:
    assert (await deltacloud.send("GET", path)).status in (404, 405)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/realms", "GET, HEAD, OPTIONS"),
        ("DELETE", "/instances", "GET, HEAD, POST, OPTIONS"),
        ("GET", f"/instances/{VM}/stop", "POST, OPTIONS"),
        ("POST", "/drivers", "GET, HEAD, OPTIONS"),
        ("PATCH", "", "GET, HEAD, POST, OPTIONS"),
    ],
)
async def test_methods_that_are_not_offered(deltacloud: Client, method: str, path: str, allowed: str) -> None:
    answer = await deltacloud.send(method, path)

    assert (answer.status, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("", "OPTIONS,GET,HEAD,POST"),
        ("/instances", "OPTIONS,GET,HEAD,POST"),
        ("/drivers", "OPTIONS,GET,HEAD"),
        (f"/instances/{VM}/stop", "OPTIONS,POST"),
        (
            f"/instances/{VM}/run",
            "cmd:string:required,private_key:string:optional,password:string:optional,user:string:optional,"
            "ip:string:optional,port:string:optional,host_key:string:optional",
        ),
    ],
)
async def test_options(deltacloud: Client, path: str, allowed: str) -> None:
    answer = await deltacloud.send("OPTIONS", path)

    assert (answer.status, answer.headers["allow"], answer.body) == (200, allowed, b"")


@pytest.mark.parametrize("how", ["header", "matrix"])
async def test_a_data_center_is_chosen(deltacloud: Client, how: str) -> None:
    header = {"X-Deltacloud-Provider": BARCELONA.id} if how == "header" else {}
    path = "/realms" if how == "header" else f";provider={BARCELONA.id}/realms"
    answer = await deltacloud.send("GET", path, headers=header)

    assert answer.status == 200
    assert answer.headers["x-deltacloud-provider"] == BARCELONA.id
    assert BCN_CLUSTER.id in answer.text
    assert CLUSTER.id not in answer.text


async def test_the_case_of_a_provider_is_kept(deltacloud: Client) -> None:
    answer = await deltacloud.send(
        "GET", "/realms", headers={"X-Deltacloud-Provider": "https://engine.example/api;Default"}
    )

    assert answer.headers["x-deltacloud-provider"] == "https://engine.example/api;Default"
    assert (await deltacloud.send("GET", "/realms", headers={"X-Deltacloud-Provider": "default"})).status == 200


@pytest.mark.parametrize(
    "provider", ["https://evil.example/api", "http://engine.example/api", "https://engine.example.evil/api;x"]
)
async def test_a_foreign_engine_is_refused(deltacloud: Client, provider: str) -> None:
    asked: list[object] = []
    deltacloud.gateway.driver.login = asked.append
    answer = await deltacloud.send("GET", "/realms", headers={"X-Deltacloud-Provider": provider})

    assert answer.status == 403
    assert "evil" not in answer.headers.get("x-deltacloud-provider", "")
    assert asked == []


async def test_an_unknown_driver_is_the_clients_fault(deltacloud: Client) -> None:
    answer = await deltacloud.send("GET", "/realms", headers={"X-Deltacloud-Driver": "nope"})

    assert answer.status == 400
    assert "x-deltacloud-driver" not in answer.headers


async def test_another_site_changes_nothing(deltacloud: Client) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert (await deltacloud.send("POST", "/keys", {"name": "k"}, headers=headers)).status == 403
    assert await deltacloud.ids("keys") == []


async def test_the_switch_leads_to_another_provider(deltacloud: Client) -> None:
    answer = await deltacloud.send("POST", "", {"provider": BARCELONA.id})
    assert (answer.status, answer.headers["location"]) == (301, f"{BASE};provider={BARCELONA.id}")

    assert (await deltacloud.send("POST", "", {"provider": "https://evil.example/api"})).status == 403
    assert (await deltacloud.send("POST", "")).status == 400


async def test_drivers_tell_data_centers_to_whom_they_know(deltacloud: Client) -> None:
    anonymous = await ask(deltacloud.app, "GET", "/api/drivers/fake", headers={"Accept": "application/json"})
    assert "providers" not in json.loads(anonymous.body)["driver"]

    driver = (await deltacloud.json("/drivers/fake"))["driver"]
    assert [one["id"] for one in driver["providers"]] == [DEFAULT.id, BARCELONA.id]
    drivers = await deltacloud.json("/drivers")
    assert drivers["drivers"][0]["id"] == drivers["fake"]["id"] == "fake"
