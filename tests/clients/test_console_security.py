"""The console against those who would misuse it: other sites, forged and stolen cookies, guessed passwords."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.clients.conftest import gateway_of
from tests.clients.console_client import ConsoleClient, Seen
from tests.clients.gateway import BARCELONA_CENTER, Gateway, basic
from tests.support.processes import PASSWORD, USER, Process

SESSION = "deltaic_session"
INSTANCE = "/api/instances/5ee314f5-a01b-41f3-81f7-fe4acb6c31f9"
NOWHERE = "/api/instances/00000000-0000-0000-0000-000000000009"
PAGES = (
    "/api", "/api/instances", "/api/instances/new", INSTANCE, f"{INSTANCE}/delete", "/api/images", "/api/keys",
    "/api/storage_volumes", "/api/storage_snapshots", "/api/networks", "/api/access_keys", "/api/connect",
    "/api/jobs", "/api/events",
)  # fmt: skip


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A demo of its own, whose log is read."""
    folder = tmp_path_factory.mktemp("console") / "demo"
    one = Process(
        ["demo", "--port", "0", "--engine-port", "0", "--time-factor", "0.1", "--data", str(folder), "--verbose"]
    )
    yield one
    assert one.stop() == 0, one.output


@pytest.fixture(scope="module")
def gateway(process: Process) -> Gateway:
    return gateway_of(process.ready())


def keys_of(person: ConsoleClient) -> str:
    return person.get("/api/keys").text


# -- changes that other sites ask for ---------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "0" * 32, "é"])
def test_a_change_needs_the_token_of_the_session(person: ConsoleClient, token: str | None) -> None:
    form = {"name": "forged"} | ({} if token is None else {"csrf": token})
    assert person.send("POST", "/api/keys", form).status == 403
    assert "forged" not in keys_of(person)


def test_the_token_of_another_session_is_none(person: ConsoleClient, gateway: Gateway) -> None:
    other = ConsoleClient(gateway.host)
    other.log_in()
    assert person.send("POST", "/api/keys", {"csrf": other.get("/api/connect").csrf, "name": "forged"}).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"HX-Request": "true", "Origin": "https://evil.example"},
    ],
)
def test_another_sites_page_changes_nothing(person: ConsoleClient, headers: dict[str, str]) -> None:
    assert person.post("/api/keys", headers, name="forged").status == 403
    login = {"Authorization": basic()["Authorization"], "Cookie": ""}
    token = person.send("GET", "/api/keys", headers=login).csrf
    assert person.send("POST", "/api/keys", {"csrf": token, "name": "forged"}, {**login, **headers}).status == 403
    assert "forged" not in keys_of(person)


def test_basic_needs_the_token_too(person: ConsoleClient) -> None:
    login = {"Authorization": basic()["Authorization"], "Cookie": ""}
    assert person.send("POST", "/api/keys", {"name": "forged"}, login).status == 403
    token = person.send("GET", "/api/keys", headers=login).csrf
    assert person.send("POST", "/api/keys", {"csrf": token, "name": "by-basic"}, login).status == 200
    assert "by-basic" in keys_of(person)


def test_logging_in_and_out_for_somebody_else(person: ConsoleClient, stranger: ConsoleClient) -> None:
    form = {"user": USER, "password": PASSWORD}
    assert stranger.send("POST", "/api/login", form).status == 400
    assert SESSION not in stranger.cookies
    page = stranger.get("/api/login")
    evil = {"Origin": "https://evil.example"}
    assert stranger.send("POST", "/api/login", {**form, "csrf": page.csrf}, evil).status == 403
    assert person.send("POST", "/api/logout", {}).status == 403
    assert person.get("/api/connect").status == 200


def test_a_question_changes_nothing(person: ConsoleClient) -> None:
    answer = person.get(f"{INSTANCE}/force-stop")
    assert answer.status == 200
    assert "Switch off ec2_machine2?" in answer.text
    assert ">running<" in person.get(INSTANCE).text


# -- sessions and cookies ---------------------------------------------------------------------------------------------


