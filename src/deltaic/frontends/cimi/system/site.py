"""The collections of systems."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.tree import Collection

COLLECTIONS: Final[tuple[Collection, ...]] = ()
