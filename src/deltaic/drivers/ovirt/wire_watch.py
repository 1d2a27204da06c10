"""The engine's JSON about what it measures and what happened. The rules of `wire` hold."""

from __future__ import annotations

from msgspec import Struct

from deltaic.drivers.ovirt.wire import Ref


class StatisticValue(Struct, frozen=True):
    """A number, or a text in `detail`."""

    datum: float | None = None
    detail: str = ""


class StatisticValues(Struct, frozen=True):
    value: list[StatisticValue] = []


class Statistic(Struct, frozen=True):
    """One figure. A history has several values, the newest first; what is not known has none."""

    name: str = ""
    unit: str = ""
    values: StatisticValues = StatisticValues()


class Statistics(Struct, frozen=True):
    statistic: list[Statistic] = []


class MeasuredDisk(Struct, frozen=True):
    id: str = ""
    actual_size: int = 0
    statistics: Statistics = Statistics()


class MeasuredDisks(Struct, frozen=True):
    disk: list[MeasuredDisk] = []


class MeasuredAttachment(Struct, frozen=True):
    disk: MeasuredDisk = MeasuredDisk()


class MeasuredAttachments(Struct, frozen=True):
    disk_attachment: list[MeasuredAttachment] = []


class MeasuredNic(Struct, frozen=True):
    statistics: Statistics = Statistics()


class MeasuredNics(Struct, frozen=True):
    nic: list[MeasuredNic] = []


class MeasuredVm(Struct, frozen=True):
    """A machine with the statistics of everything it has."""

    id: str = ""
    statistics: Statistics = Statistics()
    nics: MeasuredNics = MeasuredNics()
    disk_attachments: MeasuredAttachments = MeasuredAttachments()


class MeasuredVms(Struct, frozen=True):
    vm: list[MeasuredVm] = []


class AuditEvent(Struct, frozen=True):
    """An entry of the audit log, whole. References keep the names of what is gone."""

    id: str = ""
    code: int = 0
    severity: str = ""
    time: int | None = None
    description: str = ""
    correlation_id: str = ""
    vm: Ref = Ref()
    template: Ref = Ref()
    data_center: Ref = Ref()
    user: Ref = Ref()


class AuditEvents(Struct, frozen=True):
    event: list[AuditEvent] = []
