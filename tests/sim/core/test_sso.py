"""SSO tokens, Basic, idle expiry, revocation, and who sees what."""

from __future__ import annotations

import base64

import pytest

from tests.sim.core.support import BARCELONA, DEFAULT, DESKTOP, DOWN_VM, PASSWORD, WORKSHOP, Api

FORM = {"grant_type": "password", "scope": "ovirt-app-api", "username": "admin@internal", "password": PASSWORD}


async def test_token(anonymous: Api) -> None:
    answer = await anonymous.sso("oauth/token", FORM)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    document = answer.json
    assert (document["token_type"], document["scope"], document["exp"]) == (
        "bearer",
        "ovirt-app-api",
        "9223372036854775807",
    )
    assert len(document["access_token"]) > 40


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "wrong"}, "access_denied"),
        ({"username": "nobody@internal"}, "access_denied"),
        ({"username": ""}, "invalid_request"),
        ({"grant_type": "x"}, "unsupported_grant_type"),
    ],
)
async def test_errors_of_the_api_scope(anonymous: Api, change: dict[str, str], code: str) -> None:
    answer = await anonymous.sso("oauth/token", {**FORM, **change})
    assert answer.status == 400
    assert answer.json["error_code"] == code
    assert "wrong" not in answer.json["error"]


async def test_errors_of_another_scope_have_the_oauth_form(anonymous: Api) -> None:
    answer = await anonymous.sso("oauth/token", {**FORM, "scope": "whatever"})
    assert (answer.status, answer.json["error"]) == (400, "invalid_scope")
    assert "error_description" in answer.json


async def test_accept_must_be_exactly_json(anonymous: Api) -> None:
    answer = await anonymous.sso("oauth/token", FORM, Accept="application/json, */*")
    assert answer.status == 400
    assert answer.json["error"] == "Missing parameter: 'Accept Header'"


async def test_token_without_the_api_scope_is_no_good(anonymous: Api) -> None:
    answer = await anonymous.sso("oauth/token", {**FORM, "scope": "openid"})
    anonymous.headers["Authorization"] = f"Bearer {answer.json['access_token']}"
    assert (await anonymous.get("")).status == 401


async def test_no_or_bad_token_is_401_in_html(anonymous: Api) -> None:
    for header in ("", "Bearer nonsense", "Basic !!!", "Negotiate x"):
        answer = await anonymous.get("vms", Authorization=header)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="RESTAPI"'
        assert answer.headers["Content-Type"].startswith("text/html")


async def test_basic(anonymous: Api) -> None:
    right = base64.b64encode(f"admin@internal:{PASSWORD}".encode()).decode()
    wrong = base64.b64encode(b"admin@internal:no").decode()
    assert (await anonymous.get("vms", Authorization=f"Basic {right}")).status == 200
    assert (await anonymous.get("vms", Authorization=f"Basic {wrong}")).status == 401


async def test_revoked_token_is_refused(api: Api) -> None:
    token = api.headers["Authorization"].removeprefix("Bearer ")
    url = f"{api.server.root}/ovirt-engine/services/sso-logout"
    async with api.session.post(url, data={"scope": "ovirt-app-api", "token": token}) as response:
        assert (response.status, await response.json()) == (200, {})
    assert (await api.get("vms")).status == 401


async def test_token_dies_of_thirty_idle_minutes(api: Api) -> None:
    api.advance(1700)
    assert (await api.get("")).status == 200
    api.advance(1700)
    assert (await api.get("")).status == 200
    api.advance(1801)
    assert (await api.get("")).status == 401


async def test_restart_drops_tokens_and_keeps_data(api: Api) -> None:
    api.engine.restart()
    assert (await api.get("vms")).status == 401
    await api.login()
    assert (await api.get(f"vms/{DOWN_VM}")).status == 200


