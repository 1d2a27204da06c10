"""Decoding lists of machines: what a machine's JSON said before is not decoded again.

Most machines of a list are as they were in the last one. The same text gives the same object, so that whatever is
made of a machine further up can be kept as long as the object stays the same.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec

from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.client import decoded

#: Machines kept beyond three of the longest lists.
SPARE = 1000


class VmReader:
    """Machines by a hash of their JSON: 64 bits, keyed, so that nobody can write two texts with the same one.

    There are two generations; the older one goes when the younger one is full.
    """

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._young: dict[int, wire.Vm] = {}
        self._old: dict[int, wire.Vm] = {}
        self._longest = 0

    def read(self, texts: Sequence[msgspec.Raw]) -> list[wire.Vm]:
        """The machines, in order. Raises `Error` for what is none."""
        self._longest = max(self._longest, len(texts))
        if len(self._young) + len(texts) > 3 * self._longest + SPARE:
            self._old, self._young = self._young, {}
        young, old, salt = self._young, self._old, self._salt
        found = []
        for text in texts:
            key = hash(b"".join((salt, text)))
            vm = young.get(key)
            if vm is None:
                vm = young[key] = old.get(key) or decoded(wire.Vm, text)
            found.append(vm)
        return found
