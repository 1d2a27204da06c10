"""The collections of credentials."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.credential import credentials
from deltaic.frontends.cimi.tree import Collection

COLLECTIONS: Final[tuple[Collection, ...]] = (
    credentials.CREDENTIALS.collection(
        "user names, passwords (never shown) and public keys for new machines", create=credentials.create
    ),
    credentials.TEMPLATES.collection("what credentials are made from, and machines are told"),
)
