"""JSON of the cloud as typed values."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from deltaic.drivers.openstack.errors import nonsense
from deltaic.drivers.openstack.faults import UNREADABLE

T = TypeVar("T")

_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def decoded(type_: type[T], text: bytes | msgspec.Raw) -> T:
    """The cloud's JSON as a typed value; `Error` when it is something else."""
    if type_ not in _decoders:
        # Not strict: some services write numbers as strings.
        _decoders[type_] = msgspec.json.Decoder(type_, strict=False)
    try:
        value: T = _decoders[type_].decode(text)
    except UNREADABLE as error:
        raise nonsense(str(error)[:200]) from None
    return value
