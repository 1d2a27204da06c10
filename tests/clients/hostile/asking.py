"""Requests of somebody who means harm, and what every answer to them must be."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import psutil

from tests.clients.gateway import Gateway, basic
from tests.clients.hostile.raw_http import RawAnswer, exchange, message
from tests.support.processes import SECRET_KEY, Process

MEBIBYTE = 1 << 20
MACHINE = "i-8462303649fe4f22a"
SECRET_USER_DATA = "a-secret-in-user-data-5161"
WRONG_PASSWORD = "a-wrong-password-7734"
FORM = ("Content-Type", "application/x-www-form-urlencoded")

#: How much the gateway (with the engine in the same process) may grow over a file of tests.
GROWTH = 120 * MEBIBYTE

#: What no log may show.
SECRETS = (
    SECRET_KEY,
    WRONG_PASSWORD,
    SECRET_USER_DATA,
    base64.b64encode(SECRET_USER_DATA.encode()).decode(),
    basic()["Authorization"].split()[1],
    "PRIVATE KEY",
    "Bearer ",
)
DEFECTS = ("Traceback", "defect", '"level": "error"', '"level": "critical"')


def login(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """The header of a good login, and more headers."""
    return [*basic().items(), *more]


def post(
    target: Gateway,
    body: bytes | str,
    headers: Iterable[tuple[str, str]] = (),
    path: str = "/ec2/",
    media: tuple[str, str] = FORM,
) -> RawAnswer:
    """A POST with Basic; names in `headers` replace the usual ones."""
    content = body.encode() if isinstance(body, str) else body
    own = list(headers)
    given = {name.lower() for name, _ in own}
    usual = [("Host", target.host), *login(), media, ("Content-Length", str(len(content)))]
    sent = [*(pair for pair in usual if pair[0].lower() not in given), *own]
    return exchange(target.host, message("POST", path, sent, content))


def get(target: Gateway, query: str | bytes, headers: Iterable[tuple[str, str]] = ()) -> RawAnswer:
    """A GET with Basic; the query goes over the wire as it is."""
    raw = query.encode() if isinstance(query, str) else query
    return exchange(target.host, message("GET", b"/ec2/?" + raw, [("Host", target.host), *login(), *headers]))


def check(answer: RawAnswer, status: int, code: str) -> RawAnswer:
    """The refusal has this status and code, AWS's form, and tells nothing of our inside."""
    assert (answer.status, answer.code) == (status, code), answer.body[:600]
    assert 400 <= answer.status < 500
    assert answer.header("content-type") == "text/xml;charset=UTF-8"
    assert len(answer.body) < 4096
    for word in (b"Traceback", b".py", b"deltaic.", SECRET_KEY.encode()):
        assert word not in answer.body, answer.body
    return answer


def left_behind(process: Process, before: int) -> None:
    """The process has not grown much, and its log of everything shows neither a secret nor a defect."""
    assert psutil.Process(process.pid).memory_info().rss - before < GROWTH
    started = next(number for number, line in enumerate(process.lines) if line.startswith("ready"))
    lines = process.lines[started + 1 :]
    assert sum('"event": "request"' in line for line in lines) > 20
    for word in (*SECRETS, *DEFECTS):
        assert [line[:1500] for line in lines if word in line][:3] == [], word
    assert max(map(len, lines)) < 20_000
