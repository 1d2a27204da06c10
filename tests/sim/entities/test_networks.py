"""Networks, their use by clusters, vNIC profiles."""

import pytest

from tests.sim.core.support import BARCELONA, DEFAULT, DEFAULT_CENTER, UP_VM, Api

MANAGEMENT = "00000000-0000-0000-0000-000000000009"


async def add(api: Api, name: str, **members: object) -> str:
    answer = await api.post("networks", {"name": name, "data_center": {"name": "Default"}, **members})
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


async def test_a_new_network_gets_a_profile_and_no_cluster(api: Api) -> None:
    blue = await add(api, "blue", vlan={"id": 100}, mtu=9000)
    shown = await api.read(f"networks/{blue}")
    assert (shown["vlan"]["id"], shown["mtu"], shown["usages"]) == ("100", "9000", {"usage": ["vm"]})
    assert (shown["vdsm_name"], shown["data_center"]["id"]) == ("blue", DEFAULT_CENTER)
    profiles = (await api.read(f"networks/{blue}/vnicprofiles"))["vnic_profile"]
    assert [(one["name"], one["network"]["id"]) for one in profiles] == [("blue", blue)]
    filters = await api.read(f"networkfilters/{profiles[0]['network_filter']['id']}")
    assert filters["name"] == "vdsm-no-mac-spoofing"
    ids = [one["id"] for one in (await api.read(f"clusters/{DEFAULT}/networks"))["network"]]
    assert blue not in ids


async def test_a_network_without_the_vm_usage_gets_no_profile(api: Api) -> None:
    storage = await add(api, "storage", usages={"usage": []})
    assert await api.read(f"networks/{storage}/vnicprofiles") == {}
    assert (await api.read("networks?search=vmnetwork%3Dfalse"))["network"][0]["id"] == storage


async def test_names_are_unique_in_their_data_center_only(api: Api) -> None:
    await add(api, "blue")
    answer = await api.post("networks", {"name": "blue", "data_center": {"name": "Default"}})
    assert answer.status == 409
    assert "already in use" in answer.detail
    answer = await api.post("networks", {"name": "blue", "data_center": {"name": "barcelona"}})
    assert answer.status == 201


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"name": "x"}, "Network [data_center.id|data_center.name] required for add"),
        ({"data_center": {"name": "Default"}}, "Network [name] required for add"),
        ({"name": "x", "data_center": {"name": "Default"}, "vlan": {"id": 4095}}, "VLAN ID"),
        ({"name": "x" * 257, "data_center": {"name": "Default"}}, "1-256 long"),
        ({"name": "x", "data_center": {"name": "Default"}, "mtu": 10}, "MTU"),
    ],
)
async def test_refused_networks(api: Api, body: dict[str, object], detail: str) -> None:
    answer = await api.post("networks", body)
    assert answer.status == 400
    assert detail in answer.detail


async def test_a_long_name_has_a_derived_device(api: Api) -> None:
    long = await add(api, "a rather long name")
    device = (await api.read(f"networks/{long}"))["vdsm_name"]
    assert (device[:2], len(device)) == ("on", 15)


async def test_clusters_attach_change_and_detach_networks(api: Api) -> None:
    blue = await add(api, "blue")
    path = f"clusters/{DEFAULT}/networks"
    answer = await api.post(path, {"name": "blue", "required": False})
    assert (answer.status, answer.json["required"], answer.json["status"]) == (201, "false", "operational")
    assert (await api.post(path, {"id": blue})).status == 409
    answer = await api.put(f"{path}/{blue}", {"required": True, "usages": {"usage": ["vm", "display"]}})
    assert (answer.status, answer.json["required"]) == (200, "true")
    assert answer.json["usages"]["usage"] == ["vm", "display"]
    answer = await api.post(f"clusters/{BARCELONA}/networks", {"id": blue})
    assert answer.status == 409
    assert (await api.delete(f"{path}/{blue}")).status == 200
    assert (await api.get(f"{path}/{blue}")).status == 404
    assert (await api.get(f"networks/{blue}")).status == 200


