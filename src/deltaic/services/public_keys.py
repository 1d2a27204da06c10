"""Public SSH keys in every form that clients send, and the fingerprints that they compare."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from deltaic.model.errors import Error, ErrorKind

_KEY_LIMIT: Final = 16 * 1024

PublicKey = rsa.RSAPublicKey | ed25519.Ed25519PublicKey


def openssh_line(public: PublicKey) -> str:
    """The key as a line of OpenSSH, without a comment."""
    return public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def key_type_of(public: PublicKey) -> str:
    """`rsa` or `ed25519`."""
    return "rsa" if isinstance(public, rsa.RSAPublicKey) else "ed25519"


def read_public_key(text: bytes) -> PublicKey:
    """Read any public key form that AWS accepts; INVALID otherwise."""
    wrong = Error(
        ErrorKind.INVALID, "The public key is not in a form that is understood", resource="key_pair", field="public_key"
    )
    if len(text) > _KEY_LIMIT:
        raise wrong
    key: object
    try:
        if text.lstrip().startswith((b"ssh-", b"ecdsa-", b"sk-")):
            key = serialization.load_ssh_public_key(b" ".join(text.split()[:2]))
        elif b"-----BEGIN" in text:
            key = serialization.load_pem_public_key(text)
        else:
            key = serialization.load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise wrong from error
    if not isinstance(key, PublicKey):
        raise wrong
    return key


def _colons(digest: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in digest)


def _ssh_fingerprint(public: ed25519.Ed25519PublicKey) -> str:
    line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return base64.b64encode(hashlib.sha256(base64.b64decode(line.split()[1])).digest()).decode()


def created_fingerprint(private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    """SHA-1 of the PKCS#8 DER for RSA, SHA-256 in base64 for ED25519 (EC2's CreateKeyPair page)."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return _ssh_fingerprint(private.public_key())
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return _colons(hashlib.sha1(der, usedforsecurity=False).digest())


def imported_fingerprint(public: PublicKey) -> str:
    """MD5 of the public DER for RSA, SHA-256 in base64 for ED25519 (EC2's ImportKeyPair page)."""
    if isinstance(public, ed25519.Ed25519PublicKey):
        return _ssh_fingerprint(public)
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _colons(hashlib.md5(der, usedforsecurity=False).digest())


def line_fingerprint(line: str) -> str:
    """SHA-256 in base64 of the key in a line of OpenSSH, of whatever kind; empty for what is none."""
    try:
        blob = base64.b64decode(line.split()[1], validate=True)
    except (IndexError, ValueError):
        return ""
    return base64.b64encode(hashlib.sha256(blob).digest()).decode()
