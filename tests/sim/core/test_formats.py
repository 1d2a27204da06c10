"""Both representations: forms of values, of empty things and of what is refused."""

from __future__ import annotations

import aiohttp
import pytest

from ovirt_engine_sim import Engine, ManualClock, call, running
from tests.sim.core.support import DEFAULT, DOWN_VM, UP_VM, USERS, WORKSHOP, Api

USAGE = "For correct usage, see: /ovirt-engine/apidoc#services/vms"


async def test_json_numbers_and_booleans_are_strings(api: Api) -> None:
    vm = await api.read(f"vms/{DOWN_VM}")
    assert vm["memory"] == "1073741824"
    assert vm["delete_protected"] == "false"
    assert vm["cpu"]["topology"] == {"cores": "1", "sockets": "2", "threads": "1"}
    assert vm["creation_time"] == 1349855588984
    assert vm["os"]["boot"]["devices"]["device"] == ["hd"]
    assert {"rel": "diskattachments", "href": f"/ovirt-engine/api/vms/{DOWN_VM}/diskattachments"} in vm["link"]
    assert {"rel": "start", "href": f"/ovirt-engine/api/vms/{DOWN_VM}/start"} in vm["actions"]["link"]


async def test_native_form_can_be_chosen() -> None:
    engine = Engine(clock=ManualClock(), users=USERS, native_json=True)
    async with running(engine) as server, aiohttp.ClientSession() as session:
        api = Api(server, engine, session)
        await api.login()
        vm = await api.read(f"vms/{DOWN_VM}")
        assert vm["memory"] == 1073741824
        assert vm["delete_protected"] is False


async def test_empty_collections(api: Api) -> None:
    assert await api.read("vms?search=name%3Dnothing") == {}
    assert (await api.xml("GET", "vms?search=name%3Dnothing")).body.endswith(b"<vms/>")


async def test_xml_form(api: Api) -> None:
    root = (await api.xml("GET", f"vms/{UP_VM}")).xml
    assert root.tag == "vm"
    assert root.get("href") == f"/ovirt-engine/api/vms/{UP_VM}"
    assert [child.tag for child in root][:4] == ["actions", "name", "description", "comment"]
    assert root.findtext("creation_time") == "2012-10-10T08:11:42.310+00:00"
    assert root.findtext("memory") == "1073741824"
    assert root.find("sso/methods/method").get("id") == "guest_agent"
    assert root.find("link[@rel='reporteddevices']") is not None
    assert root.findtext("delete_protected") == "false"


async def test_both_formats_say_the_same(api: Api) -> None:
    document = await api.read(f"vms/{UP_VM}")
    root = (await api.xml("GET", f"vms/{UP_VM}")).xml
    in_xml = {child.tag for child in root if child.tag != "link"} | {"id", "href", "link"}
    assert set(document) == in_xml


async def test_follow_nests(api: Api) -> None:
    followed = "nics.vnic_profile.network,disk_attachments.disk,reported_devices,template,cluster.data_center"
    path = f"vms/{UP_VM}?follow={followed}"
    vm = await api.read(path)
    assert vm["nics"]["nic"][0]["vnic_profile"]["network"]["name"] == "ovirtmgmt"
    assert vm["disk_attachments"]["disk_attachment"][0]["disk"]["alias"] == "ec2_machine2_Disk1"
    assert vm["cluster"]["data_center"]["name"] == "barcelona"
    assert vm["template"]["name"] == "desktop_template"
    root = (await api.xml("GET", path)).xml
    assert root.findtext("nics/nic/vnic_profile/network/name") == "ovirtmgmt"
    assert root.findtext("cluster/data_center/name") == "barcelona"
    assert len(root.findall("template")) == 1
    assert root.findtext("reported_devices/reported_device/ips/ip/address") == "192.168.1.28"


async def test_follow_sees_changes(api: Api) -> None:
    path = f"vms/{DOWN_VM}?follow=nics"
    assert len((await api.read(path))["nics"]["nic"]) == 1
    made = await api.post(f"vms/{DOWN_VM}/nics", {"name": "second"})
    assert [nic["name"] for nic in (await api.read(path))["nics"]["nic"]] == ["nic1", "second"]
    await api.put(f"vms/{DOWN_VM}/nics/{made.json['id']}", {"name": "renamed"})
    assert [nic["name"] for nic in (await api.read(path))["nics"]["nic"]] == ["nic1", "renamed"]


async def test_follow_in_circles_is_bounded(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call, "MAXIMUM_ENTITIES", 5000)
    for number in range(30):
        disk = {"alias": f"d{number}", "provisioned_size": 1, "format": "cow"}
        where = {"storage_domains": {"storage_domain": [{"name": "data1"}]}}
        assert (await api.post("disks", {**disk, **where})).status == 202
    circle = ".".join(["disks", "storage_domains"] * 5)
    answer = await api.get(f"storagedomains?follow={circle}")
    assert (answer.status, answer.detail) == (400, "[The answer holds too many objects.]")


async def test_follow_of_no_link_is_500(api: Api) -> None:
    assert (await api.get("vms?follow=nonsense")).status == 500
    assert (await api.get("vms?follow=")).status == 200


