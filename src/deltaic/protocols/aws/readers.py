"""Readers compiled from input shapes: a trie node of request parameters in, a typed value out.

Strategy: every reader is a closure over its shape's tables, so a request costs one dict look-up and one
call per parameter. A reader that finds a fault raises it with its own name only; each level above puts its
name in front, so that the good case never builds a path.

Where clients bend the protocol: empty text means absent (Packer sends `VpcId=`), except where AWS gives it
a meaning (`KEEP_EMPTY`) and in numbered list items (dropping `InstanceId.1=` would select everything).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from math import isfinite
from typing import Any, Final, TypeAlias

from deltaic.protocols.aws.model import ServiceModel, Shape
from deltaic.protocols.aws.text import UNWRITABLE
from deltaic.protocols.aws.user_data import decode_base64

Node: TypeAlias = "str | dict[str, Node]"
Reader: TypeAlias = Callable[[Any], Any]

ABSENT: Final = object()
MAX_INDEX: Final = 1_000_000

#: Structure members whose empty text is a value: an empty tag value, "no device", "no user data".
KEEP_EMPTY: Final = frozenset(
    {
        ("Tag", "Value"),
        ("BlockDeviceMapping", "NoDevice"),
        ("AttributeValue", "Value"),
        ("BlobAttributeValue", "Value"),
        ("SecureBlobAttributeValue", "Value"),
    }
)
#: Requirements of the model that are not enforced: both counts default to 1.
WAIVED: Final = frozenset({("RunInstancesRequest", "MinCount"), ("RunInstancesRequest", "MaxCount")})
#: Error codes of their own for members that are not base64.
BLOB_CODES: Final = {
    ("ImportKeyPairRequest", "PublicKeyMaterial"): "InvalidKey.Format",
    ("BlobAttributeValue", "Value"): "InvalidUserData.Malformed",
    ("SecureBlobAttributeValue", "Value"): "InvalidUserData.Malformed",
}
#: Lists whose items count even when nothing is in them: a filter is never dropped silently.
KEEP_ITEMS: Final = frozenset({"FilterList"})

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,19}")
_BITS: Final = {"integer": 31, "long": 63}
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


class Fault(Exception):
    """A parameter that can't be read; `path` are the parts of its name, `text` has {name} and {value}."""

    def __init__(self, code: str, text: str = "", value: str = "", path: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.text = text
        self.value = value[:100]
        self.path = list(path)


def compile_input(model: ServiceModel, shape: str) -> Reader:
    """The reader of an action's parameters: a trie in, a dict out (never ABSENT)."""
    return _structure(model, shape, root=True)


def _compile(model: ServiceModel, name: str, place: tuple[str, str]) -> Reader:
    shape = model.shape(name)
    if shape.type == "structure":
        return _structure(model, name)
    if shape.type == "list":
        return _list(model, name, shape)
    return _scalar(_convert(shape, place), keep_empty=place in KEEP_EMPTY)


def _structure(model: ServiceModel, name: str, root: bool = False) -> Reader:
    shape = model.shape(name)
    table = {
        shape.request_name(member): (member, _compile(model, ref.shape, (name, member)))
        for member, ref in shape.members.items()
    }
    required = [(member, shape.request_name(member)) for member in shape.required if (name, member) not in WAIVED]

    def read(node: Node) -> Any:
        if isinstance(node, str):
            if node:
                raise Fault("UnknownParameter")
            return ABSENT
        result: dict[str, Any] = {}
        for key, child in node.items():
            entry = table.get(key)
            if entry is None:
                raise Fault("UnknownParameter", path=(key, *_first_leaf(child)))
            try:
                value = entry[1](child)
            except Fault as fault:
                fault.path.insert(0, key)
                raise
            if value is not ABSENT:
                result[entry[0]] = value
        if not result and not root:
            return ABSENT
        for member, wire in required:
            if member not in result:
                raise Fault("MissingParameter", path=(wire,))
        return result

    return read


def _list(model: ServiceModel, name: str, shape: Shape) -> Reader:
    assert shape.item is not None
    inner = model.shape(shape.item.shape)
    structured = inner.type in ("structure", "list")
    if structured:
        item = _compile(model, shape.item.shape, ("", ""))
    else:
        item = _scalar(_convert(inner, ("", "")), keep_empty=True)
    empty_item: Any = {} if name in KEEP_ITEMS else ABSENT

    def read(node: Node) -> Any:
        if isinstance(node, str):
            return [item(node)] if node else ABSENT
        if structured and not any(key.isdecimal() for key in node):
            value = item(node)  # one bare structure is a list of one
            return ABSENT if value is ABSENT else [value]
        values = []
        for _, key, child in _ordered(node):
            try:
                value = item(child)
            except Fault as fault:
                fault.path.insert(0, key)
                raise
            if value is ABSENT:
                value = empty_item
            if value is not ABSENT:
                values.append(value)
        return values or ABSENT

    return read


def _ordered(node: dict[str, Node]) -> list[tuple[int, str, Node]]:
    """The numbered children in the order of their numbers."""
    entries = []
    for key, child in node.items():
        if not (key.isascii() and key.isdecimal() and len(key) <= 7 and int(key) <= MAX_INDEX):
            raise Fault("UnknownParameter", path=(key, *_first_leaf(child)))
        entries.append((int(key), key, child))
    entries.sort(key=_number)
    for before, after in pairwise(entries):
        if before[0] == after[0]:
            raise Fault("MalformedQueryString", "The parameter {name} was sent more than once.", path=(after[1],))
    return entries


def _number(entry: tuple[int, str, Node]) -> int:
    return entry[0]


def _first_leaf(node: Node) -> list[str]:
    """The rest of the name of one parameter below `node`."""
    path = []
    while isinstance(node, dict):
        key, node = next(iter(node.items()))
        path.append(key)
    return path


def _scalar(convert: Callable[[str], Any], keep_empty: bool) -> Reader:
    def read(node: Node) -> Any:
        if isinstance(node, dict):
            raise Fault("UnknownParameter", path=tuple(_first_leaf(node)))
        if not node and not keep_empty:
            return ABSENT
        return convert(node)

    return read


def _convert(shape: Shape, place: tuple[str, str]) -> Callable[[str], Any]:
    """The function that reads a scalar's text."""
    if shape.type in _BITS:
        return _integer(shape)
    if shape.type == "blob":
        return _blob(BLOB_CODES.get(place, "InvalidParameterValue"))
    return {"boolean": _boolean, "timestamp": _timestamp, "double": _double, "float": _double}.get(shape.type, _text)


def _text(text: str) -> str:
    if UNWRITABLE.search(text) is not None:
        raise Fault("InvalidParameterValue", "The parameter {name} has characters that an answer can't show.")
    return text


def _invalid(kind: str, value: str) -> Fault:
    text = "The value '{value}' of the parameter {name} is not a valid " + kind + "."
    return Fault("InvalidParameterValue", text, value)


def _integer(shape: Shape) -> Callable[[str], int]:
    bits = _BITS[shape.type]
    low, high = -(1 << bits), (1 << bits) - 1

    def read(text: str) -> int:
        if not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
            raise _invalid("integer", text)
        number = int(text)
        if shape.min is not None and number < shape.min:
            raise _out_of_range(text, f"greater than or equal to {shape.min}")
        if shape.max is not None and number > shape.max:
            raise _out_of_range(text, f"less than or equal to {shape.max}")
        return number

    return read


def _out_of_range(text: str, limit: str) -> Fault:
    message = "Value ( {value} ) for parameter {name} is invalid. Expecting a value " + limit + "."
    return Fault("InvalidParameterValue", message, text)


def _boolean(text: str) -> bool:
    value = _BOOLEANS.get(text.lower())
    if value is None:
        raise _invalid("boolean", text)
    return value


def _double(text: str) -> float:
    if not re.fullmatch(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,3})?", text):
        raise _invalid("number", text)
    number = float(text)
    if not isfinite(number):
        raise _invalid("number", text)
    return number


def _timestamp(text: str) -> datetime:
    """ISO 8601 with or without zone (then UTC), or seconds since 1970."""
    try:
        if re.fullmatch(r"[0-9]{9,11}(\.[0-9]{1,6})?", text):
            return datetime.fromtimestamp(float(text), UTC)
        if len(text) > 40 or not text.isascii():
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise _invalid("time", text) from None


def _blob(code: str) -> Callable[[str], bytes]:
    def read(text: str) -> bytes:
        try:
            return decode_base64(text)
        except ValueError:
            raise Fault(code, "The value of the parameter {name} is not valid base64.") from None

    return read
