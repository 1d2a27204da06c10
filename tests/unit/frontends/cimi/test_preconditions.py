"""If-Match and If-None-Match on everything that changes something."""

from __future__ import annotations

import pytest

from tests.unit.frontends.cimi.conftest import Client, job
from tests.unit.frontends.conftest import VM

MACHINE = f"/machines/{VM}"
STOP = '<Action xmlns="http://schemas.dmtf.org/cimi/1"><action>stop</action></Action>'


async def tag_of(cimi: Client, accept: str = "application/json", query: str = "") -> str:
    return (await cimi.send("GET", MACHINE, query=query, Accept=accept)).headers["etag"]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("*", 202),
        ("{tag}", 202),
        ('"other", {tag}', 202),
        ('"other" ,"more"', 412),
        ("W/{tag}", 412),
        ("{bare}", 412),
    ],
)
async def test_if_match(cimi: Client, header: str, status: int) -> None:
    tag = await tag_of(cimi)
    answer = await cimi.send("POST", MACHINE, STOP, If_Match=header.format(tag=tag, bare=tag.strip('"')))
    assert answer.status == status
    assert [verb for verb, _ in cimi.gateway.driver.instances.changes] == (["stop"] if status == 202 else [])


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
@pytest.mark.parametrize("query", ["", "$select=name"])
async def test_a_tag_of_either_format_and_of_what_is_selected(cimi: Client, accept: str, query: str) -> None:
    tag = await tag_of(cimi, accept, query)
    answer = await cimi.send("PUT", MACHINE, '{"name": "n"}', query, If_Match=tag, Content_Type="application/json")
    assert answer.status == 200


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("header", ["*", "{tag}", 'W/{tag}, "x"'])
async def test_if_none_match_refuses_a_change_of_what_it_names(cimi: Client, method: str, header: str) -> None:
    tag = await tag_of(cimi)
    answer = await cimi.send(method, MACHINE, STOP, If_None_Match=header.format(tag=tag))
    assert (answer.status, int(job(answer)["returnCode"])) == (412, 412)
    assert cimi.gateway.driver.instances.changes == []


@pytest.mark.parametrize(
    ("header", "status"), [("*", 304), ("{tag}", 304), ('W/{tag}, "x"', 304), ('"x"', 200), ("{bare}", 200)]
)
async def test_if_none_match_saves_an_answer(cimi: Client, header: str, status: int) -> None:
    tag = await tag_of(cimi)
    given = header.format(tag=tag, bare=tag.strip('"'))
    for method in ("GET", "HEAD"):
        answer = await cimi.send(method, MACHINE, Accept="application/json", If_None_Match=given)
        assert (answer.status, answer.headers["etag"]) == (status, tag)
        assert bool(answer.body) == (status == 200 and method == "GET")


async def test_what_is_not_there_is_not_there_before_it_is_compared(cimi: Client) -> None:
    for headers in ({"If_Match": "*"}, {"If_None_Match": "*"}):
        assert (await cimi.send("DELETE", "/machines/none", **headers)).status == 404