async def test_size_without_members(api: Api) -> None:
    assert await api.read("vms;detail=size-main") == {"size": "5"}


@pytest.mark.parametrize(
    "body",
    ['{"nonsense": 1}', "{", "[]", '{"cpu": 3}', '{"name": {"a": 1}}', '{"cpu": {"nonsense": 1}}'],
)
async def test_bad_json(api: Api, body: str) -> None:
    answer = await api.call("POST", "vms", body, Content_Type="application/json")
    assert answer.status == 400
    assert answer.json == {"reason": "Request syntactically incorrect.", "detail": USAGE}


@pytest.mark.parametrize(
    "body",
    [
        "<vm><nonsense/></vm>",
        "<vm>",
        "<template/>",
        '<!DOCTYPE vm [<!ENTITY x "y">]><vm><name>&x;</name></vm>',
        "<vm>" + "<cluster><data_center><cluster><data_center>" * 20,
    ],
)
async def test_bad_xml(api: Api, body: str) -> None:
    answer = await api.xml("POST", "vms", body)
    assert answer.status == 400
    assert answer.xml.findtext("reason") == "Request syntactically incorrect."
    assert answer.xml.findtext("detail") == USAGE


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("memory", "lots", "Invalid value"),
        ("cpu_shares", str(2**31), "Invalid value"),
        ("delete_protected", "maybe", "Invalid value"),
        ("type", "mainframe", "Invalid Enum value"),
    ],
)
async def test_bad_values_name_the_member(api: Api, member: str, value: str, reason: str) -> None:
    answer = await api.post("vms", {"name": "x", member: value})
    assert answer.status == 400
    assert answer.json["reason"] == reason
    assert member in answer.json["detail"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "Vm [name] required for add"),
        ({"name": "x"}, "Vm [cluster.id|cluster.name] required for add"),
        ({"name": "x", "cluster": {"id": DEFAULT}}, "Vm [template.id|name] required for add"),
    ],
)
async def test_missing_members(api: Api, body: dict[str, object], detail: str) -> None:
    answer = await api.post("vms", body)
    assert (answer.status, answer.json) == (400, {"reason": "Incomplete parameters", "detail": detail})


async def test_requests_take_native_and_string_forms(api: Api) -> None:
    body = {"name": "x", "cluster": {"id": DEFAULT}, "template": {"id": WORKSHOP}}
    for number, (memory, protected) in enumerate(((2 << 30, True), (str(2 << 30), "true"))):
        answer = await api.post("vms", {**body, "name": f"x{number}", "memory": memory, "delete_protected": protected})
        assert answer.json["memory"] == str(2 << 30)
        assert answer.json["memory_policy"] == {"guaranteed": str(2 << 30), "max": str(8 << 30), "ballooning": "true"}
        assert answer.json["delete_protected"] == "true"


async def test_xml_request(api: Api) -> None:
    body = (
        f'<vm><name>x</name><comment>a &lt;b&gt; ü</comment><cluster id="{DEFAULT}"/><template id="{WORKSHOP}"/>'
        "<initialization><custom_script>one\ntwo</custom_script><nic_configurations><nic_configuration>"
        "<name>eth0</name><on_boot>true</on_boot></nic_configuration></nic_configurations></initialization></vm>"
    )
    answer = await api.xml("POST", "vms", body)
    assert answer.status == 202
    assert answer.xml.findtext("comment") == "a <b> ü"
    assert answer.xml.findtext("initialization/custom_script") == "one\ntwo"
    assert answer.xml.findtext("initialization/nic_configurations/nic_configuration/name") == "eth0"


async def test_gzip(api: Api) -> None:
    headers = {**api.headers, "Accept-Encoding": "gzip"}
    async with api.session.get(f"{api.server.url}/vms", headers=headers) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert len((await response.json())["vm"]) == 5
    headers["Accept-Encoding"] = "identity"
    async with api.session.get(f"{api.server.url}/vms", headers=headers) as response:
        assert "Content-Encoding" not in response.headers


async def test_head(api: Api) -> None:
    answer = await api.call("HEAD", "")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 1000
    assert "rel=vms/search" in answer.headers["Link"]


async def test_correlation_id(api: Api) -> None:
    answer = await api.get("vms", Correlation_Id="a b<c>" + "d" * 60)
    assert answer.headers["Correlation-Id"] == "abc" + "d" * 33
    assert len((await api.get("vms")).headers["Correlation-Id"]) == 36


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nonsense", 404),
        ("GET", "vms/nonsense", 404),
        ("GET", f"vms/{DOWN_VM}/nonsense", 404),
        ("GET", f"vms/{DOWN_VM}/start", 405),
        ("DELETE", "vms", 405),
        ("POST", f"vms/{DOWN_VM}", 405),
        ("PATCH", "vms", 405),
        ("PUT", "", 405),
        ("GET", "v4/vms", 200),
        ("GET", "v3/vms", 404),
    ],
)
async def test_paths(api: Api, method: str, path: str, status: int) -> None:
    assert (await api.call(method, path)).status == status


async def test_too_large_a_body_is_refused(api: Api) -> None:
    answer = await api.call("POST", "vms", b"x" * (11 << 20), Content_Type="application/json")
    assert answer.status == 413
