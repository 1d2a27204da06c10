"""JSON of the cloud as typed values."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from deltaic.drivers.openstack.errors import nonsense
from deltaic.drivers.openstack.faults import UNREADABLE
from deltaic.model.errors import Error

T = TypeVar("T")

_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def decoded(type_: type[T], text: bytes | msgspec.Raw) -> T:
    """The cloud's JSON as a typed value; `Error` when it is something else.

    A null where a text, number or list belongs counts as left out.
    """
    if type_ not in _decoders:
        # Not strict: some services write numbers as strings.
        _decoders[type_] = msgspec.json.Decoder(type_, strict=False)
    try:
        try:
            value: T = _decoders[type_].decode(text)
        except msgspec.ValidationError:
            # Rare enough that the second look may be slow.
            value = msgspec.convert(_without_nulls(msgspec.json.decode(text)), type_, strict=False)
    except UNREADABLE as error:
        raise nonsense(str(error)[:200]) from None
    return value


def decoded_or_none(type_: type[T], text: bytes) -> T | None:
    """The cloud's JSON as a typed value; None when it is something else."""
    try:
        return decoded(type_, text)
    except Error:
        return None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_nulls(one) for one in value if one is not None]
    return value
