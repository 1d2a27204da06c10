"""Templates of systems: what is made of them, and what is refused. A cloud in memory below."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.frontends.cimi.conftest import BASE, Client
from tests.unit.frontends.cimi.system_documents import (
    MACHINE,
    SHOP,
    TYPE,
    UNKNOWN,
    below,
    component,
    machines,
    made,
    refused,
)
from tests.unit.frontends.conftest import IMAGE, SECOND_NETWORK


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


async def test_names_may_have_blanks_and_properties_refer_to_nothing(cimi: Client) -> None:
    machine = MACHINE | {"credential": {"href": "#my%20login"}, "properties": {"href": "#nothing"}}
    await made(cimi, component("web", "Machine", machine), component("my login", "Credential", {"userName": "joe"}))
    assert [spec.user_name for spec in cimi.gateway.driver.instances.given.values()] == ["joe"]


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
    assert await refused(cimi, inner) == (
        400,
        "The component 'inner': A system has at most 100 members, not 122",
    )


async def test_templates_that_multiply_each_other_are_refused_before_they_are_resolved(cimi: Client) -> None:
    inner: Any = {"componentDescriptors": [component("login", "Credential", {"userName": "joe"}, quantity=99)]}
    for _ in range(2):
        answer = await cimi.post("/system_templates", inner)
        assert answer.status == 201, answer.text
        many = component("inner", "System", {"href": json.loads(answer.body)["id"]}, quantity=50)
        inner = {"componentDescriptors": [many]}
    assert await refused(cimi, many) == (
        400,
        "The component 'inner': The component 'inner': A system has at most 100 members, not 199",
    )
