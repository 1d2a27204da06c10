"""The TLS side of the listener."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from deltaic.settings import ServerSettings, SettingsError


def server_context(settings: ServerSettings) -> ssl.SSLContext | None:
    """The context to listen with; None without a certificate. Raises `SettingsError` naming the file at fault."""
    if not settings.tls_certificate:
        return None
    for key in ("tls_certificate", "tls_key", "tls_chain"):
        name = getattr(settings, key)
        if name and not Path(name).is_file():
            raise SettingsError(f"server.{key}: there is no file {name}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    try:
        _load(context, settings)
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(f"server.tls_certificate, server.tls_key: can't be used: {_reason(error)}") from None
    return context


def _load(context: ssl.SSLContext, settings: ServerSettings) -> None:
    key = settings.tls_key or settings.tls_certificate
    if not settings.tls_chain:
        context.load_cert_chain(settings.tls_certificate, key, password=_no_password)
        return
    # OpenSSL wants the chain in the certificate's own file.
    with tempfile.NamedTemporaryFile("wb", suffix=".pem") as joined:
        for part in (settings.tls_certificate, settings.tls_chain):
            joined.write(Path(part).read_bytes().rstrip() + b"\n")
        joined.flush()
        context.load_cert_chain(joined.name, key, password=_no_password)


def _reason(error: OSError) -> str | None:
    if not isinstance(error, ssl.SSLError):
        return error.strerror
    if error.reason == "KEY_VALUES_MISMATCH":
        return "the key is not the certificate's"
    # OpenSSL has no word for a file in which it finds nothing to read.
    return error.reason or "no certificate with its key in PEM form is there"


def _no_password() -> str:
    # Without a callback OpenSSL would ask on the terminal, and a service would hang.
    raise SettingsError("server.tls_key: is protected by a pass phrase; give a key without one, readable by root only")
