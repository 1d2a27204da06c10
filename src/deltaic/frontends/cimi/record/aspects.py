"""What can be metered: the standard's aspects of machines and volumes, and the cloud's figures behind them."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any, Final, NamedTuple

from deltaic.frontends.cimi.common import KIBIBYTE, KILOBYTE
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.meter import Subject
from deltaic.model.metric import Measure
from deltaic.protocols.cimi.kinds import NAMESPACE
from deltaic.protocols.cimi.table import RESOURCES

BASE: Final = f"{NAMESPACE}/aspect/"
#: The standard's other version writes its aspects so.
_OTHER_BASE: Final = BASE.replace("/1/", "/2/")


def _in(size: int) -> Callable[[float], str]:
    return lambda value: str(ceil(value / size))


def _plain(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


class Aspect(NamedTuple):
    """One aspect: the figure of a machine and of a volume (None: there is none), its unit, and how it is written."""

    name: str
    of_machine: Measure | None
    of_volume: Measure | None
    units: str
    written: Callable[[float], str]
    summary: str

    @property
    def uri(self) -> str:
        """The URI of the standard."""
        return BASE + self.name

    def measure(self, subject: Subject) -> Measure | None:
        """The figure behind it."""
        return self.of_machine if subject is Subject.INSTANCE else self.of_volume


ASPECTS: Final[dict[str, Aspect]] = {
    one.name: one
    for one in (
        Aspect("cpu", Measure.CPU_USAGE, None, "percent", _plain, "Use of all processors together"),
        Aspect("memory", Measure.MEMORY_USED, None, "KiB", _in(KIBIBYTE), "Memory in use"),
        Aspect("disk", Measure.STORAGE_USED, Measure.STORAGE_USED, "kB", _in(KILOBYTE), "Storage in use"),
        Aspect(
            "inputBandwidth", Measure.NETWORK_IN, Measure.STORAGE_WRITE, "bytes per second", _plain, "Data coming in"
        ),
        Aspect(
            "outputBandwidth", Measure.NETWORK_OUT, Measure.STORAGE_READ, "bytes per second", _plain, "Data going out"
        ),
    )
}

#: The type of resource that each subject is.
TYPES: Final = {Subject.INSTANCE: "Machine", Subject.VOLUME: "Volume"}


def aspects_of(subject: Subject) -> list[Aspect]:
    """Those that there are figures for."""
    return [one for one in ASPECTS.values() if one.measure(subject) is not None]


def aspect_of(subject: Subject, measure: Measure) -> Aspect:
    """The aspect behind which a figure is."""
    return next(one for one in ASPECTS.values() if one.measure(subject) is measure)


def types_of(aspect: Aspect) -> list[str]:
    """The URIs of the types that have it."""
    return [RESOURCES[name].uri for subject, name in TYPES.items() if aspect.measure(subject) is not None]


def aspect_named(given: Any) -> Aspect:
    """The aspect that a client means: a URI of either version, or the last word of one. MISSING, INVALID."""
    text = str(given or "").strip()
    if not text:
        raise Error(ErrorKind.MISSING, "An aspect is required", field="aspect")
    name = text.removeprefix(BASE).removeprefix(_OTHER_BASE)
    if name not in ASPECTS:
        raise invalid("aspect", f"The aspect must be one of {', '.join(one.uri for one in ASPECTS.values())}")
    return ASPECTS[name]