async def test_user_sees_what_permissions_reach(api: Api) -> None:
    everything = {vm["name"] for vm in (await api.read("vms"))["vm"]}
    await api.login("user@internal")
    seen = (await api.read("vms"))["vm"]
    assert {vm["name"] for vm in seen} < everything
    assert {vm["cluster"]["id"] for vm in seen} == {"77d52ef6-11e3-11e2-be8c-87a6485627fe"}
    assert all("host" not in vm and "placement_policy" not in vm for vm in seen)
    assert [one["name"] for one in (await api.read("datacenters"))["data_center"]] == ["barcelona"]
    assert "summary" not in await api.read("")


async def test_user_may_not_ask_for_everything(api: Api) -> None:
    await api.login("user@internal")
    answer = await api.get("vms", Filter="false")
    assert answer.status == 400
    assert answer.json["detail"] == "query execution failed due to insufficient permissions."


async def test_administrator_filtered_by_choice(api: Api) -> None:
    answer = await api.get("vms", Filter="true")
    assert answer.status == 200
    assert all("placement_policy" not in vm for vm in answer.json["vm"])


async def test_user_without_permit_is_403(api: Api) -> None:
    await api.login("user@internal")
    answer = await api.delete(f"vms/{DOWN_VM}")
    assert answer.status == 403
    assert answer.detail == "[User is not authorized to perform this action.]"
    assert (await api.post(f"vms/{DOWN_VM}/start")).status == 200


async def test_persistent_session_by_cookie(anonymous: Api) -> None:
    right = base64.b64encode(f"admin@internal:{PASSWORD}".encode()).decode()
    first = await anonymous.get("vms", Authorization=f"Basic {right}", Prefer="persistent-auth")
    cookie = first.headers["Set-Cookie"].split(";")[0]
    assert cookie.startswith("JSESSIONID=")
    assert "Path=/ovirt-engine/api" in first.headers["Set-Cookie"]
    again = {"Cookie": cookie, "Prefer": "persistent-auth"}
    assert (await anonymous.get("vms", **again)).status == 200
    assert (await anonymous.get("vms", Cookie=cookie)).status == 401
    assert (await anonymous.get("vms", **again)).status == 401


async def test_power_user_owns_what_it_makes(api: Api) -> None:
    user = (await api.read("users?search=usrname%3Duser*"))["user"][0]["id"]
    body = {"role": {"name": "PowerUserRole"}, "user": {"id": user}}
    assert (await api.post(f"clusters/{BARCELONA}/permissions", body)).status == 201
    await api.login("user@internal")
    made = await api.post("vms", {"name": "mine", "cluster": {"id": BARCELONA}, "template": {"id": DESKTOP}})
    assert made.status == 202
    assert "host" not in made.json
    vm = made.json["id"]
    jobs = (await api.read("jobs"))["job"]
    assert [job["owner"]["id"] for job in jobs] == [user]
    assert (await api.read(f"jobs/{jobs[0]['id']}/steps"))["step"][0]["status"] == "started"
    assert (await api.read(f"templates/{DESKTOP}/nics"))["nic"][0]["name"] == "nic1"
    assert len((await api.read(f"templates/{DESKTOP}?follow=disk_attachments.disk"))["disk_attachments"]) == 1
    api.advance(3)
    assert (await api.post(f"vms/{vm}/nics", {"name": "second"})).status == 201
    assert (await api.post(f"vms/{vm}/start")).status == 200
    api.advance(3)
    assert await api.status(vm) == "up"
    assert (await api.post(f"vms/{vm}/stop")).status == 200
    api.advance(1)
    assert (await api.delete(f"vms/{vm}")).status == 200
    elsewhere = await api.post("vms", {"name": "no", "cluster": {"id": DEFAULT}, "template": {"id": WORKSHOP}})
    assert (elsewhere.status, elsewhere.detail) == (403, "[User is not authorized to perform this action.]")


async def test_user_without_any_role_may_not_log_in(api: Api) -> None:
    user = (await api.read("users?search=usrname%3Duser*"))["user"][0]["id"]
    for one in (await api.read(f"users/{user}/permissions"))["permission"]:
        assert (await api.delete(f"clusters/{BARCELONA}/permissions/{one['id']}")).status == 200
    await api.login("user@internal")
    answer = await api.get("vms")
    assert answer.status == 401
    assert b"The user user@internal-authz is not authorized to perform login" in answer.body
