"""Compute's key pairs: pages, kinds, names, and what is refused."""

from __future__ import annotations

import pytest

from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.key_pairs import OpenstackKeyPairs
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.key_pair import KeyPair
from tests.unit.drivers.openstack.cloud import Answer, Cloud, asks

PATH = "/compute/v2.1/os-keypairs"
LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH+E7mYQ1rXyS0S5pG6mJb0jO3gSm5yq1f1z3nT0l5cK ann"


def entry(name: str, public_key: str = LINE, **members: str) -> dict[str, object]:
    return {"keypair": {"name": name, "public_key": public_key, "fingerprint": "aa:bb", **members}}


async def test_pages_are_followed_and_certificates_left_alone(cloud: Cloud, client: Client) -> None:
    second = {"keypairs": [entry("b", type="ssh"), entry("c", "CERT", type="x509")]}
    first = {
        "keypairs": [entry("z", "ssh-rsa AAAA Generated-by-Nova\n", type="ssh"), entry("old")],
        "keypairs_links": [{"rel": "next", "href": f"{cloud.url}/compute/v2.1/os-keypairs?marker=old"}],
    }
    cloud.answers[f"GET {PATH}"] = [Answer(first), Answer(second)]
    found = await OpenstackKeyPairs(client).list(asks())
    assert [(pair.name, pair.key_type) for pair in found] == [("b", "ed25519"), ("old", "ed25519"), ("z", "rsa")]
    assert (found[2].public_key, found[2].id, found[2].fingerprint) == ("ssh-rsa AAAA Generated-by-Nova", "", "")
    assert [asked.query for asked in cloud.of("GET", PATH)] == ["", "marker=old"]


async def test_a_public_key_is_handed_over(cloud: Cloud, client: Client) -> None:
    cloud.answers[f"POST {PATH}"] = Answer(entry("mine", type="ssh"), 201)
    made = await OpenstackKeyPairs(client).create(asks(), "mine", LINE)
    assert made == KeyPair("", "mine", LINE, "", "ed25519", None)
    (asked,) = cloud.of("POST", PATH)
    assert asked.json == {"keypair": {"name": "mine", "public_key": LINE, "type": "ssh"}}


@pytest.mark.parametrize(
    ("status", "words", "kind", "field"),
    [
        (409, "Key pair 'mine' already exists.", ErrorKind.ALREADY_EXISTS, "name"),
        (400, "Keypair data is invalid: failed to generate fingerprint", ErrorKind.INVALID, "public_key"),
        (403, "Quota exceeded, too many key pairs.", ErrorKind.QUOTA, ""),
    ],
)
async def test_refusals(cloud: Cloud, client: Client, status: int, words: str, kind: ErrorKind, field: str) -> None:
    name = {400: "badRequest", 403: "forbidden", 409: "conflictingRequest"}[status]
    cloud.answers[f"POST {PATH}"] = Answer({name: {"message": words, "code": status}}, status)
    with pytest.raises(Error) as caught:
        await OpenstackKeyPairs(client).create(asks(), "mine", LINE)
    assert (caught.value.kind, caught.value.field) == (kind, field)


async def test_removal(cloud: Cloud, client: Client) -> None:
    cloud.answers[f"DELETE {PATH}/a b@c"] = Answer(b"", 202)
    keys = OpenstackKeyPairs(client)
    await keys.delete(asks(), "a b@c")
    with pytest.raises(Error) as caught:
        await keys.delete(asks(), "../servers")
    assert (caught.value.kind, caught.value.resource, caught.value.resource_id) == (
        ErrorKind.NOT_FOUND, "key_pair", "../servers"
    )  # fmt: skip
    assert [asked.path for asked in cloud.of("DELETE")] == [f"{PATH}/a b@c", f"{PATH}/../servers"]
