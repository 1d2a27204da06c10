"""Metrics: what the cloud measures of instances at the moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.instances import NAME_TAG
from deltaic.frontends.deltacloud.texts import Later, Viewer
from deltaic.frontends.deltacloud.viewing import view_of
from deltaic.model.instance import Instance, InstanceState
from deltaic.model.metric import Measure, Unit
from deltaic.model.metric import Metric as Figure
from deltaic.protocols.deltacloud.families.metric import Measured, Metric

#: The original's names, as far as it had them.
_NAMES: Final[dict[Measure, str]] = {
    Measure.CPU_USAGE: "cpuUtilization",
    Measure.MEMORY_USED: "memoryUsed",
    Measure.STORAGE_USED: "diskUsed",
    Measure.NETWORK_IN: "networkIn",
    Measure.NETWORK_OUT: "networkOut",
    Measure.STORAGE_READ: "diskReadBytes",
    Measure.STORAGE_WRITE: "diskWriteBytes",
}
_UNITS: Final = {Unit.PERCENT: "Percent", Unit.BYTES: "Bytes", Unit.BYTES_PER_SECOND: "Bytes/Second"}
_UNMEASURED: Final = tuple(Measured(name) for name in _NAMES.values())


async def index(call: Call) -> Sequence[Later]:
    """What is measured of each running instance, without figures: those of all would cost a call for each."""
    views = await call.services.instances.list(call.context)
    running = (view.instance for view in views if view.instance.state is InstanceState.RUNNING)
    return [Later(one.id, _metric, (one, _UNMEASURED)) for one in running]


async def show(call: Call, wanted: str) -> Metric:
    """What is measured of one instance: the figures of the moment."""
    instance = (await view_of(call, wanted)).instance
    figures = await call.services.metrics.of_instance(call.context, wanted)
    return _metric(call.viewer, instance, tuple(map(_measured, figures)))


def _metric(viewer: Viewer, instance: Instance, measured: tuple[Measured, ...]) -> Metric:
    name = instance.annotation.tags.get(NAME_TAG) or instance.name
    return Metric(instance.id, viewer.links.to("metrics", instance.id), name, measured)


def _measured(figure: Figure) -> Measured:
    value = round(figure.value, 3)
    sample: dict[str, str | int | float] = {
        "minimum": value,
        "maximum": value,
        "average": value,
        "timestamp": int(figure.time.timestamp()),
        "unit": _UNITS[figure.unit],
    }
    return Measured(_NAMES[figure.name], (sample,))
