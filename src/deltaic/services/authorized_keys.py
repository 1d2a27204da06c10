"""Public SSH keys as guests take them: lines of OpenSSH, read from all forms in which they are sent."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from deltaic.model.errors import Error, invalid

#: Bytes of all keys together; a cloud's own limit may be lower.
MOST_BYTES: Final = 16 * 1024
#: Bytes of the text that tells whose key it is.
_MOST_COMMENT: Final = 200

_LOADED: Final = ("ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
#: Keys that live in a token; only their form is checked.
_TOKENS: Final = ("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")


def authorized_keys(given: bytes, field: str = "key") -> tuple[str, ...]:
    """The lines of OpenSSH that a text means: such lines, one PEM of a public key, or the key in SSH's binary form.

    Comments in the lines stay. INVALID with the field for a private key and for anything else; the error never repeats
    what was given.
    """
    if len(given) > MOST_BYTES:
        raise invalid(field, f"The keys may have at most {MOST_BYTES} bytes")
    if b"PRIVATE KEY-----" in given:
        raise invalid(field, "This is a private key: it belongs to nobody else; send the public one")
    if b"-----BEGIN " in given:
        return (_from_pem(given, field),)
    if given.startswith(b"\0\0\0"):
        text = _from_blob(given, field)
    else:
        try:
            text = given.decode()
        except UnicodeDecodeError:
            raise _wrong(field) from None
    lines = [line.strip() for line in text.splitlines()]
    keys = tuple(_checked(line, field) for line in lines if line and not line.startswith("#"))
    if not keys:
        raise _wrong(field)
    return keys


def _from_pem(given: bytes, field: str) -> str:
    try:
        key = serialization.load_pem_public_key(given)
    except (ValueError, UnsupportedAlgorithm):
        raise _wrong(field) from None
    if not isinstance(key, rsa.RSAPublicKey | ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey):
        raise _wrong(field)
    try:
        return key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    except (ValueError, UnsupportedAlgorithm):
        raise _wrong(field) from None


def _from_blob(blob: bytes, field: str) -> str:
    kind = _kind(blob)
    if kind not in (*_LOADED, *_TOKENS):
        raise _wrong(field)
    return f"{kind} {base64.b64encode(blob).decode()}"


def _checked(line: str, field: str) -> str:
    kind, _, rest = line.partition(" ")
    body, _, comment = rest.strip().partition(" ")
    try:
        blob = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise _wrong(field) from None
    if kind not in (*_LOADED, *_TOKENS) or _kind(blob) != kind:
        raise _wrong(field)
    if kind in _LOADED:
        try:
            serialization.load_ssh_public_key(f"{kind} {body}".encode())
        except (ValueError, UnsupportedAlgorithm):
            raise _wrong(field) from None
    comment = "".join(letter for letter in comment.strip() if letter.isprintable())[:_MOST_COMMENT]
    return f"{kind} {body} {comment}".rstrip()


def _kind(blob: bytes) -> str:
    """The name that a key in SSH's binary form begins with."""
    length = int.from_bytes(blob[:4])
    return blob[4 : 4 + length].decode("ascii", "replace") if 0 < length <= 64 else ""


def _wrong(field: str) -> Error:
    return invalid(field, "This is no public SSH key: send a line of OpenSSH (or its bytes in hexadecimal), or a PEM")
