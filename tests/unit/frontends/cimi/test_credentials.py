"""Credentials: every form in which they are sent, and that no password is ever told."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.support.asgi import Answer
from tests.unit.frontends.cimi.conftest import BASE, Client, job

PASSWORD = "correct horse / battery"
PRIVATE = ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = PRIVATE.public_key()
LINE = PUBLIC.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
PEM = PUBLIC.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
HEX = LINE.encode().hex().upper()
VALUE = {"userName": "me", "password": PASSWORD, "key": HEX}


def kept(cimi: Client, kind: str = "Credential") -> list[dict[str, Any]]:
    """What is in the store."""
    return [json.loads(row.content) for row in cimi.gateway.store.records.rows.values() if row.kind == kind]


def secrets(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("userName", "password", "key") if name in document}


async def made(cimi: Client, path: str, document: Any) -> Any:
    answer = await cimi.post(path, document)
    assert (answer.status, PASSWORD in answer.text) == (201, False), answer.text
    return json.loads(answer.body)


@pytest.mark.parametrize(
    "key", [HEX, HEX.lower(), LINE, PEM, base64.b64encode(LINE.encode()).decode(), LINE.split()[1]]
)
async def test_a_key_is_kept_as_guests_take_it(cimi: Client, key: str) -> None:
    told = await made(cimi, "/credentials", {"credentialTemplate": {"key": key}})
    assert (told["key"], bytes.fromhex(kept(cimi)[0]["key"]).decode()) == (HEX, LINE)
    xml = await cimi.send("GET", told["id"].removeprefix(BASE), Accept="application/xml")
    assert f"<key>{HEX}</key>" in xml.text


async def test_by_value_with_what_is_common(cimi: Client) -> None:
    common = {"name": "mine", "description": "d", "properties": {"a": "b"}}
    template = VALUE | {"name": "not this", "id": "x", "created": "2001-01-01T00:00:00Z"}
    told = await made(cimi, "/credentials", common | {"credentialTemplate": template})
    assert {name: told[name] for name in common} == common
    assert secrets(told) == {"userName": "me", "key": HEX}
    assert secrets(kept(cimi)[0]) == VALUE


async def test_by_reference_and_with_changes(cimi: Client) -> None:
    template = await made(cimi, "/credentialTemplates", VALUE | {"name": "t"})
    assert secrets(template) == {"userName": "me", "key": HEX}
    for given, expected in (
        ({"href": template["id"]}, VALUE),
        ({"href": f" {template['id']} ", "userName": "you"}, VALUE | {"userName": "you"}),
        ({"href": template["id"].rpartition("/")[2], "password": None}, {"userName": "me", "key": HEX}),
    ):
        cimi.gateway.store.records.rows = {
            key: row for key, row in cimi.gateway.store.records.rows.items() if row.kind != "Credential"
        }
        told = await made(cimi, "/credentials", {"credentialTemplate": given})
        assert secrets(kept(cimi)[0]) == expected
        assert "password" not in told


@pytest.mark.parametrize(
    "body",
    [
        "<CredentialCreate><name>c</name><username>me</username><password>{0}</password><key>{1}</key></CredentialCreate>",
        '<CredentialCreate xmlns="http://www.dmtf.org/cimi"><username> me </username><password>{0}</password>'
        "<key>\n{1}\n</key></CredentialCreate>",
        '<c:CredentialCreate xmlns:c="http://schemas.dmtf.org/cimi/1"><c:credentialTemplate><c:userName>me</c:userName>'
        "<c:password>{0}</c:password><c:key>{1}</c:key></c:credentialTemplate></c:CredentialCreate>",
        '{{"username": "me", "password": "{0}", "key": "{1}"}}',
        '{{"resourceURI": "http://schemas.dmtf.org/cimi/1/CredentialCreate", "credentialTemplate": {{"userName": "me", '
        '"password": "{0}", "key": "{1}"}}}}',
    ],
)
async def test_the_forms_of_a_body(cimi: Client, body: str) -> None:
    answer = await cimi.send("POST", "/credentials", body.format(PASSWORD, HEX))
    assert (answer.status, PASSWORD in answer.text) == (201, False), answer.text
    assert secrets(kept(cimi)[0]) == VALUE


@pytest.mark.parametrize(
    ("template", "word"),
    [
        (None, "credentialTemplate"),
        ({}, "credentialTemplate"),
        ({"userName": "me\nyou"}, "userName"),
        ({"userName": "me:you"}, "userName"),
        ({"userName": "m" * 65}, "userName"),
        ({"password": f"{PASSWORD}\nroot: x"}, "password"),
        ({"password": PASSWORD * 20}, "password"),
        ({"password": {"a": PASSWORD}}, "password"),
        ({"key": "0"}, "key"),
        ({"key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBk="}, "key"),
        ({"href": "machines/x"}, "credentialTemplate"),
        ({"href": "http://elsewhere.example/cimi/credential_templates/x"}, "credentialTemplate"),
    ],
)
async def test_what_no_guest_could_be_told_is_refused(cimi: Client, template: Any, word: str) -> None:
    answer = await cimi.post("/credentials", {"credentialTemplate": template})
    assert (answer.status, word in job(answer)["statusMessage"]) == (400, True), answer.text
    assert PASSWORD not in answer.text
    assert kept(cimi) == []


async def test_a_private_key_is_refused_and_not_repeated(cimi: Client) -> None:
    pem = PRIVATE.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    for path, body in (
        ("/credentials", {"key": pem}),
        ("/credential_templates", {"key": pem}),
        ("/machine_templates", {"credential": {"key": pem}}),
    ):
        answer = await cimi.post(path, body)
        assert (answer.status, "private key" in job(answer)["statusMessage"]) == (400, True)
        assert pem.splitlines()[1] not in answer.text
    assert cimi.gateway.store.records.rows == {}


async def put(cimi: Client, uri: str, document: Any, query: str = "") -> Answer:
    headers = {"Content_Type": "application/json", "Accept": "application/json"}
    return await cimi.send("PUT", uri.removeprefix(BASE), json.dumps(document), query, **headers)


async def test_what_was_read_can_be_put_back_and_the_password_stays(cimi: Client) -> None:
    told = await made(cimi, "/credentials", {"credentialTemplate": VALUE})
    answer = await put(cimi, told["id"], told | {"name": "named"})
    assert (answer.status, PASSWORD in answer.text, json.loads(answer.body)["name"]) == (200, False, "named")
    assert secrets(kept(cimi)[0]) == VALUE
    assert (await put(cimi, told["id"], {"password": "other"}, "$select=password")).status == 200
    assert secrets(kept(cimi)[0]) == VALUE | {"password": "other"}
    assert (await put(cimi, told["id"], {}, "$select=password")).status == 200
    assert secrets(kept(cimi)[0]) == {"userName": "me", "key": HEX}
    assert (await put(cimi, told["id"], {"key": "0"}, "$select=key")).status == 400
    assert (await cimi.send("DELETE", told["id"].removeprefix(BASE))).status == 200
    assert kept(cimi) == []


async def test_a_password_can_be_neither_selected_nor_searched(cimi: Client) -> None:
    await made(cimi, "/credentials", {"credentialTemplate": VALUE})
    for query in ("$select=password", "$expand=*", "$format=xml", f"$filter=password='{PASSWORD}'"):
        answer = await cimi.send("GET", "/credentials", query=query.replace(" ", "%20"), Accept="application/json")
        assert PASSWORD not in answer.text
        assert '"userName"' not in answer.text or "$filter" not in query