def test_a_login_begins_a_new_session(stranger: ConsoleClient, person: ConsoleClient, gateway: Gateway) -> None:
    fixed = person.cookies[SESSION]
    stranger.cookies[SESSION] = fixed
    stranger.log_in()
    assert stranger.cookies[SESSION] != fixed
    assert ConsoleClient(gateway.host, {SESSION: fixed}).get("/api/keys").status == 303
    planted = ConsoleClient(gateway.host, {SESSION: "chosen.by.evil"})
    planted.log_in()
    assert planted.cookies[SESSION] != "chosen.by.evil"


def test_a_session_is_over_after_logging_out(person: ConsoleClient, gateway: Gateway) -> None:
    token = person.cookies[SESSION]
    assert person.post("/api/logout").status == 303
    assert SESSION not in person.cookies
    again = ConsoleClient(gateway.host, {SESSION: token}).get("/api/keys")
    assert (again.status, again.headers["location"]) == (303, "/api/login?over=1&next=/api/keys")
    part = ConsoleClient(gateway.host, {SESSION: token}).get("/api/jobs", **{"HX-Request": "true"})
    assert (part.status, part.headers["hx-redirect"]) == (401, "/api/login?over=1&next=/api")


@pytest.mark.parametrize("change", ["cut", "grown", "other", "upper"])
def test_an_altered_cookie_is_nobodys(person: ConsoleClient, gateway: Gateway, change: str) -> None:
    token = person.cookies[SESSION]
    altered = {
        "cut": token[:-1],
        "grown": token + "0",
        "other": token[:40] + ("A" if token[40] != "A" else "B") + token[41:],
        "upper": token.upper(),
    }[change]
    assert ConsoleClient(gateway.host, {SESSION: altered}).get("/api/keys").status == 303


def test_what_cookies_say(stranger: ConsoleClient) -> None:
    form = stranger.get("/api/login").cookies["deltaic_login"]
    session = stranger.log_in().cookies[SESSION]
    for line, site in ((form, "strict"), (session, "lax")):
        words = {word.strip().lower() for word in line.split(";")[1:]}
        assert {"httponly", f"samesite={site}", "path=/api"} <= words
        assert "secure" not in words
    assert "max-age=43200" in session.lower()
    note = stranger.post("/api/access_keys/AKIADELTAICDEMO00009/revoke").cookies
    assert note == {} or "httponly" in str(note).lower()


def test_a_note_that_somebody_wrote_is_not_said(person: ConsoleClient) -> None:
    person.cookies["deltaic_note"] = "WyJFdmlsIix0cnVlXQ.0000"
    assert "Evil" not in person.get("/api/connect").text


# -- headers of everything --------------------------------------------------------------------------------------------


def safe(seen: Seen) -> None:
    policy = seen.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert seen.headers["x-frame-options"] == "DENY"
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert seen.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_not_framed_nor_kept(person: ConsoleClient, path: str) -> None:
    seen = person.get(path)
    assert seen.status == 200
    safe(seen)
    assert seen.headers["cache-control"] == "no-store"


def test_errors_and_files_and_redirects_have_the_headers_too(person: ConsoleClient, stranger: ConsoleClient) -> None:
    for seen, status in (
        (person.get(NOWHERE), 404),
        (person.send("POST", "/api/keys", {"name": "x"}), 403),
        (person.send("POST", "/api/keys", {"csrf": "x"}, {"Content-Type": "text/plain"}), 415),
        (person.get("/api/static/console.css"), 200),
        (person.get("/api/static/nothing"), 404),
        (stranger.get("/api/keys"), 303),
        (stranger.get("/api/login"), 200),
        (stranger.log_in(password="wrong"), 401),
    ):
        assert seen.status == status
        safe(seen)


def test_files_stay_in_their_folder(stranger: ConsoleClient) -> None:
    for path in ("/api/static/../page.py", "/api/static/%2e%2e/page.py", "/api/static/..%2fpage.py", "/api/static/"):
        assert stranger.get(path).status == 404


