"""Which native object a short id means: learned from every listing, never stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from deltaic.protocols.aws.ids import IdIndex

#: Ids of one kind that are remembered; the machines of a very large engine fit several times.
LIMIT = 100_000


class Names(NamedTuple):
    """Objects that are shown under an id which is not made of their own: both ways, and those still to be made."""

    shown: dict[str, str]
    natives: dict[str, str]
    promised: set[str]


#: Never written to.
NO_NAMES: Final = Names({}, {}, set())


class IdBook:
    """Both directions between native ids and EC2 ids, per cloud and kind.

    What it forgets (or never met) costs one listing. Whether an object still exists, and whether a caller may
    see it, is for the service to say.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._indexes: dict[tuple[str, str], IdIndex] = {}
        self._names: dict[tuple[str, str], Names] = {}

    def learn(self, provider: str, prefix: str, natives: Iterable[str]) -> None:
        """Take in the objects of a listing."""
        fresh = list(natives)
        index = self._index(provider, prefix)
        if len(index) + len(fresh) > self._limit:
            index = self._indexes[provider, prefix] = IdIndex(prefix)
        names = self._names.get((provider, prefix), NO_NAMES)
        for native in fresh:
            index.add(names.shown.get(native, native))

    def id_of(self, provider: str, prefix: str, native: str) -> str:
        """The EC2 id of an object."""
        names = self._names.get((provider, prefix), NO_NAMES)
        return self._index(provider, prefix).id_of(names.shown.get(native, native))

    def resolve(self, provider: str, prefix: str, text: str) -> str | None:
        """The native id behind a client's text, None when it was never met.

        Errors: the resource's `Invalid...Malformed`.
        """
        found = self._index(provider, prefix).resolve(text)
        if found is None:
            return None
        return self._names.get((provider, prefix), NO_NAMES).natives.get(found, found)

    def knows(self, provider: str, prefix: str, native: str) -> bool:
        """Whether an object was met."""
        names = self._names.get((provider, prefix), NO_NAMES)
        return names.shown.get(native, native) in self._index(provider, prefix)

    def call(self, provider: str, prefix: str, native: str, other: str) -> None:
        """Show an object under the id that another native id has: what was promised under it has been made."""
        names = self._of(provider, prefix)
        names.shown[native] = other
        names.natives[other] = native
        names.promised.discard(other)

    def promise(self, provider: str, prefix: str, native: str) -> None:
        """Remember that an object is still to be made: what its id means will change."""
        self._of(provider, prefix).promised.add(native)

    def is_promised(self, provider: str, prefix: str, native: str) -> bool:
        """Whether an object was still to be made when it was met last."""
        return native in self._names.get((provider, prefix), NO_NAMES).promised

    def _of(self, provider: str, prefix: str) -> Names:
        names = self._names.get((provider, prefix))
        if names is None or len(names.shown) + len(names.promised) >= self._limit:
            names = self._names[provider, prefix] = Names({}, {}, set())
        return names

    def _index(self, provider: str, prefix: str) -> IdIndex:
        key = (provider, prefix)
        index = self._indexes.get(key)
        if index is None:
            index = self._indexes[key] = IdIndex(prefix)
        return index
