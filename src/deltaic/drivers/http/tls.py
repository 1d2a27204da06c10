"""Whom to trust behind an https address: the system, a CA file, or a CA that the server offers and we pin."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import Awaitable, Callable

import structlog
from msgspec import Struct

from deltaic.model.errors import Error, ErrorKind, invalid

log = structlog.get_logger(__name__)


class TlsSettings(Struct, frozen=True, kw_only=True):
    """`ca_fingerprint` is the SHA-256 of the CA certificate's DER form, hex, colons allowed."""

    ca_file: str = ""
    ca_fingerprint: str = ""
    insecure: bool = False


#: Fetches the CA certificate (PEM) over an unverified connection, made with the given context.
FetchAuthority = Callable[[ssl.SSLContext], Awaitable[bytes]]


async def client_context(settings: TlsSettings, fetch_authority: FetchAuthority) -> ssl.SSLContext:
    """Make the context for verified connections; INVALID when the settings contradict the server."""
    if settings.insecure:
        log.warning(
            "tls_verification_is_off",
            advice="anybody on the way can read passwords; set a CA file or a CA fingerprint instead",
        )
        return _unverified()
    if settings.ca_file:
        return await asyncio.to_thread(_from_file, settings.ca_file)
    if settings.ca_fingerprint:
        return _from_pem(await fetch_authority(_unverified()), settings.ca_fingerprint)
    return await asyncio.to_thread(ssl.create_default_context)


def normal_fingerprint(text: str) -> str:
    """Lower-case hex without separators; INVALID unless it is a SHA-256."""
    value = text.replace(":", "").replace(" ", "").lower()
    if len(value) != 64 or any(c not in "0123456789abcdef" for c in value):
        raise invalid("ca_fingerprint", "The CA fingerprint must be the SHA-256 of the certificate: 64 hex digits")
    return value


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _from_file(path: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise invalid("ca_file", f"The CA file '{path}' can't be used: {error.strerror or error.args[0]}") from None


def _from_pem(pem: bytes, fingerprint: str) -> ssl.SSLContext:
    wanted = normal_fingerprint(fingerprint)
    try:
        der = ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))
        found = hashlib.sha256(der).hexdigest()
    except (ValueError, UnicodeDecodeError):
        raise Error(ErrorKind.UNAVAILABLE, "The server's CA certificate is not a certificate") from None
    if not hmac.compare_digest(found, wanted):
        message = "The server offers a CA certificate with another fingerprint than the configured one"
        raise Error(ErrorKind.UNAVAILABLE, message, retryable=False, context={"offered": found})
    # Not the text: it may hold more certificates than the one that was compared.
    return ssl.create_default_context(cadata=der)
