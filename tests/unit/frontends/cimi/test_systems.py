"""Systems over HTTP, a cloud in memory below."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deltaic.model.errors import Error, ErrorKind
from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.conftest import IMAGE, OTHER_VM, SECOND_NETWORK, VM

TYPE = "http://schemas.dmtf.org/cimi/1"
UNKNOWN = "77777777-1111-4222-8333-444455556666"
MACHINE = {
    "machineConfig": {"href": "machine_configurations/SERVER"},
    "machineImage": {"href": f"machine_images/{IMAGE}"},
}


def component(name: str, kind: str, template: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": f"{TYPE}/{kind}", f"{kind[0].lower()}{kind[1:]}Template": template, **more}


SHOP = [
    component("web", "Machine", MACHINE | {"credential": {"href": "#login"}}, quantity=2, properties={"tier": "front"}),
    component("login", "Credential", {"userName": "joe", "password": "secret"}, description="For both"),
]


def wanted(*components: dict[str, Any], name: str = "shop") -> dict[str, Any]:
    return {"name": name, "systemTemplate": {"componentDescriptors": list(components)}}


async def made(cimi: Client, *components: dict[str, Any]) -> Any:
    answer = await cimi.post("/systems", wanted(*components))
    assert answer.status == 201, answer.text
    document = json.loads(answer.body)
    assert document["id"] == answer.headers["location"]
    await cimi.gateway.operations.settle()
    return await cimi.get(document["id"].removeprefix(BASE))


async def below(cimi: Client, system: Any, collection: str) -> list[Any]:
    found = await cimi.get(system[collection]["href"].removeprefix(BASE))
    key = f"system{collection[0].upper()}{collection[1:]}"
    items: list[Any] = found.get(key, [])
    assert found["count"] == len(items)
    return items


async def machines(cimi: Client, system: Any) -> list[Any]:
    return [await cimi.get(one["machine"]["href"].removeprefix(BASE)) for one in await below(cimi, system, "machines")]


async def refused(cimi: Client, *components: dict[str, Any]) -> tuple[int, str]:
    answer = await cimi.post("/systems", wanted(*components))
    assert (await cimi.get("/systems"))["count"] == 0
    assert cimi.gateway.operations.started == []
    message = job(answer)["statusMessage"].partition(" (attribute 'componentDescriptors")[0]
    return answer.status, message


async def act(cimi: Client, system: Any, verb: str, **more: Any) -> int:
    href = next(one["href"] for one in system["operations"] if one["rel"].endswith(f"/{verb}"))
    answer = await cimi.post(href.removeprefix(BASE), {"action": f"{TYPE}/action/{verb}", **more})
    await cimi.gateway.operations.settle()
    return answer.status


async def reached(cimi: Client, system: Any, state: str) -> Any:
    """The system once its machines are in a state: each look brings those of the fake cloud nearer to it."""
    seen = []
    for _ in range(20):
        found = await cimi.get(system["id"].removeprefix(BASE))
        seen.append(found["state"])
        if found["state"] == state:
            return found
    raise AssertionError(seen)


def rels(document: Any) -> list[str]:
    return [one["rel"].rpartition("/")[2] for one in document["operations"]]


async def test_a_system_is_made_of_what_its_template_describes(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    assert (system["name"], system["state"]) == ("shop", "STOPPED")
    assert rels(system) == ["start", "restart", "edit", "delete"]
    found = await machines(cimi, system)
    assert [(one["name"], one["state"], one["properties"]) for one in found] == [
        ("web1", "STOPPED", {"tier": "front"}),
        ("web2", "STOPPED", {"tier": "front"}),
    ]
    [item] = await below(cimi, system, "credentials")
    credential = await cimi.get(item["credential"]["href"].removeprefix(BASE))
    assert (credential["name"], credential["userName"], credential["description"]) == ("login", "joe", "For both")
    logins = {spec.name: (spec.user_name, spec.password) for spec in cimi.gateway.driver.instances.given.values()}
    assert logins == {"web1": ("joe", "secret"), "web2": ("joe", "secret")}


async def test_it_is_there_at_once_and_takes_nothing_while_it_is_made(cimi: Client) -> None:
    answer = await cimi.post("/systems", wanted(*SHOP))
    first = json.loads(answer.body)
    assert (first["state"], rels(first)) == ("CREATING", ["edit", "delete"])
    path = first["id"].removeprefix(BASE)
    start = await cimi.post(f"{path}/start", {"action": f"{TYPE}/action/start"})
    added = await cimi.post(f"{path}/machines", {"machine": {"href": f"machines/{VM}"}})
    assert [(one.status, job(one)["state"]) for one in (start, added)] == [(409, "FAILED"), (409, "FAILED")]
    assert (await cimi.send("DELETE", path)).status == 200
    await cimi.gateway.operations.settle()
    assert set(cimi.gateway.machines) == {VM, OTHER_VM}


async def test_machines_start_and_stop_together(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    assert await act(cimi, system, "start") == 202
    system = await reached(cimi, system, "STARTED")
    assert [one["state"] for one in await machines(cimi, system)] == ["STARTED", "STARTED"]
    assert (system["state"], rels(system)) == ("STARTED", ["stop", "restart", "suspend", "edit", "delete"])
    assert await act(cimi, system, "stop", force=True) == 202
    assert (await reached(cimi, system, "STOPPED"))["name"] == "shop"


async def test_machines_in_different_states_are_mixed(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    first = (await machines(cimi, system))[0]["id"].removeprefix(BASE)
    assert (await cimi.post(f"{first}/start", {"action": f"{TYPE}/action/start"})).status == 202
    await cimi.gateway.operations.settle()
    for _ in range(10):
        system = await cimi.get(system["id"].removeprefix(BASE))
    assert (system["state"], rels(system)) == ("MIXED", ["start", "stop", "restart", "suspend", "edit", "delete"])
    [listed] = (await cimi.get("/systems"))["systems"]
    assert listed == system


async def test_what_was_there_is_put_in_and_taken_out_and_stays(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    path = system["machines"]["href"].removeprefix(BASE)
    answer = await cimi.post(path, {"name": "old", "machine": {"href": f"{BASE}/machines/{VM}"}})
    item = json.loads(answer.body)
    assert (answer.status, answer.headers["location"]) == (201, item["id"])
    assert (item["name"], item["machine"], rels(item)) == ("old", {"href": f"{BASE}/machines/{VM}"}, ["delete"])
    assert await cimi.get(item["id"].removeprefix(BASE)) == item
    assert len(await below(cimi, system, "machines")) == 3
    assert (await cimi.get(system["id"].removeprefix(BASE)))["state"] == "MIXED"
    again = await cimi.post(path, {"machine": {"href": f"machines/{VM}"}})
    assert (again.status, job(again)["statusMessage"]) == (409, f"The machine '{VM}' is in the system already")
    assert (await cimi.send("DELETE", item["id"].removeprefix(BASE))).status == 200
    assert len(await below(cimi, system, "machines")) == 2
    assert (await cimi.get(f"/machines/{VM}"))["name"] == "vm1"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"machine": {"href": f"{BASE}/machines/{UNKNOWN}"}}, 404),
        ({"machine": {"href": f"{BASE}/volumes/{VM}"}}, 400),
        ({"machine": {"href": f"http://other.example/cimi/machines/{VM}"}}, 400),
    ],
)
async def test_only_machines_that_are_there_are_put_in(cimi: Client, body: Any, status: int) -> None:
    system = await made(cimi, *SHOP)
    answer = await cimi.post(system["machines"]["href"].removeprefix(BASE), body)
    assert (answer.status, job(answer)["state"]) == (status, "FAILED")
    assert len(await below(cimi, system, "machines")) == 2


async def test_its_removal_takes_what_was_made_with_it(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    path = system["id"].removeprefix(BASE)
    await cimi.post(system["machines"]["href"].removeprefix(BASE), {"machine": {"href": f"machines/{OTHER_VM}"}})
    assert (await cimi.send("DELETE", path)).status == 200
    assert (await cimi.send("GET", path)).status == 404
    assert (await cimi.get("/systems"))["count"] == 0
    await cimi.gateway.operations.settle()
    assert set(cimi.gateway.machines) == {VM, OTHER_VM}
    assert (await cimi.get("/credentials"))["count"] == 0
    assert (await cimi.send("GET", path)).status == 404


async def test_a_machine_that_is_gone_is_no_longer_a_member(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    first, second = await below(cimi, system, "machines")
    await cimi.send("DELETE", first["machine"]["href"].removeprefix(BASE))
    await cimi.gateway.operations.settle()
    assert await below(cimi, system, "machines") == [second]
    assert (await cimi.send("GET", first["id"].removeprefix(BASE))).status == 404
    assert (await cimi.send("DELETE", system["id"].removeprefix(BASE))).status == 200
    await cimi.gateway.operations.settle()
    assert set(cimi.gateway.machines) == {VM, OTHER_VM}


async def test_systems_in_systems_are_made_driven_and_removed_with_them(cimi: Client) -> None:
    inner = component("inner", "System", {"componentDescriptors": SHOP})
    system = await made(cimi, component("front", "Machine", MACHINE), inner)
    [item] = await below(cimi, system, "systems")
    nested = await cimi.get(item["system"]["href"].removeprefix(BASE))
    assert (nested["name"], len(await below(cimi, nested, "machines"))) == ("inner", 2)
    assert await act(cimi, system, "start") == 202
    await reached(cimi, system, "STARTED")
    assert (await reached(cimi, nested, "STARTED"))["name"] == "inner"
    circle = await cimi.post(nested["systems"]["href"].removeprefix(BASE), {"system": {"href": system["id"]}})
    assert (circle.status, job(circle)["statusMessage"]) == (400, "A system can't be in itself")
    await cimi.send("DELETE", system["id"].removeprefix(BASE))
    await cimi.gateway.operations.settle()
    assert (await cimi.get("/systems"))["count"] == 0
    assert set(cimi.gateway.machines) == {VM, OTHER_VM}


async def test_its_name_description_and_properties_can_be_changed(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    path = system["id"].removeprefix(BASE)
    body = json.dumps({"name": "store", "properties": {"a": "b"}, "state": "STARTED"})
    answer = await cimi.send("PUT", path, body, Accept="application/json", Content_Type="application/json")
    assert answer.status == 200, answer.text
    changed = json.loads(answer.body)
    assert (changed["name"], changed["properties"], changed["state"]) == ("store", {"a": "b"}, "STOPPED")
    assert changed["updated"] > system["updated"]
    assert changed["created"] == system["created"]


async def test_the_sample_makes_a_system(cimi: Client) -> None:
    [sample] = (await cimi.get("/system_templates"))["systemTemplates"]
    assert "operations" not in sample
    answer = await cimi.post("/systems", {"name": "mine", "systemTemplate": {"href": sample["id"]}})
    assert answer.status == 201, answer.text
    await cimi.gateway.operations.settle()
    system = await cimi.get(answer.headers["location"].removeprefix(BASE))
    assert [one["name"] for one in await machines(cimi, system)] == ["server", "client"]


async def test_a_kept_template_keeps_its_password_to_itself_and_uses_it(cimi: Client) -> None:
    answer = await cimi.post("/system_templates", {"name": "kept", "componentDescriptors": SHOP})
    assert answer.status == 201, answer.text
    assert "secret" not in answer.text
    kept = json.loads(answer.body)
    assert kept["componentDescriptors"][0]["machineTemplate"]["credential"] == {"href": "#login"}
    changed = json.dumps(kept | {"description": "sent back as it was shown"})
    answer = await cimi.send("PUT", kept["id"].removeprefix(BASE), changed, Content_Type="application/json")
    assert (answer.status, "secret" in answer.text) == (200, False)
    answer = await cimi.post("/systems", {"systemTemplate": {"href": kept["id"]}})
    assert answer.status == 201, answer.text
    await cimi.gateway.operations.settle()
    assert {spec.password for spec in cimi.gateway.driver.instances.given.values()} == {"secret"}


async def test_machines_use_volumes_networks_and_addresses_of_the_system(cimi: Client) -> None:
    interface = {"network": {"href": "#lan"}, "addresses": [{"href": "#fixed"}], "state": "ACTIVE"}
    disks = {"volumes": [{"href": "#data", "initialLocation": "/dev/vdb"}], "networkInterfaces": [interface]}
    system = await made(
        cimi,
        component("db", "Machine", MACHINE | disks),
        component("data", "Volume", {"volumeConfig": {"capacity": 1_000_000}}, properties={"of": "db"}),
        component("lan", "Network", {"networkConfig": {"mtu": 1400}}),
        component("fixed", "Address", {"ip": "10.9.0.7", "mask": "255.255.255.0", "network": {"href": "#lan"}}),
        component("spare", "NetworkPort", {"network": {"href": "#lan"}}),
    )
    assert system["state"] == "STOPPED"
    targets = {}
    for collection, key in (("volumes", "volume"), ("networks", "network"), ("addresses", "address"),
                            ("networkPorts", "networkPort"), ("machines", "machine")):  # fmt: skip
        [item] = await below(cimi, system, collection)
        targets[key] = await cimi.get(item[key]["href"].removeprefix(BASE))
    assert (targets["volume"]["name"], targets["volume"]["properties"]) == ("data", {"of": "db"})
    assert (targets["network"]["name"], targets["network"]["mtu"]) == ("lan", 1400)
    assert (targets["address"]["ip"], targets["address"]["network"]["href"]) == ("10.9.0.7", targets["network"]["id"])
    assert targets["networkPort"]["network"] == {"href": targets["network"]["id"]}
    [spec] = cimi.gateway.driver.instances.given.values()
    assert spec.network_ids == (targets["network"]["id"].rpartition("/")[2],)
    assert [one.address for one in spec.nic_configurations] == ["10.9.0.7"]
    assert [one.volume_id for one in spec.volumes] == [targets["volume"]["id"].rpartition("/")[2]]
    assert (await cimi.send("DELETE", system["id"].removeprefix(BASE))).status == 200
    await cimi.gateway.operations.settle()
    for key, target in targets.items():
        assert (key, (await cimi.send("GET", target["id"].removeprefix(BASE))).status) == (key, 404)


async def test_a_machine_has_a_port_of_the_system(cimi: Client) -> None:
    interface = {"networkPort": {"href": "#place"}, "state": "PASSIVE"}
    system = await made(
        cimi,
        component("db", "Machine", MACHINE | {"networkInterfaces": [interface]}),
        component("place", "NetworkPort", {"network": {"href": f"networks/{SECOND_NETWORK}"}}),
    )
    assert system["state"] == "STOPPED"
    [port] = await below(cimi, system, "networkPorts")
    [spec] = cimi.gateway.driver.instances.given.values()
    assert spec.network_ids == (SECOND_NETWORK,)
    assert port["networkPort"]["href"].rpartition("/")[2] in json.dumps(spec.annotation.traits)


async def test_volumes_that_a_machines_template_makes_belong_to_the_system(cimi: Client) -> None:
    templates = [{"name": "extra", "volumeConfig": {"capacity": 1000}}, {"volumeConfig": {"capacity": 2000}}]
    system = await made(cimi, component("db", "Machine", MACHINE | {"volumeTemplates": templates}, quantity=2))
    items = await below(cimi, system, "volumes")
    assert len(items) == 4
    volumes = [one["volume"]["href"].rpartition("/")[2] for one in items]
    wished = [wish.volume_id for spec in cimi.gateway.driver.instances.given.values() for wish in spec.volumes]
    assert sorted(wished) == sorted(volumes)


async def test_in_xml_as_the_primer_writes_it(cimi: Client) -> None:
    body = f"""<SystemCreate xmlns="{TYPE}"><name>x</name><systemTemplate>
      <componentDescriptor><name>MyMachine</name><type>{TYPE}/Machine</type>
        <machineTemplate href="{BASE}/machine_templates/{IMAGE}"><credential href="#MyCredential"/></machineTemplate>
        <quantity>2</quantity></componentDescriptor>
      <componentDescriptor><name>MyCredential</name><type>{TYPE}/Credential</type>
        <credentialTemplate><userName>joe</userName><password>p</password></credentialTemplate></componentDescriptor>
    </systemTemplate></SystemCreate>"""
    answer = await cimi.send("POST", "/systems", body, Content_Type="application/xml")
    assert answer.status == 201, answer.text
    await cimi.gateway.operations.settle()
    assert [spec.user_name for spec in cimi.gateway.driver.instances.given.values()] == ["joe", "joe"]
    system = await cimi.get(answer.headers["location"].removeprefix(BASE))
    assert [one["name"] for one in await machines(cimi, system)] == ["MyMachine1", "MyMachine2"]


REFUSED: dict[str, tuple[list[dict[str, Any]], int, str]] = {
    "no components": ([], 400, "The template has no components"),
    "an unknown name": (
        [SHOP[0]],
        400,
        "The component 'web' refers to #login, but the template has no component of that name",
    ),
    "another kind": (
        [SHOP[0], component("login", "Machine", MACHINE)],
        400,
        "The component 'web' refers to #login, which is a machine and not a credential",
    ),
    "a wrong type": (
        [{"name": "a", "type": f"{TYPE}/Volume", "machineTemplate": MACHINE}],
        400,
        "A component of the type Volume can't be made from a MachineTemplate",
    ),
    "a quantity of none": (
        [SHOP[0] | {"quantity": 0}, SHOP[1]],
        400,
        "The quantity of the component 'web' must be 1 to 100",
    ),
    "too many": (
        [SHOP[0] | {"quantity": 100}, SHOP[1]],
        400,
        "A system has at most 100 members, not 101",
    ),
    "no image": (
        [component("web", "Machine", {"machineImage": {"href": f"machine_images/{UNKNOWN}"}})],
        404,
        f"The component 'web': The image '{UNKNOWN}' does not exist",
    ),
    "a meter": ([component("m", "Meter", {"aspect": "x"})], 501, "A system can't be created with a meterTemplate here"),
    "a reference from nowhere": (
        [component("web", "Machine", MACHINE | {"machineImage": {"href": "#login"}}), SHOP[1]],
        400,
        "This attribute can't refer to a component of the template",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(cimi: Client, case: str) -> None:
    components, status, message = REFUSED[case]
    assert await refused(cimi, *components) == (status, message)


async def test_systems_nested_too_deep_are_refused(cimi: Client) -> None:
    one = SHOP[1]
    for _ in range(3):
        one = component("inner", "System", {"componentDescriptors": [one]})
    status, message = await refused(cimi, one)
    assert (status, message.rpartition(": ")[2]) == (400, "Systems are nested at most 3 levels deep")


async def test_members_of_nested_systems_count(cimi: Client) -> None:
    many = component("login", "Credential", {"userName": "joe"}, quantity=60)
    inner = component("inner", "System", {"componentDescriptors": [many]}, quantity=2)
    assert await refused(cimi, inner) == (400, "A system has at most 100 members, not 122")


async def test_a_member_that_fails_makes_an_error_that_its_owner_can_remove(cimi: Client) -> None:
    refusal = Error(ErrorKind.QUOTA, "The quota of the user is used up")
    cimi.gateway.driver.instances.faults.before["create"] += [lambda: None, refusal]
    answer = await cimi.post("/systems", wanted(*SHOP))
    assert answer.status == 201
    await cimi.gateway.operations.settle()
    system = await cimi.get(answer.headers["location"].removeprefix(BASE))
    assert system["state"] == "ERROR"
    assert [one["name"] for one in await machines(cimi, system)] == ["web1"]
    assert (await cimi.send("DELETE", system["id"].removeprefix(BASE))).status == 200
    await cimi.gateway.operations.settle()
    assert set(cimi.gateway.machines) == {VM, OTHER_VM}