# -- where one is sent ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "/api//evil.example", "/apix",
        "javascript:alert(1)", "/api/../evil", "/api/\r\nSet-Cookie: a=b", "http:/api", "\\\\evil.example",
    ],
)  # fmt: skip
def test_a_login_leads_nowhere_else(gateway: Gateway, back: str) -> None:
    client = ConsoleClient(gateway.host)
    answer = client.log_in(back=back)
    assert (answer.status, answer.headers["location"]) == (303, "/api")
    assert set(answer.cookies) == {SESSION, "deltaic_login"}


def test_a_login_leads_back(stranger: ConsoleClient) -> None:
    asked = stranger.get("/api/instances?q=a&page=2")
    assert asked.headers["location"] == "/api/login?next=/api/instances%3Fq%3Da%26page%3D2"
    page = stranger.get(asked.headers["location"])
    assert 'name="next" value="/api/instances?q=a&amp;page=2"' in page.text
    assert stranger.log_in(back="/api/instances?q=a&page=2").headers["location"] == "/api/instances?q=a&page=2"


def test_another_data_center_leads_nowhere_else(person: ConsoleClient) -> None:
    seen = person.post("/api/data_center", data_center=BARCELONA_CENTER, next="//evil.example/x")
    assert urlsplit(seen.headers["location"]).netloc == ""
    assert seen.headers["location"] == "/api"


def test_a_foreign_engine_is_refused(stranger: ConsoleClient, process: Process) -> None:
    foreign = {**basic(), "X-Deltacloud-Provider": "http://evil.example:1/ovirt-engine/api"}
    assert stranger.send("GET", "/api/instances", headers=foreign).status in (400, 403)
    assert stranger.send("GET", "/api/instances", headers={**foreign, "Accept": "application/xml"}).status in (400, 403)
    assert not [line for line in process.lines if '"url": "http://evil.example' in line]


# -- secrets ----------------------------------------------------------------------------------------------------------


def test_secrets_are_shown_once_and_never_logged(person: ConsoleClient, process: Process, gateway: Gateway) -> None:
    made = person.post("/api/access_keys", description="once")
    found = re.search(r'id="made-secret">([^<]+)<', made.text)
    assert found is not None
    pair = person.post("/api/keys", name="once")
    private = re.search(r"-----BEGIN OPENSSH PRIVATE KEY-----\s+(\S+)", pair.text)
    assert private is not None
    file = person.post(f"{INSTANCE}/console")
    ticket = re.search(r"^password=(\S+)$", file.text, re.MULTILINE)
    assert ticket is not None
    assert file.headers["content-disposition"] == 'attachment; filename="console.vv"'
    assert file.headers["cache-control"] == "no-store"
    assert person.get(f"{INSTANCE}/console").status == 303
    secrets = {found[1], private[1], ticket[1], person.cookies[SESSION], person.get("/api/connect").csrf}
    for path in PAGES:
        text = person.get(path).text
        for secret in secrets - {person.get("/api/connect").csrf}:
            assert secret not in text, path
        assert f'"{PASSWORD}"' not in text
    wrong = ConsoleClient(gateway.host)
    wrong.log_in(password="a-wrong-password-1")
    log = process.output
    for secret in secrets | {"a-wrong-password-1"}:
        assert secret not in log


def test_passwords_are_not_given_back(stranger: ConsoleClient) -> None:
    answer = stranger.log_in(password="not-the-password-2")
    assert answer.status == 401
    assert "not-the-password-2" not in answer.text


def test_guessing_passwords_takes_long(gateway: Gateway) -> None:
    user = "victim@internal"
    answers = [ConsoleClient(gateway.host).log_in(user=user, password=f"guess-{one}") for one in range(12)]
    assert [answer.status for answer in answers] == [401] * 10 + [429] * 2
    assert 0 < int(answers[-1].headers["retry-after"]) <= 61
    assert ConsoleClient(gateway.host).log_in().status == 303


def test_the_state_folder_keeps_no_password(process: Process, person: ConsoleClient) -> None:
    folder = Path(process.arguments[process.arguments.index("--data") + 1])
    for path in folder.rglob("*.sqlite*"):
        content = path.read_bytes()
        assert person.cookies[SESSION].split(".")[1].encode() not in content