async def test_the_management_network_stays(api: Api) -> None:
    used = (await api.read(f"clusters/{DEFAULT}/networks/{MANAGEMENT}"))["usages"]["usage"]
    assert used == ["vm", "display", "management", "migration", "default_route"]
    assert (await api.read(f"networks/{MANAGEMENT}"))["usages"]["usage"] == ["vm"]
    assert (await api.delete(f"clusters/{DEFAULT}/networks/{MANAGEMENT}")).status == 409
    assert (await api.delete(f"networks/{MANAGEMENT}")).status == 409


async def test_the_networks_of_a_data_center(api: Api) -> None:
    answer = await api.post(f"datacenters/{DEFAULT_CENTER}/networks", {"name": "red"})
    assert answer.status == 201
    listed = (await api.read(f"datacenters/{DEFAULT_CENTER}/networks"))["network"]
    assert {one["name"] for one in listed} == {"ovirtmgmt", "workshop", "red"}
    found = await api.read("networks?search=name%3Dred%20and%20datacenter%3DDefault")
    assert [one["name"] for one in found["network"]] == ["red"]


async def test_update_and_removal(api: Api) -> None:
    blue = await add(api, "blue")
    answer = await api.put(f"networks/{blue}", {"name": "azure", "description": "d", "mtu": 1400})
    assert (answer.status, answer.json["name"], answer.json["mtu"]) == (200, "azure", "1400")
    answer = await api.put(f"networks/{blue}", {"data_center": {"name": "barcelona"}})
    assert answer.status == 409
    assert (await api.delete(f"networks/{blue}")).status == 200
    assert [one["name"] for one in (await api.read("vnicprofiles"))["vnic_profile"]].count("blue") == 0


async def test_a_network_in_use_names_its_machines(api: Api) -> None:
    workshop = (await api.read("networks?search=name%3Dworkshop"))["network"][0]["id"]
    profile = (await api.read(f"networks/{workshop}/vnicprofiles"))["vnic_profile"][0]["id"]
    made = await api.create("guest")
    nic = await api.post(f"vms/{made}/nics", {"name": "nic2", "vnic_profile": {"id": profile}})
    assert nic.status == 201
    answer = await api.delete(f"networks/{workshop}")
    assert (answer.status, "guest" in answer.detail) == (409, True)
    answer = await api.delete(f"vnicprofiles/{profile}")
    assert (answer.status, "guest" in answer.detail) == (409, True)


async def test_profiles_of_a_network_have_unique_names(api: Api) -> None:
    body = {"name": "fast", "network": {"id": MANAGEMENT}, "port_mirroring": True}
    answer = await api.post("vnicprofiles", body)
    assert (answer.status, answer.json["port_mirroring"]) == (201, "true")
    assert (await api.post("vnicprofiles", body)).status == 409
    answer = await api.post(f"networks/{MANAGEMENT}/vnicprofiles", {"name": "other"})
    assert (answer.status, answer.json["network"]["id"]) == (201, MANAGEMENT)
    other = answer.json["id"]
    answer = await api.put(f"vnicprofiles/{other}", {"name": "fast"})
    assert answer.status == 409
    answer = await api.put(f"vnicprofiles/{other}", {"name": "slow", "description": "d"})
    assert (answer.status, answer.json["name"]) == (200, "slow")
    assert (await api.delete(f"vnicprofiles/{other}")).status == 200
    answer = await api.post("vnicprofiles", {"name": "x"})
    assert (answer.status, answer.detail) == (400, "VnicProfile [network.id|network.name] required for add")


async def test_labels_and_filter_parameters(api: Api) -> None:
    answer = await api.post(f"networks/{MANAGEMENT}/networklabels", {"id": "lan"})
    assert (answer.status, answer.json["id"]) == (201, "lan")
    assert (await api.post(f"networks/{MANAGEMENT}/networklabels", {"id": "other"})).status == 409
    assert (await api.delete(f"networks/{MANAGEMENT}/networklabels/lan")).status == 200
    nic = (await api.read(f"vms/{UP_VM}/nics"))["nic"][0]["id"]
    path = f"vms/{UP_VM}/nics/{nic}/networkfilterparameters"
    answer = await api.post(path, {"name": "IP", "value": "10.0.0.1"})
    assert answer.status == 201
    assert [(one["name"], one["value"]) for one in (await api.read(path))["network_filter_parameter"]] == [
        ("IP", "10.0.0.1")
    ]
    assert (await api.post(path, {"name": "IP"})).status == 400
