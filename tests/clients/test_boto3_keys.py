"""Key pairs through boto3: forms and fingerprints as AWS gives them (Jenkins and Ansible compare them)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from tests.clients.gateway import Gateway
from tests.clients.machines import machines, native
from tests.clients.user_data import guest_of

NAMES = ("made", "made-ed", "imported", "imported-ed", "tagged", "prefix-1", "prefix-2")


@pytest.fixture(autouse=True)
def no_leftovers(ec2: Any) -> Iterator[None]:
    """Removes what a test made."""
    yield
    for name in NAMES:
        ec2.delete_key_pair(KeyName=name)


def colons(digest: bytes) -> str:
    """Bytes in hexadecimal, with colons."""
    return ":".join(f"{byte:02x}" for byte in digest)


def openssh(key: Any, comment: str = "") -> bytes:
    """The public half on one line."""
    line: bytes = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return line + (b" " + comment.encode() if comment else b"")


def sha256(line: bytes) -> str:
    """OpenSSH's fingerprint as AWS writes it for Ed25519: base64 with its padding."""
    return base64.b64encode(hashlib.sha256(base64.b64decode(line.split()[1])).digest()).decode()


def test_a_made_rsa_key(ec2: Any) -> None:
    made = ec2.create_key_pair(KeyName="made")
    assert made["KeyMaterial"].startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    key = serialization.load_pem_private_key(made["KeyMaterial"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    assert made["KeyFingerprint"] == colons(hashlib.sha1(der, usedforsecurity=False).digest())
    (shown,) = ec2.describe_key_pairs(KeyNames=["made"], IncludePublicKey=True)["KeyPairs"]
    assert (shown["KeyPairId"], shown["KeyFingerprint"]) == (made["KeyPairId"], made["KeyFingerprint"])
    assert (shown["KeyType"], shown["PublicKey"].split()[:2]) == ("rsa", openssh(key).decode().split()[:2])
    assert abs((shown["CreateTime"] - datetime.now(UTC)).total_seconds()) < 60
    assert made["KeyPairId"].startswith("key-")
    assert len(made["KeyPairId"]) == 21


def test_a_made_ed25519_key(ec2: Any) -> None:
    made = ec2.create_key_pair(KeyName="made-ed", KeyType="ed25519")
    assert made["KeyMaterial"].startswith("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    key = serialization.load_ssh_private_key(made["KeyMaterial"].encode(), None)
    assert made["KeyFingerprint"] == sha256(openssh(key))


def test_imported_keys(ec2: Any) -> None:
    key = rsa.generate_private_key(65537, 2048)
    found = ec2.import_key_pair(KeyName="imported", PublicKeyMaterial=openssh(key, "me@home"))
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert found["KeyFingerprint"] == colons(hashlib.md5(der, usedforsecurity=False).digest())
    other = openssh(ed25519.Ed25519PrivateKey.generate())
    found = ec2.import_key_pair(KeyName="imported-ed", PublicKeyMaterial=other)
    assert found["KeyFingerprint"] == sha256(other)
    types = {each["KeyName"]: each["KeyType"] for each in ec2.describe_key_pairs()["KeyPairs"]}
    assert (types["imported"], types["imported-ed"]) == ("rsa", "ed25519")


def test_an_imported_key_reaches_the_guest(demo: Gateway, ec2: Any) -> None:
    line = openssh(ed25519.Ed25519PrivateKey.generate(), "me@home")
    ec2.import_key_pair(KeyName="imported-ed", PublicKeyMaterial=line)
    with machines(ec2, KeyName="imported-ed") as (instance_id,):
        (told,) = guest_of(demo.engine, native(demo.engine, instance_id)).keys
        assert told.split()[:2] == line.decode().split()[:2]


def test_tags_and_filters(ec2: Any) -> None:
    tags = [{"ResourceType": "key-pair", "Tags": [{"Key": "team", "Value": "blue"}]}]
    made = ec2.create_key_pair(KeyName="tagged", TagSpecifications=tags)
    assert made["Tags"] == [{"Key": "team", "Value": "blue"}]
    ec2.create_tags(Resources=[made["KeyPairId"]], Tags=[{"Key": "team", "Value": "green"}])
    (found,) = ec2.describe_key_pairs(Filters=[{"Name": "tag:team", "Values": ["gr*"]}])["KeyPairs"]
    assert found["KeyName"] == "tagged"
    assert [
        each["ResourceType"] for each in ec2.describe_tags(Filters=[{"Name": "value", "Values": ["green"]}])["Tags"]
    ] == ["key-pair"]
    for name in ("prefix-1", "prefix-2"):
        ec2.create_key_pair(KeyName=name, KeyType="ed25519")
    matched = ec2.describe_key_pairs(Filters=[{"Name": "key-name", "Values": ["prefix-*"]}])["KeyPairs"]
    assert [each["KeyName"] for each in matched] == ["prefix-1", "prefix-2"]


def test_a_deleted_key_is_gone(ec2: Any) -> None:
    made = ec2.create_key_pair(KeyName="made", KeyType="ed25519")
    assert ec2.delete_key_pair(KeyName="made") | {"ResponseMetadata": 0} == {
        "Return": True,
        "KeyPairId": made["KeyPairId"],
        "ResponseMetadata": 0,
    }
    assert [each for each in ec2.describe_key_pairs()["KeyPairs"] if each["KeyName"] == "made"] == []
