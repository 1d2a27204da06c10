"""What the cloud measures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from deltaic.conformance.case import case
from deltaic.conformance.checks import ensure, equal, refused
from deltaic.conformance.machines import machine, volume
from deltaic.conformance.trial import Trial
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.metric import Measure, Metric, Unit

NEEDS = ("instances_create", "instances_delete", "metrics_read")


def check(figures: list[Metric]) -> None:
    """Each measure comes once, is a number that can be, and was read lately."""
    names = [one.name for one in figures]
    equal("measures that are there twice", len(set(names)), len(names))
    for one in figures:
        ensure(f"{one.name} of {one.value} can be", one.value >= 0)
        ensure(f"{one.name} of {one.value} % can be", one.unit is not Unit.PERCENT or one.value <= 100)
        ensure(f"{one.name} tells when it was read, with a time zone", one.time.tzinfo)
        ensure(f"{one.name} was read lately ({one.time})", abs(datetime.now(UTC) - one.time) < timedelta(hours=1))


@case(*NEEDS)
async def a_running_machine_is_measured(trial: Trial) -> None:
    """A machine that runs has figures, among them that of its processors; each of them can be."""
    host = await machine(trial, InstanceState.RUNNING)

    async def probe() -> list[Metric]:
        return list(await trial.driver.metrics.read(trial.context(), host.id))

    figures = await trial.until("there are figures", probe)
    check(figures)
    ensure("its processors are measured", Measure.CPU_USAGE in [one.name for one in figures])


@case(*NEEDS)
async def a_machine_at_rest_uses_nothing(trial: Trial) -> None:
    """A machine that rests has no figures, or such as tell that it does nothing."""
    figures = list(await trial.driver.metrics.read(trial.context(), (await machine(trial)).id))
    check(figures)
    busy = {Measure.CPU_USAGE, Measure.NETWORK_IN, Measure.NETWORK_OUT, Measure.STORAGE_READ, Measure.STORAGE_WRITE}
    equal("figures of things that it can't do", [one for one in figures if one.name in busy and one.value], [])


@case("metrics_read")
async def an_unknown_machine_is_not_measured(trial: Trial) -> None:
    """Figures of nothing are NOT_FOUND."""
    async with refused("figures of nothing", ErrorKind.NOT_FOUND):
        await trial.driver.metrics.read(trial.context(), trial.site.unknown_id)


@case("volumes_create", "volumes_delete", "metrics_read_volume")
async def a_volume_is_measured(trial: Trial) -> None:
    """A volume's figures can be; those of nothing are NOT_FOUND."""
    check(list(await trial.driver.metrics.read_volume(trial.context(), (await volume(trial)).id)))
    async with refused("figures of nothing", ErrorKind.NOT_FOUND):
        await trial.driver.metrics.read_volume(trial.context(), trial.site.unknown_id)
