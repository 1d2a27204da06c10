"""Query parameters over HTTP, each as the standard words it and as clients spelled it; methods at every spelling."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation
from deltaic.protocols.cimi.query import MAX_NAMES
from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.conftest import IMAGE, OTHER_VM, VM

NAMESPACE = "{http://schemas.dmtf.org/cimi/1}"
#: A machine whose processors have a clock of their own.
TEMPLATE = {"machineConfig": {"cpuSpeed": 7}, "machineImage": {"href": f"machine_images/{IMAGE}"}}
REFUSED = json.dumps({"machineTemplate": TEMPLATE})
JSON = {"Content_Type": "application/json", "Accept": "application/json"}


@pytest.fixture
def two(cimi: Client) -> Client:
    """A machine `Ärger` with properties and a larger one `zebra` without a description."""
    machines = cimi.gateway.machines
    note = Annotation(tags={"Name": "Ärger", "stage": "test", "a b": "it's"})
    machines[VM] = replace(machines[VM], annotation=note, description="old", cpu_sockets=1, memory=1 << 30)
    note = Annotation(tags={"Name": "zebra"})
    machines[OTHER_VM] = replace(machines[OTHER_VM], annotation=note, description="", cpu_sockets=4, memory=2 << 30)
    return cimi


async def names(cimi: Client, query: str) -> list[str]:
    document = await cimi.get("/machines", query)
    return [one["name"] for one in document.get("machines", ())]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("name='zebra'", ["zebra"]),
        ("'zebra'=name", ["zebra"]),
        ('name="zebra"', ["zebra"]),
        ("name!='zebra'", ["Ärger"]),
        ("cpu>1", ["zebra"]),
        ("1<cpu", ["zebra"]),
        ("cpu>=1 and cpu<=4", ["zebra", "Ärger"]),
        ("name='x' or cpu=1 and memory=1048576", ["Ärger"]),
        ("(name='x' or cpu=1) and memory=2097152", []),
        ("property['stage']='test'", ["Ärger"]),
        ("property['a b']=\"it's\"", ["Ärger"]),
        ("properties/stage='test'", ["Ärger"]),
        ("description=null", ["zebra"]),
        ("description!=null", ["Ärger"]),
        ("name^='ze'", ["zebra"]),
        ("created>2000-01-01T00:00:00Z", ["zebra", "Ärger"]),
        ("created<'2000-01-01'", []),
        (f"id='{BASE}/machines/{VM}'", ["Ärger"]),
        (f"disks='{BASE}/machines/{VM}/disks'", ["Ärger"]),
        (f"disks/href='{BASE}/machines/{VM}/disks'", ["Ärger"]),
    ],
)
async def test_filters(two: Client, expression: str, found: list[str]) -> None:
    document = await two.get("/machines", f"$filter={quote(expression)}")
    assert sorted(one["name"] for one in document.get("machines", ())) == found
    assert document["count"] == len(found)


async def test_filters_are_all_to_be_met(two: Client) -> None:
    assert await names(two, "$filter=cpu%3E0&$filter=name%3D'zebra'") == ["zebra"]
    assert await names(two, "$filter=cpu%3E9&$filter=name%3D'zebra'") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("$orderby=name", ["zebra", "Ärger"][::-1]),
        ("$orderby=name:desc", ["zebra", "Ärger"]),
        ("$orderby=cpu:desc,name", ["zebra", "Ärger"]),
        ("$orderby=memory%20,%20name:asc", ["Ärger", "zebra"]),
        ("$orderby=description", ["zebra", "Ärger"]),
        ("$orderby=cpu&$first=2", ["zebra"]),
        ("$orderby=cpu&$last=1", ["Ärger"]),
        ("$orderby=cpu&$first=-3&$last=99", ["Ärger", "zebra"]),
        ("$first=2&$last=1", []),
        ("$first=3", []),
    ],
)
async def test_order_and_cut(two: Client, query: str, found: list[str]) -> None:
    assert await names(two, query) == found
    assert (await two.get("/machines", query))["count"] == 2


@pytest.mark.parametrize("query", ["$select=name,count", "$select=name&$select=count", "CIMISelect=name,count",
                                   "$select=machines/name,count", "$select=%20name%20,nothing,count"])  # fmt: skip
async def test_select_in_every_spelling(two: Client, query: str) -> None:
    document = await two.get("/machines", query)
    assert set(document) == {"resourceURI", "id", "count", "machines"}
    assert [set(one) for one in document["machines"]] == [{"resourceURI", "name"}] * 2
    if "machines/" not in query:
        assert set(await two.get(f"/machines/{VM}", query)) == {"resourceURI", "name"}


async def test_select_of_operations_and_of_everything(two: Client) -> None:
    document = await two.get("/machines", "$select=count,operations")
    assert set(document) == {"resourceURI", "id", "count", "operations"}
    whole = await two.get(f"/machines/{VM}")
    assert await two.get(f"/machines/{VM}", "$select=*") == whole
    assert set(await two.get(f"/machines/{VM}", "$select=operations")) == {"resourceURI", "operations"}


async def test_references_to_anything_are_expanded(two: Client) -> None:
    answer = await two.send("PUT", f"/machines/{VM}", '{"name": "n"}', "$select=name", **JSON)
    path = "/jobs/" + answer.headers["cimi-job-uri"].rpartition("/")[2]
    machine = await two.get(f"/machines/{VM}")
    for query in ("$expand=targetResource,affectedResources", "$expand=targetResource,affectedResource"):
        told = await two.get(path, query)
        assert told["targetResource"] == {"href": machine["id"]} | machine
        assert told["affectedResources"] == [{"href": machine["id"]} | machine]
    xml = ElementTree.fromstring((await two.send("GET", path, query="$expand=targetResource")).text)
    target = xml.find(f"{NAMESPACE}targetResource")
    assert target is not None
    assert (target.get("href"), target.findtext(f"{NAMESPACE}name")) == (machine["id"], "n")
    found = await two.get("/jobs", f"$filter=targetResource%3D'{quote(machine['id'])}'")
    assert found["count"] == 1


async def test_a_reference_that_leads_nowhere_stays_a_reference(two: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await two.post("/machine_templates", {"machineImage": {"href": f"machine_images/{IMAGE}"}, "name": "t"})
    assert made.status == 201
    template = json.loads(made.body)["id"].removeprefix(BASE)
    assert (await two.get(template, "$expand=machineImage"))["machineImage"]["name"]

    async def none(*_: object, **__: object) -> list[object]:
        return []

    monkeypatch.setattr(two.gateway.driver.images, "list", none)
    assert (await two.get(template, "$expand=*"))["machineImage"] == {"href": f"{BASE}/machine_images/{IMAGE}"}


async def test_what_is_expanded_and_what_is_beside_it(two: Client) -> None:
    document = await two.get("/machines", "$expand=disks&$expand=networkInterfaces/network,nothing,name")
    (machine,) = (one for one in document["machines"] if one["name"] == "Ärger")
    assert machine["disks"]["count"] == len(machine["disks"]["disks"]) > 0
    assert set(machine["volumes"]) == {"href"}
    (interface, *_) = machine["networkInterfaces"]["machineNetworkInterfaces"]
    assert interface["network"]["resourceURI"] == "http://schemas.dmtf.org/cimi/1/Network"
    assert set(interface["addresses"]) == {"href"}
    assert await two.get(f"/machines/{VM}", "$expand=") == await two.get(f"/machines/{VM}", "$expand=*")


@pytest.mark.parametrize("parameter", ["$select", "$expand", "$orderby"])
async def test_parameters_have_an_end(two: Client, parameter: str) -> None:
    value = ",".join(f"a{number}" for number in range(MAX_NAMES + 1))
    answer = await two.send("GET", "/machines", query=f"{parameter}={value}", Accept="application/json")
    assert (answer.status, parameter in job(answer)["statusMessage"]) == (400, True)


@pytest.mark.parametrize("path", ["/machines", "/machines/", "/machineImages", "/machine_images/", "/machineConfigs",
                                  "/cloudEntryPoint/", "/resource_metadata/Machine/", f"/machines/{VM}/disks/",
                                  f"/machines/{VM}/network_interfaces", f"/machines/{VM}/"])  # fmt: skip
async def test_head_and_options_at_every_spelling(two: Client, path: str) -> None:
    whole = await two.send("GET", path, Accept="application/json")
    head = await two.send("HEAD", path, Accept="application/json")
    assert (whole.status, head.status, head.body) == (200, 200, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers[name] == whole.headers[name]
    options = await two.send("OPTIONS", path)
    assert (options.status, options.body, "content-type" in options.headers) == (204, b"", False)
    allowed = options.headers["allow"].split(", ")
    assert {"GET", "HEAD", "OPTIONS"} <= set(allowed)
    for method in {"POST", "PUT", "DELETE", "PATCH"} - set(allowed):
        for accept in ("application/xml", "application/json"):
            refused = await two.send(method, path, Accept=accept)
            assert (refused.status, refused.headers["allow"]) == (405, options.headers["allow"])
            assert (refused.headers["content-type"], int(job(refused)["returnCode"])) == (accept, 405)


async def put(cimi: Client, document: Any, query: str = "") -> tuple[int, Any]:
    answer = await cimi.send("PUT", f"/machines/{VM}", json.dumps(document), query, **JSON)
    return answer.status, json.loads(answer.body)


async def test_what_a_client_can_not_change_is_ignored(two: Client) -> None:
    before = await two.get(f"/machines/{VM}")
    fixed = {"state": "STARTED", "id": "x:y", "created": "2001-01-01T00:00:00Z", "cpuArch": "Alpha", "cpuSpeed": 1}
    status, told = await put(two, {"name": "n", **fixed, "operations": [{"rel": "x", "href": "y"}]}, "$select=name")
    assert (status, told) == (200, before | {"name": "n"})
    status, told = await put(two, before | fixed)
    assert (status, told) == (200, before)


async def test_a_partial_put(two: Client) -> None:
    status, told = await put(two, {"name": "n"}, "$select=name,description")
    assert (status, told["name"], "description" in told, told["properties"]["stage"]) == (200, "n", False, "test")
    status, told = await put(two, {"name": "m", "description": "d"}, "$select=name")
    assert (status, told["statusMessage"]) == (400, "The attribute 'description' is in the body, but not in $select")
    status, told = await put(two, {"name": None, "description": "d"}, "$select=description,name,nothing")
    assert (status, told["description"]) == (200, "d")
    assert told["name"] == two.gateway.machines[VM].name
    status, told = await put(two, {"properties": {"only": "this"}}, "$select=properties")
    assert (status, told["properties"]) == (200, {"only": "this"})


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/nothing", "", {}, 404),
        ("GET", "/machines/none", "", {}, 404),
        ("GET", "/machines", "", {"Authorization": "Basic !"}, 401),
        ("GET", "/machines", "", {"CIMI_Specification_Version": "2.0"}, 400),
        ("POST", "/machines", "name=x", {"Content_Type": "text/plain"}, 415),
        ("PUT", f"/machines/{VM}", "{}", {"Content_Type": "application/json", "If_Match": '"x"'}, 412),
        ("POST", "/machines", "x" * ((1 << 20) + 1), {"Content_Type": "application/xml"}, 413),
        ("POST", "/machines", REFUSED, {"Content_Type": "application/json"}, 501),
    ],
)  # fmt: skip
@pytest.mark.parametrize("accept", ["application/xml", "application/json"])
async def test_refusals_in_both_formats(
    two: Client, accept: str, method: str, path: str, body: str, headers: dict[str, str], status: int
) -> None:
    answer = await two.send(method, path, body, **({"Accept": accept} | headers))
    told = job(answer)
    assert (answer.status, answer.headers["content-type"]) == (status, accept), answer.text
    assert (told["state"], int(told["returnCode"]), told["id"] or "") == ("FAILED", status, "")
    by_parameter = await two.send(method, path, body, f"$format={accept.rpartition('/')[2]}", **headers)
    assert by_parameter.headers["content-type"] == accept
