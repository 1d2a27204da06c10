"""The other query parameters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.cimi.query import Query, parse_query

MACHINES: list[dict[str, Any]] = [
    {"id": "1", "name": "b", "cpu": 2, "created": datetime(2013, 1, 1, tzinfo=UTC)},
    {"id": "2", "name": "a", "cpu": 2, "created": datetime(2011, 1, 1, tzinfo=UTC)},
    {"id": "3", "name": "é", "cpu": 10, "created": datetime(2012, 1, 1, tzinfo=UTC)},
    {"id": "4", "cpu": -1},
]


def page(*pairs: tuple[str, str], item: str = "Machine", documents: list[dict[str, Any]] = MACHINES) -> tuple[str, int]:
    found, count = parse_query(pairs).apply(item, documents)
    return "".join(document["id"] for document in found), count


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("name", "4213"),
        ("name:asc", "4213"),
        ("name:desc", "3124"),
        ("cpu", "4123"),
        ("cpu:desc,name", "3214"),
        ("cpu:desc, name:desc", "3124"),
        ("created", "4231"),
    ],
)
def test_order(order: str, found: str) -> None:
    assert page(("$orderby", order)) == (found, 4)


def test_order_of_texts_is_by_decomposed_characters() -> None:
    documents = [{"id": "1", "name": "f"}, {"id": "2", "name": "e\u0301a"}, {"id": "3", "name": "\u00e9b"}]
    assert page(("$orderby", "name"), documents=documents) == ("231", 3)


def test_order_of_truth_and_durations() -> None:
    volumes = [{"id": "1", "bootable": True}, {"id": "2", "bootable": False}]
    assert page(("$orderby", "bootable"), item="Volume", documents=volumes) == ("21", 2)
    meters = [{"id": str(n), "intervalDuration": d} for n, d in enumerate(["P1D", "PT2H", "PT90M", "-PT1S", "P1M"])]
    assert page(("$orderby", "intervalDuration"), item="Meter", documents=meters) == ("32104", 5)


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([("$first", "2")], "234"),
        ([("$last", "2")], "12"),
        ([("$first", "2"), ("$last", "3")], "23"),
        ([("$first", "3"), ("$last", "2")], ""),
        ([("$first", "99")], ""),
        ([("$first", "0"), ("$last", "1")], "1"),
        ([("$first", "-5")], "1234"),
        ([("$last", "-1")], ""),
        ([("$last", "99")], "1234"),
        ([("$first", "2"), ("$first", "4")], "234"),
    ],
)
def test_first_and_last_cut_but_do_not_count(pairs: list[tuple[str, str]], found: str) -> None:
    assert page(*pairs) == (found, 4)


def test_filters_come_before_order_and_cut() -> None:
    assert page(("$filter", "cpu=2"), ("$orderby", "name"), ("$last", "1")) == ("2", 2)
    assert page(("$filter", "cpu=2"), ("$filter", "name='a'")) == ("2", 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("$first", "one"), ("$first", ""), ("$last", "1.5"), ("$last", "9" * 50), ("$orderby", "realm"),
        ("$orderby", "name:up"), ("$orderby", "disks"), ("$orderby", "properties"), ("$orderby", "operations"),
        ("$filter", "realm=1"),
    ],
)  # fmt: skip
def test_wrong_parameters_name_themselves(name: str, value: str) -> None:
    with pytest.raises(Error) as caught:
        page((name, value))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, name)


def test_passwords_do_not_sort() -> None:
    with pytest.raises(Error):
        page(("$orderby", "password"), item="Credential")


def test_parsing() -> None:
    query = parse_query(
        [("$select", "name, cpu"), ("$select", "cpu,state"), ("$expand", ""), ("$format", "JSON"), ("format", "xml"),
         ("CIMISelect", "id"), ("unknown", "x"), ("$unknown", "y"), ("$orderby", "a,,b:desc")]
    )  # fmt: skip
    assert query == Query(
        select=("name", "cpu", "state", "id"),
        expand=("*",),
        format="JSON",
        order_by=(("a", False), ("b", True)),
    )


def test_expand() -> None:
    query = parse_query([("$expand", "disks,volumes/volume")])
    assert [query.expands(name) for name in ("disks", "volumes", "snapshots")] == [True, True, False]
    assert query.inside("volumes") == Query(expand=("volume",))
    assert query.inside("disks") == Query()
    everything = parse_query([("$expand", "*")])
    assert everything.expands("disks")
    assert not everything.inside("disks").expands("anything")
    assert parse_query([("$expand", "*/*")]).inside("disks").expands("anything")
    assert not Query().expands("disks")


MACHINE = {"id": "1", "name": "n", "cpu": 2, "disks": {"href": "d"}, "operations": [{"rel": "edit", "href": "h"}]}
COLLECTION = {"id": "c", "count": 5, "items": [MACHINE], "operations": [{"rel": "add", "href": "c"}]}


@pytest.mark.parametrize(
    ("select", "kept"),
    [
        ("name", {"name"}),
        ("name,operations", {"name", "operations"}),
        ("name,realm", {"name"}),
        ("realm", set()),
        ("disks,id", {"disks", "id"}),
        ("*", set(MACHINE)),
        ("name,*", set(MACHINE)),
        ("", set(MACHINE)),
    ],
)
def test_select_of_a_resource(select: str, kept: set[str]) -> None:
    assert set(parse_query([("$select", select)]).select_resource("Machine", MACHINE)) == kept


@pytest.mark.parametrize(
    ("select", "wanted"),
    [
        ("name,cpu", {"id": "c", "count": 5, "items": [{"name": "n", "cpu": 2}]}),
        ("count,operations", {"id": "c", "count": 5, "operations": COLLECTION["operations"]}),
        ("name,operations", {"id": "c", "count": 5, "items": [{"name": "n"}], "operations": COLLECTION["operations"]}),
        ("machines/id,machines/operations", {"id": "c", "count": 5, "items": [
            {"id": "1", "operations": MACHINE["operations"]}]}),
        ("machines", {"id": "c", "count": 5, "items": [MACHINE]}),
        ("machines/*", {"id": "c", "count": 5, "items": [MACHINE]}),
        ("*", COLLECTION),
        ("realm", {"id": "c", "count": 5}),
    ],
)  # fmt: skip
def test_select_of_a_collection(select: str, wanted: dict[str, Any]) -> None:
    assert parse_query([("$select", select)]).select_collection("Machine", COLLECTION) == wanted
