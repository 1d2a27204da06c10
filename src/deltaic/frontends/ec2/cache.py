"""Rendered XML per object, so that an unchanged machine costs a comparison and not a rendering."""

from __future__ import annotations

from deltaic.frontends.http.kept import Kept
from deltaic.protocols.aws.xml import Fragment


class FragmentCache(Kept[Fragment]):
    """Fragments by a key, valid as long as what they were made of is equal; the least used go first."""

    def __init__(self, limit: int = 20_000) -> None:
        super().__init__(limit)
