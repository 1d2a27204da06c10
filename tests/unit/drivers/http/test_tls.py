"""Whom a pinned certificate authority lets in: itself and nobody beside it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deltaic.drivers.http.tls import TlsSettings, client_context
from deltaic.model.errors import Error, ErrorKind


def authority(name: str) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def padded_authority() -> x509.Certificate:
    """One whose base64 ends in padding, where a lenient decoder stops reading."""
    for length in range(1, 60):
        found = authority("x" * length)
        if len(found.public_bytes(serialization.Encoding.DER)) % 3:
            return found
    raise AssertionError("no such certificate was made")


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def fingerprint(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


async def test_the_pinned_authority_is_trusted() -> None:
    own = authority("engine")

    async def fetch(_: object) -> bytes:
        return pem(own)

    context = await client_context(TlsSettings(ca_fingerprint=fingerprint(own)), fetch)
    assert context.get_ca_certs(binary_form=True) == [own.public_bytes(serialization.Encoding.DER)]
    assert context.check_hostname is True


async def test_an_authority_that_is_sent_along_with_the_pinned_one_is_not_trusted() -> None:
    own = padded_authority()
    theirs = authority("somebody on the way")

    async def fetch(_: object) -> bytes:
        return pem(own) + pem(theirs)

    context = await client_context(TlsSettings(ca_fingerprint=fingerprint(own)), fetch)
    assert context.get_ca_certs(binary_form=True) == [own.public_bytes(serialization.Encoding.DER)]


async def test_another_authority_is_refused() -> None:
    async def fetch(_: object) -> bytes:
        return pem(authority("somebody on the way"))

    with pytest.raises(Error) as refused:
        await client_context(TlsSettings(ca_fingerprint=fingerprint(authority("engine"))), fetch)
    assert (refused.value.kind, refused.value.retryable) == (ErrorKind.UNAVAILABLE, False)
