"""Parameters, wherever a client puts them."""

from __future__ import annotations

import pytest

from tests.unit.frontends.deltacloud.conftest import Client

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = {"Content-Type": "multipart/form-data; boundary=cut"}


def part(name: str, value: bytes, more: bytes = b"") -> bytes:
    return b'--cut\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name.encode(), more, value)


async def test_a_form(deltacloud: Client) -> None:
    answer = await deltacloud.send("POST", "/keys", body=b"name=a%20key", headers=FORM)

    assert (answer.status, answer.headers["location"]) == (201, "http://gateway.example:3001/api/keys/a%20key")


async def test_parts(deltacloud: Client) -> None:
    body = part("name", b"a & b") + part("x", b"y", b'; filename="f"') + b"--cut--\r\n"
    answer = await deltacloud.send("POST", "/keys", body=body, headers=PARTS)

    assert answer.status == 201, answer.text
    assert await deltacloud.ids("keys") == ["a & b"]


async def test_matrix_parameters(deltacloud: Client) -> None:
    assert (await deltacloud.send("POST", "/keys;name=m")).status == 201
    assert await deltacloud.ids("keys") == ["m"]


async def test_a_form_wins_over_the_query(deltacloud: Client) -> None:
    await deltacloud.send("POST", "/keys", {"name": "query"}, b"name=form", FORM)

    assert await deltacloud.ids("keys") == ["form"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (PARTS, b"", 400),
        (PARTS, b"--cut\r\n", 400),
        (PARTS, b"no parts at all", 400),
        (PARTS, part("name", b"k"), 400),
        (PARTS, part("name", b"\xff\xfe") + b"--cut--\r\n", 400),
        (PARTS, b"--cut\r\n\r\nx\r\n--cut--\r\n", 400),
        (PARTS, b'--cut\r\nContent-Disposition: form-data; name="' + b"n" * 9000 + b'"\r\n\r\nx\r\n--cut--\r\n', 400),
        (PARTS, b"".join(part(f"f{number}", b"") for number in range(300)) + b"--cut--\r\n", 400),
        ({"Content-Type": "multipart/form-data"}, b"x", 400),
        ({"Content-Type": "multipart/form-data; boundary=" + "b" * 200}, b"x", 400),
        (FORM, b"name=%ff%fe&" + b"x=1&" * 400, 400),
        (FORM, b"\xff\xfe", 400),
        ({"Content-Type": "application/json"}, b'{"name": "k"}', 415),
        ({"Content-Type": "application/xml"}, b"<name>k</name>", 415),
        ({**FORM, "Content-Encoding": "gzip"}, b"name=k", 415),
    ],
)
async def test_what_can_not_be_read(deltacloud: Client, headers: dict[str, str], body: bytes, status: int) -> None:
    answer = await deltacloud.send("POST", "/keys", body=body, headers=headers)

    assert (answer.status, answer.headers["content-type"]) == (status, "application/xml")
    assert await deltacloud.ids("keys") == []


async def test_a_form_that_is_too_large(deltacloud: Client) -> None:
    answer = await deltacloud.send("POST", "/keys", body=b"name=" + b"k" * (1 << 20), headers=FORM)

    assert answer.status == 413
