"""A request as its sender signed it, for a cloud that issued the key itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from deltaic.model.secret import Secret


class SignedRequest(Struct, frozen=True):
    """What a signature says and what it is about (AWS's signature versions 4 and 2).

    `host`, `path`, `parameters` and `headers` (names in lower case) are those of the request as it came; the
    parameters leave out a signature that is one of them. `body_hash` is the SHA-256 of the body in hex, or what
    version 4 has in its place.
    """

    access_key: str
    signature: str
    version: int
    method: str
    host: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body_hash: str = ""

    def __repr__(self) -> str:
        return f"SignedRequest(access_key={self.access_key!r}, version={self.version})"


class Grant(Struct, frozen=True):
    """What a cloud gives for a good signature: who signed, in the form of `Driver.account`, and a token for them.

    `view` is the scope's view that the token is good for.
    """

    user: str
    view: str
    token: Secret
    expires_at: datetime
