"""The access key: an AWS-style credential that stands for an engine login."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from msgspec import Struct

from deltaic.model.secret import Secret

_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class AccessKey(Struct, frozen=True):
    """One access key, unsealed. Never log or render it whole.

    `view` is the view of the scope in which it was made; empty for the configured one.
    """

    id: str
    secret_key: Secret
    user: str
    password: Secret
    provider: str
    created_at: datetime
    revoked_at: datetime | None = None
    description: str = ""
    view: str = ""


class AccessKeyInfo(Struct, frozen=True):
    """What may be listed of an access key."""

    id: str
    user: str
    provider: str
    created_at: datetime
    revoked_at: datetime | None = None
    description: str = ""
    view: str = ""


def new_access_key() -> str:
    """An access key id in AWS's form."""
    return "AKIA" + "".join(secrets.choice(_BASE32) for _ in range(16))


def new_secret_key() -> str:
    """A secret key of 40 characters."""
    return secrets.token_urlsafe(30)
