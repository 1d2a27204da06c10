"""Which native object a short id means: learned from every listing, never stored."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from deltaic.frontends.ec2.promises import Promises
from deltaic.protocols.aws.ids import IdIndex

#: Ids of one kind that are remembered; the machines of a very large engine fit several times.
LIMIT = 100_000
#: Callers whose promised objects are remembered.
CALLERS = 1000


class IdBook:
    """Both directions between native ids and EC2 ids, per cloud and kind.

    What it forgets (or never met) costs one listing. Whether an object still exists, and whether a caller may
    see it, is for the service to say.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._indexes: dict[tuple[str, str], IdIndex] = {}
        self._promises: OrderedDict[tuple[str, str], Promises] = OrderedDict()

    def learn(self, provider: str, prefix: str, natives: Iterable[str]) -> None:
        """Take in the objects of a listing."""
        fresh = list(natives)
        index = self._index(provider, prefix)
        if len(index) + len(fresh) > self._limit:
            index = self._indexes[provider, prefix] = IdIndex(prefix)
        for native in fresh:
            index.add(native)

    def id_of(self, provider: str, prefix: str, native: str) -> str:
        """The EC2 id of an object."""
        return self._index(provider, prefix).id_of(native)

    def resolve(self, provider: str, prefix: str, text: str) -> str | None:
        """The native id behind a client's text, None when it was never met.

        Errors: the resource's `Invalid...Malformed`.
        """
        return self._index(provider, prefix).resolve(text)

    def knows(self, provider: str, prefix: str, native: str) -> bool:
        """Whether an object was met."""
        return native in self._index(provider, prefix)

    def promises(self, provider: str, owner: str) -> Promises:
        """What one caller was promised; the callers who were longest away are forgotten."""
        key = (provider, owner)
        found = self._promises.setdefault(key, Promises())
        self._promises.move_to_end(key)
        while len(self._promises) > CALLERS:
            self._promises.popitem(last=False)
        return found

    def _index(self, provider: str, prefix: str) -> IdIndex:
        key = (provider, prefix)
        index = self._indexes.get(key)
        if index is None:
            index = self._indexes[key] = IdIndex(prefix)
        return index
