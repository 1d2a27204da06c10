"""The parts that pages are made of: pictures, notes, histories, shelves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response

from deltaic.frontends.console import pictures
from deltaic.frontends.console.history import MOST, POINTS, REACH, Histories
from deltaic.frontends.console.login import inside
from deltaic.frontends.console.notes import COOKIE, Note, Notes
from deltaic.frontends.console.settings import ConsoleSettings
from deltaic.frontends.console.shelf import LONGEST, Shelf
from deltaic.frontends.console.templating import amount, environment, moment, size, span, top
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.job import Job
from deltaic.model.metric import Measure, Metric, Unit
from deltaic.model.secret import Secret
from tests.unit.frontends.conftest import VM, Gateway
from tests.unit.frontends.console.conftest import Window

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# -- pictures ---------------------------------------------------------------------------------------------------------


class Consoles:
    """One console, whose output is no text."""

    async def output(self, context: Context, instance_id: str, *, lines: int = 0) -> bytes:
        return b"login: <b> \xff"

    async def url(self, context: Context, instance_id: str) -> str:
        return "https://consoles.example/?token=a&b=%22"


@pytest.mark.parametrize(
    ("part", "whole", "width", "level"),
    [(0, 100, "0.0", "fine"), (50, 100, "100.0", "fine"), (75, 100, "150.0", "high"), (90, 100, "180.0", "full"),
     (300, 100, "200.0", "full"), (1, 0, "0.0", "fine")],
)  # fmt: skip
def test_a_bar(part: float, whole: float, width: str, level: str) -> None:
    drawn = ElementTree.fromstring(pictures.bar(part, whole, '"<b>'))
    assert drawn.get("aria-label") == '"<b>'
    assert (drawn[1].get("width"), drawn[1].get("class")) == (width, level)


def test_a_ring() -> None:
    drawn = ElementTree.fromstring(pictures.ring([("running", 1), ("stopped", 3), ("trouble", 0)], "4"))
    parts = [one for one in drawn if "part" in (one.get("class") or "")]
    assert [one.get("class") for one in parts] == ["part running", "part stopped"]
    assert [one.get("stroke-dasharray", "").split()[0] for one in parts] == ["62.83", "188.50"]
    assert drawn.findtext("text") == "4"
    assert len(ElementTree.fromstring(pictures.ring([], "0"))) == 2


def test_a_plot_places_points_by_their_time() -> None:
    drawn = ElementTree.fromstring(pictures.plot([(100.0, 0.0), (101.0, 50.0), (104.0, 200.0)], "CPU", 100.0))
    line = drawn.find("polyline")
    assert line is not None
    assert line.get("points") == "0.0,58.0 60.0,30.0 240.0,2.0"
    assert (drawn.get("role"), drawn.get("aria-label")) == ("img", "CPU")


@pytest.mark.parametrize("points", [[], [(1.0, 2.0)], [(1.0, 0.0), (1.0, 0.0)]])
def test_a_plot_of_little(points: list[tuple[float, float]]) -> None:
    drawn = ElementTree.fromstring(pictures.plot(points, "x"))
    assert (drawn.find("polyline") is not None) == (len(points) > 1)


def test_progress() -> None:
    job = Job("j", "me", "start", "machines/1", NOON, NOON, progress=40)
    assert ElementTree.fromstring(pictures.progress(job)).attrib == {
        "max": "100",
        "value": "40",
        "aria-label": "40 % done",
    }
    assert "value" not in pictures.progress(Job("j", "me", "start", "machines/1", NOON, NOON))


# -- words ------------------------------------------------------------------------------------------------------------


def test_figures_for_people() -> None:
    assert [size(one) for one in (0, 1023, 1 << 10, 1536 << 10, 10 << 30)] == [
        "0 bytes", "1023 bytes", "1 KiB", "1.5 MiB", "10 GiB",
    ]  # fmt: skip
    assert amount(12.34, Unit.PERCENT) == "12.3 %"
    assert amount(1 << 20, Unit.BYTES_PER_SECOND) == "1 MiB/s"
    assert moment(NOON) == "2026-01-01 12:00"
    assert moment(None) == ""
    assert [span(one) for one in ([], [(1.0, 0.0), (31.0, 0.0)], [(0.0, 0.0), (600.0, 0.0)])] == [
        "0 s", "30 s", "10 min",
    ]  # fmt: skip
    assert (top([(0.0, 3.0), (1.0, 5.0)], 0.0), top([], 100.0), top([], 0.0)) == (5.0, 100.0, 0.0)


def test_what_is_written_into_pages_is_text() -> None:
    made = environment().from_string("<a href='{{ x }}'>{{ x }}</a>").render(x="'\"<script>")
    assert made == "<a href='&#39;&#34;&lt;script&gt;'>&#39;&#34;&lt;script&gt;</a>"


# -- notes ------------------------------------------------------------------------------------------------------------


def request(cookie: str = "") -> Request:
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    return Request({"type": "http", "method": "GET", "scheme": "http", "path": "/api", "headers": headers})


def given(notes: Notes, note: Note, csrf: str = "mine") -> str:
    response = Response()
    notes.give(request(), response, csrf, note)
    return response.headers["set-cookie"].partition(";")[0].partition("=")[2]


def test_a_note_is_read_by_whom_it_is_for() -> None:
    notes = Notes(b"s" * 32, ConsoleSettings())
    cookie = given(notes, Note("Grüße; a=b", True))
    assert notes.read(request(cookie), "mine") == Note("Grüße; a=b", True)
    assert notes.read(request(cookie), "another's") is None
    assert Notes(b"t" * 32, ConsoleSettings()).read(request(cookie), "mine") is None
    assert notes.read(request(cookie[:-1]), "mine") is None
    assert notes.read(request("é.é"), "mine") is None
    assert notes.read(request(), "mine") is None


def test_a_note_is_not_longer_than_a_cookie() -> None:
    notes = Notes(b"s" * 32, ConsoleSettings())
    cookie = given(notes, Note("x" * 9000))
    assert len(cookie) < 1000
    assert notes.read(request(cookie), "mine") == Note("x" * 500)


# -- histories --------------------------------------------------------------------------------------------------------


def cpu(seconds: float, value: float) -> list[Metric]:
    return [Metric(Measure.CPU_USAGE, value, NOON + timedelta(seconds=seconds))]


def test_a_history_grows_with_each_look() -> None:
    histories = Histories()
    histories.add("me", "i", cpu(0, 1))
    histories.add("me", "i", cpu(0.5, 2))
    known = histories.add("me", "i", cpu(3, 3))
    assert [value for _, value in known[Measure.CPU_USAGE]] == [1, 3]
    assert [value for _, value in histories.add("you", "i", cpu(3, 9))[Measure.CPU_USAGE]] == [9]


def test_a_history_is_bounded() -> None:
    histories = Histories()
    for second in range(POINTS + 5):
        known = histories.add("me", "i", cpu(second, second))
    assert len(known[Measure.CPU_USAGE]) == POINTS
    late = histories.add("me", "i", cpu(10 * REACH, 1))
    assert len(late[Measure.CPU_USAGE]) == 1
    for number in range(MOST):
        histories.add("me", f"other-{number}", cpu(0, 1))
    assert len(histories.add("me", "i", cpu(11 * REACH, 1))[Measure.CPU_USAGE]) == 1
    assert len(histories._kept) == MOST


# -- shelves ----------------------------------------------------------------------------------------------------------


async def test_a_list_is_kept_the_longer_the_more_it_cost() -> None:
    clock = Clock()
    shelf = Shelf(clock)
    calls: list[float] = []

    async def fetch() -> list[int]:
        calls.append(clock.now)
        clock.now += 1.0
        return [len(calls)]

    def context(user: str, center: str = "") -> Context:
        return Context(Principal("p", user, Secret("p")), Scope("default", center), "r")

    assert await shelf.read(context("me"), "things", fetch) == [1]
    assert await shelf.read(context("me"), "things", fetch) == [1]
    assert await shelf.read(context("you"), "things", fetch) == [2]
    assert await shelf.read(context("me", "dc"), "things", fetch) == [3]
    assert await shelf.read(context("me"), "others", fetch) == [4]
    clock.now += 5.1
    assert await shelf.read(context("me"), "things", fetch) == [5]
    shelf.clear("default/me")
    assert await shelf.read(context("me"), "things", fetch) == [6]
    assert LONGEST == 10.0


# -- logins -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api", "/api/instances", "/api/instances?q=a%20b&page=2", "/api?x=1"])
def test_paths_inside(path: str) -> None:
    assert inside("/api", path) == path


@pytest.mark.parametrize(
    "path",
    ["", "/", "/apix", "//evil", "/api//evil", "/api/\\evil", "/api/..", "https://evil/api", "/api\n", "x" * 9999],
)
def test_paths_elsewhere(path: str) -> None:
    assert inside("/api", path) == "/api"


async def test_a_cloud_with_groups_public_addresses_and_consoles_on_its_own_pages(
    window: Window, gateway: Gateway
) -> None:
    driver = gateway.driver
    driver.capability = structs.replace(
        driver.capability,
        instances_console_url=True,
        instances_console_output=True,
        events_list=False,
        metrics_read=False,
        instance_snapshots_list=False,
        instances_create_with_image_size=False,
    )
    driver.consoles = Consoles()
    (group,) = driver.security_groups.rows
    machine = driver.instances.machines[VM]
    nics = tuple(
        structs.replace(nic, public_ipv4=("203.0.113.9",), security_group_ids=(group.id,)) for nic in machine.nics
    )
    driver.instances.machines[VM] = structs.replace(machine, nics=nics)
    page = (await window.get(f"/api/instances/{VM}")).text
    assert "<code>203.0.113.9</code> <small>public</small>" in page
    assert f'<a href="/api/security_groups/{group.id}">default</a>' in page
    assert 'id="h-events"' not in page
    assert "<code>203.0.113.9</code>" in (await window.get("/api/instances")).text
    rules = (await window.get(f"/api/security_groups/{group.id}")).text
    assert '<td data-label="Way">out</td><td data-label="Protocol">any</td><td data-label="Ports">any</td>' in rules

    asked = await window.get(f"/api/instances/{VM}/console-page")
    assert (asked.status, asked.body) == (303, b"")
    answer = await window.post(f"/api/instances/{VM}/console-page")
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    link = 'href="https://consoles.example/?token=a&amp;b=%22" target="_blank" rel="noopener noreferrer"'
    assert link in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    output = (await window.get(f"/api/instances/{VM}/output")).text
    assert '<pre tabindex="0" id="output">login: &lt;b&gt; \ufffd</pre>' in output
    form = (await window.get("/api/instances/new")).text
    assert '<option value="">The smallest that the image fits into</option>' in form
