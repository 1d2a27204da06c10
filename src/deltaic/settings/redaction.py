"""Hides what is secret in values that are shown or logged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

STARS = "***"

#: A key whose value is never shown.
_SECRET_KEY = re.compile(
    r"passw|pass$|secret|token|authorization|credential|cookie|private|sealing|signature|api_?key", re.IGNORECASE
)
#: Keys that the pattern above would hide although they are what an operator looks for.
_HARMLESS_KEYS = frozenset({"client_token", "next_token", "credential_kind", "password_stdin"})

#: Secrets inside running text, each with the part that may stay as group 1.
_PATTERNS = (
    re.compile(r"((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{4,}", re.IGNORECASE),
    re.compile(r"((?:x-amz-)?(?:signature|security-token)[=:]\s*)[^\s&,'\"]+", re.IGNORECASE),
    re.compile(
        r"((?:pass(?:word|wd)?|secret|(?:access|refresh)_token|token)[\"']?\s*(?:[=:]|%3D)\s*[\"']?)[^\s&,;'\"]+", re.I
    ),
    re.compile(r"(://[^\s:/@]*:)[^\s@/]+(?=@)"),
)


def is_secret(key: str) -> bool:
    """Whether a value under this name must not be shown."""
    return _SECRET_KEY.search(key) is not None and key.lower() not in _HARMLESS_KEYS


def redact_text(text: str) -> str:
    """Replace headers, tokens, passwords and signatures in running text by stars."""
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\1{STARS}", text)
    return text


def redact_url(url: str) -> str:
    """Hide the password of a URL."""
    return redact_text(url)


def redact_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Hide the values of secret names and secrets inside the others."""
    return {key: STARS if is_secret(key) else redact_text(str(value)) for key, value in options.items()}
