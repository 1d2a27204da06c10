"""Public keys in every form that clients send, and what is none."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from deltaic.model.errors import Error, ErrorKind
from deltaic.services.authorized_keys import MOST_BYTES, authorized_keys

OPENSSH = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
PEM = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
ED = ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)
KEYS = {
    "ed25519": ED.public_key(),
    "rsa": rsa.generate_private_key(65537, 2048).public_key(),
    "ecdsa": ec.derive_private_key(7, ec.SECP256R1()).public_key(),
}
LINE = KEYS["ed25519"].public_bytes(*OPENSSH).decode()


@pytest.mark.parametrize("name", KEYS)
def test_every_form_is_the_same_line(name: str) -> None:
    key = KEYS[name]
    line = key.public_bytes(*OPENSSH).decode()
    blob = base64.b64decode(line.split()[1])
    for form in (line.encode(), f"  {line}\r\n".encode(), key.public_bytes(*PEM), blob):
        assert authorized_keys(form) == (line,)


def test_comments_stay_and_several_lines_are_several_keys() -> None:
    text = f"# mine\n{LINE} me@home\n\n{KEYS['rsa'].public_bytes(*OPENSSH).decode()}\n"
    assert authorized_keys(text.encode()) == (f"{LINE} me@home", KEYS["rsa"].public_bytes(*OPENSSH).decode())


PRIVATE = ED.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"0",
        b"ssh-rsa",
        b"ssh-rsa AAAA",
        b"ssh-rsa " + LINE.split()[1].encode(),
        LINE[:-8].encode(),
        b'command="reboot" ' + LINE.encode(),
        bytes(range(26)),
        b"\0\0\0\x07ssh-foo",
        b"\0\0\0\x07ssh-rsa",
        b"\xff\xfe",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        LINE.encode() * (MOST_BYTES // len(LINE) + 1),
        PRIVATE,
    ],
)
def test_what_is_no_public_key_is_refused_and_never_repeated(given: bytes) -> None:
    with pytest.raises(Error) as caught:
        authorized_keys(given, "key")
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "key")
    assert not given or given.decode("latin-1")[:40] not in str(caught.value) or len(given) < 8


def test_a_private_key_is_told_to_be_one() -> None:
    with pytest.raises(Error, match="private key"):
        authorized_keys(PRIVATE)
