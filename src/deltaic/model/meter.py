"""The meter: what a caller wants to have measured regularly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from deltaic.model.metric import Measure


class Subject(StrEnum):
    """What is measured."""

    INSTANCE = "instance"
    VOLUME = "volume"


#: What can be measured of what.
MEASURES: Final[dict[Subject, tuple[Measure, ...]]] = {
    Subject.INSTANCE: tuple(Measure),
    Subject.VOLUME: (Measure.STORAGE_USED, Measure.STORAGE_READ, Measure.STORAGE_WRITE),
}


class MeterSpec(Struct, frozen=True, kw_only=True):
    """What a caller asks for. `interval` is in seconds."""

    subject: Subject
    subject_id: str
    measure: Measure
    interval: int
    name: str = ""
    description: str = ""
    properties: Mapping[str, str] = {}


class Meter(Struct, frozen=True, kw_only=True):
    """A meter: what is measured how often, whether it runs, and until when it is kept.

    `principal_id`, `provider`, `data_center` and `view` say on whose behalf and in which scope.
    """

    id: str
    spec: MeterSpec
    created_at: datetime
    updated_at: datetime
    running: bool = True
    stopped_at: datetime | None = None
    expires_at: datetime | None = None
    principal_id: str = ""
    provider: str = ""
    data_center: str = ""
    view: str = ""

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


#: The kind of the records that meters are kept as.
KIND: Final = "Meter"

_DECODER: Final = msgspec.json.Decoder(Meter)


def encoded(meter: Meter) -> bytes:
    """A meter as the content of a record."""
    return msgspec.json.encode(meter)


def decoded(content: bytes) -> Meter:
    """A meter from the content of a record."""
    return _DECODER.decode(content)
