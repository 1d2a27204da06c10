"""The access key: an AWS-style credential that stands for an engine login."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from deltaic.model.secret import Secret


class AccessKey(Struct, frozen=True):
    """One access key, unsealed. Never log or render it whole."""

    id: str
    secret_key: Secret
    user: str
    password: Secret
    provider: str
    created_at: datetime
    revoked_at: datetime | None = None
    description: str = ""


class AccessKeyInfo(Struct, frozen=True):
    """What may be listed of an access key."""

    id: str
    user: str
    provider: str
    created_at: datetime
    revoked_at: datetime | None = None
    description: str = ""
