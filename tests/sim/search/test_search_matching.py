"""What a compiled search finds, row by row."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from ovirt_engine_sim.search import compile_search

NOW = datetime(2024, 3, 15, 10, 30, tzinfo=UTC)  # a Friday

VMS: list[dict[str, object]] = [
    {
        "name": "web_1",
        "status": "up",
        "memory": 1024,
        "datacenter": "Default",
        "comment": 'gw1:{"t": 1}',
        "tag": ["green", "colour"],
        "hosts.name": "host1",
        "id": "84623036-49fe-4f22-ac6f-ff526e8b82be",
        "creationdate": 1_704_067_200_000,
        "uptime": 7200,
        "next_run_config_exists": False,
    },
    {
        "name": "WEB_2",
        "status": "image_locked",
        "memory": 2048,
        "datacenter": "Default",
        "comment": "",
        "tag": [],
        "id": "5ee314f5-a01b-41f3-81f7-fe4acb6c31f9",
        "creationdate": 1_706_745_600_000,
        "next_run_config_exists": True,
    },
    {
        "name": "db 1",
        "status": "down",
        "memory": 512,
        "datacenter": "barcelona",
        "description": "50% of a\\b",
        "tag": ["blue", "colour"],
        "hosts.name": "host2",
        "id": "7434e6e3-a85d-4bfb-b952-b191288c2aa2",
        "creationdate": 1_707_000_000_000,
    },
    {"name": "webX1", "status": "migrating", "memory": 4096, "datacenter": "barcelona"},
]


def values(row: dict[str, object], field: str) -> Iterable[object]:
    value = row.get(field)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def find(text: str, *, case_sensitive: bool = False, collection: str = "vms", rows: object = None) -> list[str]:
    search = compile_search(collection, text, case_sensitive=case_sensitive, now=NOW)
    found = search.apply(VMS if rows is None else rows, values)  # type: ignore[arg-type,type-var]
    return [str(row["name"]) for row in found]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["db 1", "web_1", "WEB_2", "webX1"]),
        ("   ", ["db 1", "web_1", "WEB_2", "webX1"]),
        ("name=web_1", ["web_1"]),
        ("NAME = web_1", ["web_1"]),
        ("name=WEB_1", ["web_1"]),
        ('name="db 1"', ["db 1"]),
        ("name=web*", ["web_1", "WEB_2", "webX1"]),
        ("name=*1", ["db 1", "web_1", "webX1"]),
        ("name=w*b*1", ["web_1", "webX1"]),
        ("name=web_*", ["web_1", "WEB_2"]),
        ("name!=web*", ["db 1"]),
        ("name=*", ["db 1", "web_1", "WEB_2", "webX1"]),
        ("description=50%*", ["db 1"]),
        ("description=*a\\b", ["db 1"]),
        ("description!=50*", ["web_1", "WEB_2", "webX1"]),
        ('comment=""', ["db 1", "WEB_2", "webX1"]),
        ("comment=null", ["db 1", "WEB_2", "webX1"]),
        ('comment!=""', ["web_1"]),
        ("comment=*gw1*", ["web_1"]),
        ("status=up", ["web_1"]),
        ("status=ImageLocked", ["WEB_2"]),
        ("status!=up", ["db 1", "WEB_2", "webX1"]),
        ("status=migratingto", ["webX1"]),
        ("status=migratingfrom", ["webX1"]),
        ("memory>1024", ["WEB_2", "webX1"]),
        ("memory >= 1024", ["web_1", "WEB_2", "webX1"]),
        ("memory<1024", ["db 1"]),
        ("memory<=1024", ["db 1", "web_1"]),
        ("memory=1024", ["web_1"]),
        ("memory!=1024", ["db 1", "WEB_2", "webX1"]),
        ("uptime>1:00:00", ["web_1"]),
        ("uptime<1", ["web_1"]),
        ("tag=colour", ["db 1", "web_1"]),
        ("tag=gr*", ["web_1"]),
        ("next_run_config_exists=true", ["WEB_2"]),
        ("next_run_config_exists=FALSE", ["web_1"]),
        ("id=84623036-49FE-4f22-ac6f-ff526e8b82be", ["web_1"]),
        (
            "id=84623036-49fe-4f22-ac6f-ff526e8b82be or id=7434e6e3-a85d-4bfb-b952-b191288c2aa2",
            ["db 1", "web_1"],
        ),
        ("id=null", ["webX1"]),
        ("hosts.name=host1", ["web_1"]),
        ("Host.name = host*", ["db 1", "web_1"]),
        ("hosts.name!=host1", ["db 1", "WEB_2", "webX1"]),
        ("Hosts=host2", ["db 1"]),
        ("creationdate<2/1/24", ["web_1"]),
        ('creationdate>"Feb 2, 2024"', ["db 1"]),
        ('creationdate>"January 1, 2024" and creationdate<"Feb 3, 2024 10:00:00 PM"', ["WEB_2"]),
    ],
)
def test_condition(text: str, names: list[str]) -> None:
    assert find(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # "and" binds tighter than "or"
        ("name=web_1 or name=web_2 and memory=1", ["web_1"]),
        ("memory=1 and name=web_2 or name=web_1", ["web_1"]),
        # conditions without an operator are joined after everything else
        ("name=web_1 or name=web_2 memory=2048", ["WEB_2"]),
        ("memory=2048 name=web_1 or name=web_2", ["WEB_2"]),
        ("name=web*and status=up", []),
        ('name="web*"and status=up', ["web_1"]),
        ("name=web* AND status=up OR datacenter=Default", ["web_1", "WEB_2"]),
    ],
)
def test_operators(text: str, names: list[str]) -> None:
    assert find(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("web", ["web_1", "WEB_2", "webX1"]),
        ("barce", ["db 1", "webX1"]),
        ("w*1", ["web_1", "webX1"]),
        ('"db 1"', ["db 1"]),
        ("web and status=up", ["web_1"]),
        ("status=up or db", ["db 1", "web_1"]),
        ("status=up web", ["web_1"]),
        ("name2", []),
        ("name~web", []),
        # an open quotation mark at the start is a query without conditions
        ('"db 1', ["db 1", "web_1", "WEB_2", "webX1"]),
    ],
)
def test_free_text(text: str, names: list[str]) -> None:
    assert find(text) == names


def test_case_sensitive_matches_by_case_in_fields_and_free_text() -> None:
    assert find("name=WEB*", case_sensitive=True) == ["WEB_2"]
    assert find("web", case_sensitive=True) == ["web_1", "webX1"]
    assert find("status=UP", case_sensitive=True) == ["web_1"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sortby memory", ["db 1", "web_1", "WEB_2", "webX1"]),
        ("sortby memory desc", ["webX1", "WEB_2", "web_1", "db 1"]),
        ("sortby name desc", ["webX1", "WEB_2", "web_1", "db 1"]),
        ("sortby creationdate asc", ["webX1", "web_1", "WEB_2", "db 1"]),
        ("sortby creationdate desc", ["db 1", "WEB_2", "web_1", "webX1"]),
        ("sortby datacenter asc", ["db 1", "webX1", "web_1", "WEB_2"]),
        ("name=web* sortby memory desc page 1", ["webX1", "WEB_2", "web_1"]),
    ],
)
def test_sorting_puts_missing_values_first_ascending_and_last_descending(text: str, names: list[str]) -> None:
    assert find(text) == names


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("", None),
        ("name=a", None),
        ("page 3", 3),
        ("name=a page 12", 12),
        ("sortby name asc page 2", 2),
        ("sortby name asc page2", 2),
        # what follows the digits spoils the number
        ("page 2 ", 1),
        ("page 2x", 1),
        ("page 99999999999", 1),
    ],
)
def test_page(text: str, page: int | None) -> None:
    assert compile_search("vms", text).page == page


def test_page_size_is_the_maximum_and_without_one_page_two_is_empty() -> None:
    rows = list(range(5))
    assert compile_search("vms", "page 2").window(rows, 2) == [2, 3]
    assert compile_search("vms", "page 3").window(rows, 2) == [4]
    assert compile_search("vms", "").window(rows, 2) == [0, 1]
    assert compile_search("vms", "page 1").window(rows, None) == rows
    assert compile_search("vms", "page 2").window(rows, None) == []


def test_events_sort_by_number_newest_first() -> None:
    rows = [{"name": "a", "id": 9}, {"name": "b", "id": 100}, {"name": "c", "id": 10}]
    assert find("", collection="events", rows=rows) == ["b", "c", "a"]


def test_event_severity_has_an_order_and_a_day_covers_its_hours() -> None:
    midnight = 1_710_460_800_000  # 2024-03-15T00:00Z
    rows = [
        {"name": "a", "id": 1, "severity": "normal", "time": midnight + 3_600_000},
        {"name": "b", "id": 2, "severity": "error", "time": midnight - 1},
        {"name": "c", "id": 3, "severity": "alert", "time": midnight - 90_000_000},
    ]
    assert find("severity>=error", collection="events", rows=rows) == ["c", "b"]
    assert find("time=today", collection="events", rows=rows) == ["a"]
    assert find("time=Yesterday", collection="events", rows=rows) == ["b"]
    assert find("time<today", collection="events", rows=rows) == ["c", "b"]
    assert find("time=Wednesday", collection="events", rows=rows) == ["c"]
    assert find('time="Mar 15, 2024 11:00 PM"', collection="events", rows=rows) == ["a"]


def test_list_columns_compare_whole_items_and_know_no_wildcard() -> None:
    rows = [{"name": "d", "alias": "d", "vm_names": ["web1", "web2"]}, {"name": "e", "alias": "e"}]
    assert find("vm_names=WEB2", collection="disks", rows=rows) == ["d"]
    assert find("vm_names=web*", collection="disks", rows=rows) == []
    assert find('vm_names=""', collection="disks", rows=rows) == ["e"]
    assert find("vm_names!=web1", collection="disks", rows=rows) == ["d", "e"]


def test_disk_sizes_are_compared_as_gigabytes() -> None:
    rows = [{"name": "s", "alias": "s", "size": 1}, {"name": "l", "alias": "l", "size": 40}]
    assert find("size > 10", collection="disks", rows=rows) == ["l"]
    assert find("provisioned_size < 10", collection="disks", rows=rows) == []


def test_user_name_with_a_directory_is_two_conditions() -> None:
    rows = [
        {"name": "a", "login": "admin", "directory": "internal", "usrname": "admin"},
        {"name": "b", "login": "admin", "directory": "corp", "usrname": "admin"},
    ]
    assert find("usrname=admin@internal", collection="users", rows=rows) == ["a"]
    assert find("usrname=admin", collection="users", rows=rows) == ["a", "b"]


def test_ansible_queries_of_other_collections() -> None:
    centers = [
        {"name": "Default", "clusters.name": ["c1"], "storage.name": ["sd1"]},
        {"name": "other", "clusters.name": ["c2"], "storage.name": []},
    ]
    assert find('Clusters.name="c1"', collection="datacenters", rows=centers) == ["Default"]
    assert find('storage="sd1"', collection="datacenters", rows=centers) == ["Default"]
    disks = [{"name": "x", "alias": "x", "storage.name": "sd1", "datacenter.name": "Default", "disk_type": "image"}]
    assert find('name="x" and Storage.name="sd1"', collection="disks", rows=disks) == ["x"]
    assert find("datacenter.name=Default", collection="disks", rows=disks) == ["x"]
    assert find("disk_type=lun", collection="disks", rows=disks) == []
    networks = [
        {"name": "b", "datacenter": "Default"},
        {"name": "a", "datacenter": "Default"},
        {"name": "c", "datacenter": "Alpha"},
    ]
    assert find("", collection="networks", rows=networks) == ["c", "a", "b"]
    assert find('name="b" and datacenter="Default"', collection="networks", rows=networks) == ["b"]


def test_templates_of_one_name_sort_base_version_first_by_number() -> None:
    rows = [
        {"name": "t", "version_order": "v2", "version_number": 2},
        {"name": "t", "version_order": None, "version_number": 1},
        {"name": "s", "version_order": None, "version_number": 1},
    ]
    search = compile_search("templates", "sortby name asc")
    found = search.apply(rows, values)  # type: ignore[arg-type]
    assert [(row["name"], row["version_number"]) for row in found] == [("s", 1), ("t", 1), ("t", 2)]
