"""Data centers, drivers and users that a request chooses."""

from __future__ import annotations

import json

from tests.clients.deltacloud_client import DeltacloudClient
from tests.clients.gateway import (
    BARCELONA_CENTER,
    BARCELONA_CLUSTER,
    DEFAULT_CENTER,
    DEFAULT_CLUSTER,
    Gateway,
    basic,
)

#: May use the machines of the Barcelona cluster, and make none.
PLAIN = basic("user@internal")


def realms(client: DeltacloudClient, path: str = "/api/realms", **headers: str) -> list[str]:
    """The ids of the realms that a request sees."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.send("GET", path, headers=given)
    assert answer.status == 200, answer.text
    return [str(one.get("id")) for one in answer.tree]


def test_a_data_center_by_header_matrix_and_the_drivers_own_list(demo: Gateway) -> None:
    client = DeltacloudClient(demo)
    assert sorted(realms(client)) == sorted([DEFAULT_CLUSTER, BARCELONA_CLUSTER])
    driver = json.loads(DeltacloudClient(demo, "json").send("GET", "/api/drivers/ovirt").text)["driver"]
    listed = {one["id"]: driver["entrypoints"]["name"][one["id"]] for one in driver["providers"]}

    assert listed == {DEFAULT_CENTER: "Default", BARCELONA_CENTER: "barcelona"}
    for place, name in listed.items():
        wanted = [DEFAULT_CLUSTER if place == DEFAULT_CENTER else BARCELONA_CLUSTER]
        assert realms(client, X_Deltacloud_Provider=place) == wanted
        assert realms(client, X_Deltacloud_Provider=name) == wanted
        assert realms(client, X_Deltacloud_Provider=f"{demo.engine_url};{place}") == wanted
        assert realms(client, f"/api;provider={place}/realms") == wanted
        assert realms(client, f"/api;driver=rhevm;provider={name}/realms") == wanted


def test_the_header_wins_over_the_path(demo: Gateway) -> None:
    client = DeltacloudClient(demo)
    path = f"/api;provider={DEFAULT_CENTER}/realms"

    assert realms(client, path, X_Deltacloud_Provider=BARCELONA_CENTER) == [BARCELONA_CLUSTER]


def test_links_lead_on_in_the_data_center_that_the_header_says(demo: Gateway) -> None:
    client = DeltacloudClient(demo)
    header = {"X-Deltacloud-Provider": BARCELONA_CENTER}
    there = client.send("GET", "/api/instances", headers=header).tree
    elsewhere = client.send("GET", "/api/instances", headers={"X-Deltacloud-Provider": DEFAULT_CENTER}).tree

    assert {one.get("id") for one in there}.isdisjoint({one.get("id") for one in elsewhere})
    for one in there:
        assert client.send("GET", str(one.get("href")), headers=header).status == 200


def test_the_old_name_of_the_driver(demo: Gateway) -> None:
    client = DeltacloudClient(demo)
    for name in ("rhevm", "ovirt", "RHEVM"):
        answer = client.send("GET", "/api", headers={"X-Deltacloud-Driver": name})
        assert (answer.status, answer.headers["x-deltacloud-driver"]) == (200, "ovirt")
    assert client.send("GET", "/api", headers={"X-Deltacloud-Driver": "ec2"}).status == 400


def test_a_plain_user_in_the_users_own_view(demo: Gateway) -> None:
    client = DeltacloudClient(demo)
    view = {**PLAIN, "X-Deltacloud-Provider": f"{demo.engine_url};barcelona;USER"}
    seen = client.send("GET", "/api/instances", headers=view)
    names = {one.findtext("name") for one in seen.tree}

    assert seen.status == 200
    assert names
    assert names <= {one["name"] for one in demo.engine.machines()}
    everything = client.send("GET", "/api/instances", headers={"X-Deltacloud-Provider": "barcelona"}).tree
    assert len(names) <= len(everything)
    made = client.send("POST", "/api/networks", {"name": "not-mine"}, headers=view)
    assert made.status == 403, made.text
    assert client.send("GET", "/api/realms", headers=basic("user@internal", "wrong")).status == 401


def test_address_blocks_of_networks_are_refused(demo: Gateway) -> None:
    answer = DeltacloudClient(demo).send("POST", "/api/networks", {"name": "n", "address_block": "10.0.0.0/16"})

    assert answer.status == 412
    assert answer.tree.findtext("parameter") == "address_block"
