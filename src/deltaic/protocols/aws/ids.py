"""EC2's ids: a prefix and hexadecimal digits, derived from the native id and resolved without a table.

Out goes the prefix with the first 17 digits of the native UUID, which is what every tool accepts; the
later of two objects that share those digits has all 32. In comes either form, 8 digits (ids of old, which
never exist here), or the raw UUID, in any case.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import msgspec

from deltaic.protocols.aws.kinds import malformed_id

SHORT: Final = 17
FULL: Final = 32

#: Prefix -> noun for error codes, and -> the resource type that tags and ARNs name.
PREFIXES: Final[dict[str, tuple[str, str]]] = {
    "i": ("instance", "instance"),
    "ami": ("image", "image"),
    "vol": ("volume", "volume"),
    "snap": ("snapshot", "snapshot"),
    "eni": ("network_interface", "network-interface"),
    "subnet": ("subnet", "subnet"),
    "vpc": ("vpc", "vpc"),
    "sg": ("security_group", "security-group"),
    "sgr": ("security_group_rule", "security-group-rule"),
    "rtb": ("route_table", "route-table"),
    "acl": ("network_acl", "network-acl"),
    "key": ("key_pair", "key-pair"),
    "eipalloc": ("allocation", "elastic-ip"),
    "eipassoc": ("association", ""),
    "r": ("reservation", ""),
}

_DIGITS: Final = re.compile(r"[0-9a-fA-F]{8}(?:[0-9a-fA-F]{9}|[0-9a-fA-F]{24})?")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class IdRef(msgspec.Struct, frozen=True):
    """A well-formed id: the prefix it was asked for, and its digits in lower case (8, 17 or 32)."""

    prefix: str
    digits: str

    def matches(self, native: str) -> bool:
        """Whether the native id begins with these digits."""
        return native_digits(native).startswith(self.digits)


def native_digits(native: str | UUID) -> str:
    """32 hexadecimal digits of a native id: a UUID's own, or the start of the SHA-256 of any other text."""
    text = str(native)
    if _UUID.fullmatch(text):
        return text.replace("-", "").lower()
    return hashlib.sha256(text.encode()).hexdigest()[:FULL]


def ec2_id(prefix: str, native: str | UUID, length: int = SHORT) -> str:
    """The id of an object: `i-` and 17 (or 32) digits.

    >>> ec2_id("i", "84623036-49fe-4f22-ac6f-ff526e8b82be")
    'i-8462303649fe4f22a'
    """
    return f"{prefix}-{native_digits(native)[:length]}"


def parse_id(prefix: str, text: str) -> IdRef:
    """What a client wrote as an id of that prefix; the raw UUID needs no prefix.

    Errors: the resource's own `Invalid...Malformed`.
    """
    if _UUID.fullmatch(text):
        return IdRef(prefix, text.replace("-", "").lower())
    head, dash, tail = text.partition("-")
    if dash and head.lower() == prefix:
        if _DIGITS.fullmatch(tail):
            return IdRef(prefix, tail.lower())
        if _UUID.fullmatch(tail):
            return IdRef(prefix, tail.replace("-", "").lower())
    raise malformed_id(PREFIXES[prefix][0] if prefix in PREFIXES else "", text, prefix)


def prefix_of(text: str) -> str | None:
    """The known prefix of an id whose kind is open, as in tags; None when it has none."""
    head, dash, tail = text.partition("-")
    known = dash and head.lower() in PREFIXES and (_DIGITS.fullmatch(tail) or _UUID.fullmatch(tail))
    return head.lower() if known else None


class IdIndex:
    """Both directions for all objects of one kind.

    `natives` come oldest first: of two that share 17 digits the older has the short id.
    """

    def __init__(self, prefix: str, natives: Iterable[str] = ()) -> None:
        self.prefix = prefix
        self._by_digits: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        for native in natives:
            self.add(native)

    def add(self, native: str) -> str:
        """Take in an object, as the youngest; return its id. Adding it again changes nothing."""
        known = self._ids.get(native)
        if known is not None:
            return known
        digits = native_digits(native)
        owner = self._by_digits.setdefault(digits[:SHORT], native)
        self._by_digits[digits] = native
        own = f"{self.prefix}-{digits[:SHORT] if owner == native else digits}"
        self._ids[native] = own
        return own

    def id_of(self, native: str) -> str:
        """The id of an object; one that was not added gets the id it would have alone."""
        return self._ids.get(native) or ec2_id(self.prefix, native)

    def resolve(self, text: str) -> str | None:
        """The native id that a client's text means, None when there is no such object.

        Errors: the resource's own `Invalid...Malformed`.
        """
        return self._by_digits.get(parse_id(self.prefix, text).digits)

    def __contains__(self, native: str) -> bool:
        return native in self._ids

    def __len__(self) -> int:
        return len(self._ids)
