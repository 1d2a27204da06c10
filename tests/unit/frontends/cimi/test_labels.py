from __future__ import annotations

import json

import pytest

from deltaic.frontends.cimi.labels import check_labels
from deltaic.model.errors import Error, ErrorKind
from tests.unit.frontends.cimi.conftest import Client, job
from tests.unit.frontends.conftest import IMAGE, VM

MANY = {f"key{number}": "v" for number in range(60)}


@pytest.mark.parametrize(
    ("tags", "kind", "field"),
    [
        ({"Name": "n" * 256}, ErrorKind.INVALID, "name"),
        ({"Name": "web", "long": "v" * 256}, ErrorKind.INVALID, "properties"),
        ({"k" * 128: "v"}, ErrorKind.INVALID, "properties"),
        ({"": "v"}, ErrorKind.INVALID, "properties"),
        ({"aws:mine": "v"}, ErrorKind.INVALID, "properties"),
        (MANY, ErrorKind.QUOTA, "properties"),
    ],
)
def test_the_attribute_at_fault_is_named(tags: dict[str, str], kind: ErrorKind, field: str) -> None:
    with pytest.raises(Error) as caught:
        check_labels(tags)
    assert (caught.value.kind, caught.value.field) == (kind, field)


def test_what_can_be_had_is_left_alone() -> None:
    check_labels({"Name": "n" * 255, "k" * 127: "v" * 255})


@pytest.mark.parametrize("path", [f"/machines/{VM}", f"/machine_images/{IMAGE}"])
@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [({"name": "n" * 300}, 400, "The name has"), ({"properties": MANY}, 403, "'properties'")],
)
async def test_clients_are_told_in_their_own_words(
    cimi: Client, path: str, changes: dict[str, object], status: int, word: str
) -> None:
    given = {"Content_Type": "application/json", "Accept": "application/json"}
    answer = await cimi.send("PUT", path, json.dumps(changes), f"$select={next(iter(changes))}", **given)
    assert answer.status == status
    assert word in job(answer)["statusMessage"]
