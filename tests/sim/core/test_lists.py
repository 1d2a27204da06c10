"""Lists over HTTP: search, order, pages, filtered mode and events after an id."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.sim.core.support import DEFAULT, DOWN_VM, WORKSHOP, Api


async def names(api: Api, search: str, extra: str = "", collection: str = "vms", element: str = "vm") -> list[str]:
    document = await api.read(f"{collection}?search={quote(search)}{extra}")
    return [str(one["name"]) for one in document.get(element, [])]


async def some(api: Api, count: int = 7) -> None:
    for number in range(count):
        body = {"name": f"page{number}", "cluster": {"id": DEFAULT}, "template": {"id": WORKSHOP}}
        assert (await api.post("vms", body)).status == 202
    api.advance(5)


async def test_search_by_what_the_gateway_uses(api: Api) -> None:
    assert await names(api, "name=ec2_machine") == ["ec2_machine"]
    assert await names(api, "name=ec2_mach*") == ["ec2_machine", "ec2_machine2"]
    assert await names(api, f"id={DOWN_VM}") == ["ec2_machine"]
    assert await names(api, "datacenter=barcelona and status=up") == ["ec2_machine2"]
    assert await names(api, "cluster=bcn-servers and status=down") == ["ec2_machine"]
    assert await names(api, "ip=192.168.1.28") == ["ec2_machine2"]
    assert await names(api, "name=nothing") == []


async def test_search_follows_changes(api: Api) -> None:
    await api.put(f"vms/{DOWN_VM}", {"comment": 'gw1:{"token":"abc"}'})
    assert await names(api, "comment=*abc*") == ["ec2_machine"]
    await api.post(f"vms/{DOWN_VM}/start")
    assert await names(api, "status=waitforlaunch") == ["ec2_machine"]


async def test_pages_are_windows_of_max(api: Api) -> None:
    await some(api)
    pages = [await names(api, f"name=page* sortby name asc page {page}", "&max=3") for page in (1, 2, 3, 4)]
    assert pages == [["page0", "page1", "page2"], ["page3", "page4", "page5"], ["page6"], []]
    assert await names(api, "name=page* sortby name desc page 1", "&max=2") == ["page6", "page5"]
    assert len(await names(api, "name=page*")) == 7
    assert len(await names(api, "name=page* sortby name asc page 1")) == 7
    assert await names(api, "name=page* sortby name asc page 2") == []
    assert len((await api.read("vms?max=4"))["vm"]) == 4
    assert await api.read("vms?max=0") == {}


async def test_filtered_pages_need_the_literal_order_and_ignore_terms(api: Api) -> None:
    await api.login("user@internal")
    everything = await names(api, "")
    paged = await names(api, "name=nothing sortby name asc page 1", "&max=10")
    assert paged == everything
    assert await names(api, "name=nothing sortby name desc page 1", "&max=10") == []


@pytest.mark.parametrize("search", ["name=", "name='a'", "nonsense=3", "status=", "page x"])
async def test_odd_searches_are_no_server_errors(api: Api, search: str) -> None:
    assert (await api.get(f"vms?search={quote(search)}")).status in (200, 400)


async def test_syntax_errors_are_400_with_text(api: Api) -> None:
    answer = await api.get(f"vms?search={quote('name=a; drop')}")
    assert answer.status == 400
    assert answer.json["reason"] == "Operation Failed"
    assert answer.json["detail"]


@pytest.mark.parametrize("maximum", ["x", "1.5", "9" * 20])
async def test_max_must_be_a_number(api: Api, maximum: str) -> None:
    answer = await api.get(f"vms?max={maximum}")
    assert (answer.status, answer.json["reason"]) == (400, "Invalid value")


async def test_matrix_parameters_count_as_query_parameters(api: Api) -> None:
    assert (await api.read("vms;max=2;search=name%3Dec2*"))["vm"][1]["name"] == "ec2_machine2"


async def test_events_come_newest_first(api: Api) -> None:
    await some(api, 2)
    events = (await api.read("events"))["event"]
    numbers = [int(one["id"]) for one in events]
    assert numbers == sorted(numbers, reverse=True)
    assert [int(one["id"]) for one in (await api.read(f"events;from={numbers[2]}"))["event"]] == numbers[:2]
    assert len((await api.read("events?max=1"))["event"]) == 1


async def test_other_collections_search_too(api: Api) -> None:
    assert await names(api, "name=Def*", collection="datacenters", element="data_center") == ["Default"]
    found = await names(api, "name=Workshop*", collection="templates", element="template")
    assert found == ["Workshop template"]
    assert await names(api, "datacenter=Default", collection="networks", element="network") == ["ovirtmgmt", "workshop"]
