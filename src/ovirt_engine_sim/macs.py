"""MAC addresses drawn in order from ranges, skipping those in use."""

from collections.abc import Iterator, Sequence


def mac_to_int(mac: str) -> int:
    """Returns a MAC address as a number; ValueError when it is not six hexadecimal pairs."""
    parts = mac.split(":")
    if len(parts) != 6 or any(len(part) != 2 for part in parts):
        raise ValueError(f"{mac!r} is not a MAC address")
    return int("".join(parts), 16)


def int_to_mac(number: int) -> str:
    """Returns the lower-case, colon-separated form of a 48-bit number."""
    return ":".join(f"{number >> shift & 0xFF:02x}" for shift in range(40, -1, -8))


class MacAllocator:
    """Hands out free addresses; `taken` is the live set of addresses in use and grows with each draw."""

    def __init__(self, ranges: Sequence[tuple[str, str]], taken: set[str]) -> None:
        self.taken = taken
        self._numbers = self._walk([(mac_to_int(first), mac_to_int(last)) for first, last in ranges])

    def next(self) -> str:
        """Returns the next free address; LookupError when the ranges are used up."""
        for number in self._numbers:
            mac = int_to_mac(number)
            if mac not in self.taken:
                self.taken.add(mac)
                return mac
        raise LookupError("the MAC pool has no address left")

    @staticmethod
    def _walk(ranges: list[tuple[int, int]]) -> Iterator[int]:
        for first, last in ranges:
            yield from range(first, last + 1)
