"""`$filter`: its grammar, its types, its limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.cimi.filter_tokens import MAX_FILTER
from deltaic.protocols.cimi.filters import MAX_PARENTHESES, compile_filter

MACHINES: list[dict[str, Any]] = [
    {
        "id": "1",
        "name": "mine",
        "state": "STARTED",
        "cpu": 2,
        "memory": 1024,
        "created": datetime(2012, 10, 18, 12, 0, tzinfo=UTC),
        "properties": {"os": "fedora", "it's": "a/b"},
        "disks": {"href": "d1", "items": [{"capacity": 10}, {"capacity": 30}]},
        "latestSnapshot": {"href": "http://h/s/1"},
    },
    {
        "id": "2",
        "name": "say \"hi\" or 'bye'",
        "state": "STOPPED",
        "cpu": 4,
        "created": datetime(2013, 1, 1, tzinfo=UTC),
    },
    {"id": "3", "state": "STOPPED", "properties": {"os": "debian"}},
]


def ids(expression: str, item: str = "Machine", documents: list[dict[str, Any]] = MACHINES) -> str:
    predicate = compile_filter(expression, item)
    return "".join(document["id"] for document in documents if predicate(document))


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("name='mine'", "1"),
        ('name="mine"', "1"),
        ("  name  =  'mine'  ", "1"),
        ("'mine'=name", "1"),
        ("name!='mine'", "23"),
        ("name='MINE'", ""),
        ("name^='mi'", "1"),
        ('name="say \\"hi\\" or \'bye\'"', "2"),
        ("name=null", "3"),
        ("name!=null", "12"),
        ("cpu=2", "1"),
        ("cpu>2", "2"),
        ("cpu>=2", "12"),
        ("cpu<4", "1"),
        ("cpu<=4", "12"),
        ("cpu!=2", "23"),
        ("2<cpu", "2"),
        ("4>=cpu", "12"),
        ("cpu>-1", "12"),
        ("created<2012-12-31T00:00:00Z", "1"),
        ("created>=2012-10-18T14:00:00+02:00", "12"),
        ("created>2012-10-18", "12"),
        ("created='2013-01-01T00:00:00Z'", "2"),
        ("state='STOPPED' and cpu=4", "2"),
        ("state='STARTED' or state='STOPPED' and cpu=4", "12"),
        ("(state='STARTED' or state='STOPPED') and cpu=4", "2"),
        ("cpu=2 or cpu=4 or name=null", "123"),
        ("cpu=2 AND memory=1024", "1"),
        ("name='mine'and(memory=1024)", "1"),
        ("((((cpu=2))))", "1"),
        ("property['os']='fedora'", "1"),
        ("property['os'] != 'fedora'", "3"),
        ("property['it\\'s']='a/b'", "1"),
        ("property[\"it's\"]='a/b'", "1"),
        ("'fedora'=property['os']", "1"),
        ("properties/os='debian'", "3"),
        ("property['none']=null", "123"),
        ("disks/href='d1'", "1"),
        ("disks='d1'", "1"),
        ("latestSnapshot^='http://h/'", "1"),
        ("operations=null", "123"),
    ],
)
def test_filters_find(expression: str, found: str) -> None:
    assert ids(expression) == found


def test_truth_values() -> None:
    volumes = [{"id": "1", "bootable": True}, {"id": "2", "bootable": False}, {"id": "3"}]
    assert ids("bootable=true", "Volume", volumes) == "1"
    assert ids("bootable!=true", "Volume", volumes) == "23"
    assert ids("false=bootable", "Volume", volumes) == "2"


def test_any_entry_of_a_list_may_match() -> None:
    configurations = [
        {"id": "1", "disks": [{"capacity": 5}, {"capacity": 50}]},
        {"id": "2", "disks": [{"capacity": 7}]},
    ]
    assert ids("disks/capacity>20", "MachineConfiguration", configurations) == "1"
    assert ids("disks/capacity<6 or disks/capacity=7", "MachineConfiguration", configurations) == "12"
    addresses = [{"id": "1", "dns": ["a", "b"]}, {"id": "2", "dns": ["c"]}]
    assert ids("dns='b'", "Address", addresses) == "1"
    assert ids("dns!='b'", "Address", addresses) == "2"


@pytest.mark.parametrize(
    "expression",
    [
        "", " ", "name", "name=", "='mine'", "name='mine", "name='mine' and", "or name='mine'", "name='mine' name='x'",
        "(name='mine'", "name='mine')", "()", "name=='mine'", "name='mine' xor cpu=2", "name~'mine'", "name=mine",
        "cpu=two", "cpu='2'", "cpu=1.5", "cpu=true", "name=2", "name<'mine'", "name>=null", "name=true", "name=name",
        "'a'='a'", "1=1", "realm='x'", "property='x'", "property[os]='x'", "property['os'='x'", "property['os']<'x'",
        "created='soon'", "created=5", "created=true", "cpu/x=1", "disks/items/zz=1", "name/x='y'", "/=1", "disks/='x'",
        "'mi'^=name", "cpu^=2", "operations='x'", "properties='x'", "name='a','b'", "and='x'", "name='a'\\",
        "cpu=" + "9" * 30,
    ],
)  # fmt: skip
def test_nonsense_is_refused(expression: str) -> None:
    with pytest.raises(Error) as caught:
        compile_filter(expression, "Machine")
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "$filter")


@pytest.mark.parametrize("attribute", ["password", "key"])
def test_secrets_can_not_be_guessed_by_searching(attribute: str) -> None:
    with pytest.raises(Error):
        compile_filter(f"{attribute}^='a'", "Credential")


def test_an_error_says_where() -> None:
    with pytest.raises(Error) as caught:
        compile_filter("name='mine' und cpu=2", "Machine")
    assert caught.value.message == "The filter is wrong at character 13: 'and', 'or' or the end expected"


def test_limits() -> None:
    nested = "(" * MAX_PARENTHESES + "cpu=2" + ")" * MAX_PARENTHESES
    assert ids(nested) == "1"
    for expression in (f"({nested})", "(" * 8_000, "name='" + "x" * MAX_FILTER + "'"):
        with pytest.raises(Error) as caught:
            compile_filter(expression, "Machine")
        assert caught.value.kind is ErrorKind.INVALID
    long = " or ".join(["cpu=2"] * 900)
    assert len(long) <= MAX_FILTER
    assert ids(long) == "1"


@settings(max_examples=300, deadline=None)
@given(st.text("name cpu=<>!^'\"()[]andor property12/\\\x00é", max_size=40))
def test_any_text_is_a_filter_or_an_error(expression: str) -> None:
    kind = None
    try:
        predicate = compile_filter(expression, "Machine")
        found = {predicate(machine) for machine in MACHINES}
    except Error as error:
        kind, found = error.kind, set()
    assert kind is ErrorKind.INVALID or (found and found <= {True, False})


TERMS = st.sampled_from(["cpu=2", "cpu=4", "state='STOPPED'", "name=null", "property['os']='fedora'"])
EXPRESSIONS = st.recursive(
    TERMS.map(lambda term: (term, term)),
    lambda inner: st.builds(
        lambda left, word, right: (f"({left[0]}) {word} ({right[0]})", (word, left[1], right[1])),
        inner,
        st.sampled_from(["and", "or"]),
        inner,
    ),
    max_leaves=8,
)


def meaning(tree: Any) -> set[str]:
    """The ids a tree of terms finds, by sets: another way than the predicate's."""
    if isinstance(tree, str):
        return set(ids(tree))
    word, left, right = tree
    return meaning(left) & meaning(right) if word == "and" else meaning(left) | meaning(right)


@settings(max_examples=100, deadline=None)
@given(EXPRESSIONS)
def test_combinations_mean_intersections_and_unions(case: tuple[str, Any]) -> None:
    expression, tree = case
    assert set(ids(expression)) == meaning(tree)
