"""Every page, what can be done on it, and what it says afterwards."""

from __future__ import annotations

import re

import pytest
from structlog.testing import capture_logs

from deltaic.frontends.console import ConsoleFrontend, ConsoleSettings
from deltaic.frontends.console.site import KINDS, PAGES
from deltaic.frontends.console.states import LOOKS, VERBS
from deltaic.frontends.console.volumes import LARGEST
from deltaic.model.capability import Capability
from deltaic.model.instance import InstanceState
from tests.unit.frontends.conftest import BARCELONA, IMAGE, OTHER_VM, VM, Gateway
from tests.unit.frontends.console.conftest import Window

LISTS = [path for method, path, _ in PAGES if method == "GET" and "{" not in path]


@pytest.mark.parametrize("path", LISTS)
async def test_every_list_answers_and_is_in_the_frame(window: Window, path: str) -> None:
    answer = await window.get("/api" + path.rstrip("/"))
    assert answer.status == 200
    assert '<a class="skip" href="#content">' in answer.text
    assert len(re.findall("<h1", answer.text)) == 1
    assert answer.text.count("aria-current") == 1
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", LISTS)
async def test_nobody_sees_them_without_a_login(console: ConsoleFrontend, path: str) -> None:
    answer = await Window(console).get("/api" + path.rstrip("/"))
    assert answer.status == 303
    assert answer.headers["location"].startswith("/api/login?next=/api")


@pytest.mark.parametrize("kind", KINDS, ids=[kind.path for kind in KINDS])
async def test_things_that_are_not_there(window: Window, kind: object) -> None:
    path = getattr(kind, "path")  # noqa: B009
    for place in (f"/api/{path}/nothing", f"/api/{path}/nothing/delete", f"/api/{path}/nothing/fly"):
        assert (await window.get(place)).status == 404


def test_whatever_is_gone_then_is_asked_about_first() -> None:
    for kind in KINDS:
        for verb, deed in kind.deeds.items():
            assert bool(deed.question) == bool(deed.word), verb
            assert not deed.gone or deed.question, verb


def test_every_state_has_a_look_and_only_verbs_that_there_are() -> None:
    assert set(LOOKS) == set(InstanceState)
    known = next(kind for kind in KINDS if kind.path == "instances").deeds
    assert {verb for verbs in VERBS.values() for verb in verbs} <= set(known)


async def test_a_change_says_what_happens_once(window: Window, gateway: Gateway) -> None:
    answer = await window.post(f"/api/instances/{OTHER_VM}/start")
    assert (answer.status, answer.headers["location"]) == (303, f"/api/instances/{OTHER_VM}")
    assert ("start", OTHER_VM) in gateway.driver.instances.changes
    assert "vm2 is starting." in (await window.get(f"/api/instances/{OTHER_VM}")).text
    assert '<p class="done"' not in (await window.get(f"/api/instances/{OTHER_VM}")).text


async def test_a_change_that_fails_says_why(window: Window) -> None:
    answer = await window.post(f"/api/instances/{VM}/attach", volume="nothing")
    assert answer.status == 303
    assert 'class="alert" role="alert"' in (await window.get(f"/api/instances/{VM}")).text


async def test_a_question_first(window: Window, gateway: Gateway) -> None:
    asked = await window.get(f"/api/instances/{VM}/force-stop")
    assert "Switch off vm1?" in asked.text
    assert f'action="/api/instances/{VM}/force-stop"' in asked.text
    assert gateway.driver.instances.changes == []
    assert (await window.get(f"/api/instances/{VM}/stop")).headers["location"] == f"/api/instances/{VM}"
    assert gateway.driver.instances.changes == []


async def test_each_change_is_a_job_of_the_caller(window: Window) -> None:
    await window.post(f"/api/instances/{OTHER_VM}/start")
    text = (await window.get("/api/jobs")).text
    assert "vm2 is starting." in text
    assert f'href="/api/instances/{OTHER_VM}"' in text


async def test_a_part_that_did_not_change_is_empty(window: Window) -> None:
    first = await window.part(f"/api/instances/{VM}?part=state")
    seen = re.search(r"seen=([0-9a-f]{16})", first.text)
    assert seen is not None
    assert "<html" not in first.text
    again = await window.part(f"/api/instances/{VM}?part=state&seen={seen[1]}")
    assert (again.status, again.body) == (204, b"")
    await window.post(f"/api/instances/{VM}/force-stop")
    changed = await window.part(f"/api/instances/{VM}?part=state&seen={seen[1]}")
    assert (changed.status, f"seen={seen[1]}" in changed.text) == (200, False)


async def test_somebody_who_watches_what_is_gone_is_led_away(window: Window) -> None:
    answer = await window.part("/api/instances/00000000-0000-0000-0000-000000000077?part=state")
    assert (answer.status, answer.headers["hx-redirect"]) == (204, "/api/instances")
    assert "The instance is gone." in (await window.get("/api/instances")).text


async def test_search_and_states(window: Window) -> None:
    text = (await window.get("/api/instances?q=VM1")).text
    assert "1 of 2" in text
    assert OTHER_VM not in text
    assert "2001:db8::27" not in text
    assert VM in (await window.get("/api/instances?q=2001:db8::27")).text
    stopped = (await window.get("/api/instances?state=stopped")).text
    assert OTHER_VM in stopped
    assert VM not in stopped
    assert "No instance matches." in (await window.get("/api/instances?q=nothing")).text


