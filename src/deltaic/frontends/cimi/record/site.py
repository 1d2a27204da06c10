"""The collections of what the provider writes down."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.tree import Collection

COLLECTIONS: Final[tuple[Collection, ...]] = ()