async def test_long_lists_have_pages(window: Window, gateway: Gateway) -> None:
    for number in range(120):
        gateway.driver.instances.add(InstanceState.STOPPED, f"id-{number:03}", name=f"many-{number:03}")
    first = (await window.get("/api/instances?q=many")).text
    assert first.count('<th scope="row">') == 50
    assert "Page 1 of 3" in first
    last = (await window.get("/api/instances?q=many&page=99")).text
    assert last.count('<th scope="row">') == 20
    assert "many-119" in last
    assert (await window.get("/api/instances?q=many&page=-1")).text.count("many-000") >= 1


async def test_a_new_instance(window: Window, gateway: Gateway) -> None:
    form = {"name": "web", "image_id": IMAGE, "user_data": "#!/bin/sh\r\necho a & b\r\n"}
    answer = await window.post("/api/instances", **form)
    assert answer.status == 303
    made = answer.headers["location"].rpartition("/")[2]
    assert gateway.driver.instances.given[made].user_data == b"#!/bin/sh\necho a & b\n"
    assert "web is being made." in (await window.get(answer.headers["location"])).text
    jobs = (await window.get("/api/jobs")).text
    assert re.search(rf'<a href="/api/instances/{made}"[^>]*>The instance web is being made\.</a>', jobs)


async def test_a_wrong_form_comes_back_as_it_was(window: Window) -> None:
    answer = await window.post("/api/instances", name="web & co", image_id="nothing", user_data="echo <b>")
    assert answer.status == 400
    assert 'value="web &amp; co"' in answer.text
    assert "echo &lt;b&gt;</textarea>" in answer.text
    for size in ("0", "-1", "1.5", "x", str(LARGEST + 1), "9" * 30):
        assert (await window.post("/api/storage_volumes", size=size)).status == 400
    for vlan in ("4095", "-1", "x", "9" * 30):
        assert (await window.post("/api/networks", name="n", vlan=vlan)).status == 400


async def test_a_file_is_no_form(window: Window) -> None:
    answer = await window._send("POST", "/api/keys", {"content-type": "multipart/form-data; boundary=x"}, b"--x--")
    assert answer.status == 415


async def test_data_centers(window: Window, gateway: Gateway) -> None:
    assert f'<option value="{BARCELONA.id}">barcelona</option>' in (await window.get("/api/keys")).text
    answer = await window.post("/api/data_center", data_center=BARCELONA.id, next=f"/api/instances/{VM}")
    assert answer.headers["location"] == "/api/instances"
    text = (await window.get("/api")).text
    assert f'<option value="{BARCELONA.id}" selected>' in text
    assert "bcn-servers" in text
    assert ">Second<" not in text
    await window.post("/api/data_center", data_center="nothing")
    assert f'<option value="{BARCELONA.id}" selected>' in (await window.get("/api")).text


@pytest.mark.parametrize(
    ("scheme", "base_url", "secure"),
    [("http", "", False), ("https", "", True), ("http", "https://cloud.example", True), ("http", "http://a", False)],
)
async def test_cookies_go_over_https_alone_where_there_is_https(
    gateway: Gateway, scheme: str, base_url: str, secure: bool
) -> None:
    one = Window(ConsoleFrontend(gateway.services, b"c" * 32, ConsoleSettings(base_url=base_url)), scheme)
    lines = (await one.get("/api/login")).cookies + (await one.log_in()).cookies
    lines += (await one.post(f"/api/instances/{OTHER_VM}/start")).cookies
    kept = [line.lower() for line in lines if "max-age=0" not in line.lower()]
    assert [line.partition("=")[0] for line in kept] == ["deltaic_login", "deltaic_session", "deltaic_note"]
    assert ["secure" in line for line in kept] == [secure] * 3


async def test_errors_of_the_cloud_are_pages(window: Window, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(gateway.driver.networks, "list", broken)
    answer = await window.get("/api/networks")
    assert answer.status == 500
    assert "secret detail" not in answer.text
    assert "Something went wrong" in answer.text


async def test_pages_that_are_not_there(console: ConsoleFrontend, window: Window) -> None:
    assert console.serves("GET", ("instances", VM)) is True
    assert console.serves("GET", ()) is True
    assert console.serves("GET", ("realms",)) is False
    assert (await window.get("/api/nothing")).status == 404
    assert (await window.get("/api/static/console.css")).status == 200


async def test_what_the_cloud_lacks_is_not_offered(window: Window, gateway: Gateway) -> None:
    gateway.driver.capability = Capability(instances_list=True, instances_create_with_image_size=True)
    text = (await window.get("/api/instances")).text
    assert 'href="/api/instances"' in text
    for path in ("images", "storage_volumes", "storage_snapshots", "networks", "events"):
        assert f'href="/api/{path}"' not in text
    page = (await window.get(f"/api/instances/{VM}")).text
    for word in (
        "Attach a volume",
        "Add an interface",
        "Take a snapshot",
        "Make an image",
        "Open console",
        "Statistics",
    ):
        assert word not in page


async def test_requests_are_logged_without_what_people_search_for(window: Window) -> None:
    with capture_logs() as lines:
        await window.get("/api/instances?q=my-secret-search")
        await window.part(f"/api/instances/{VM}?part=state")
        await window.get("/api/static/nothing")
    told = [(line["log_level"], line["path"], line["status"], line["user"]) for line in lines]
    assert told == [
        ("info", "/api/instances", 200, "admin@internal"),
        ("debug", f"/api/instances/{VM}", 200, "admin@internal"),
        ("info", "/api/static/nothing", 404, ""),
    ]


async def test_one_cloud_is_no_choice(console: ConsoleFrontend) -> None:
    page = await Window(console).get("/api/login")
    assert 'name="cloud"' not in page.text
