"""Figures of instances at work."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from deltaic.protocols.deltacloud.elements import Element, element

#: A figure: what is told of one sample, by name.
Sample = dict[str, str | int | float]


class Measured(Struct, frozen=True):
    """Samples under one name (`cpuUtilization`), which is an element's name in XML."""

    name: str
    samples: tuple[Sample, ...] = ()


class Metric(Struct, frozen=True):
    """What is measured of one instance; `entity` is its name."""

    id: str
    href: str
    entity: str
    properties: tuple[Measured, ...] = ()


def metric_xml(one: Metric) -> Element:
    """The element `metric`."""
    properties = (element(figure.name, *map(_sample_xml, figure.samples)) for figure in one.properties)
    return element(
        "metric",
        element("entity", text=one.entity),
        element("properties", *properties),
        href=one.href,
        id_=one.id,
    )


def _sample_xml(sample: Sample) -> Element:
    return element("sample", *(element("property", name=name, value=value) for name, value in sample.items()))


def metric_json(one: Metric) -> dict[str, Any]:
    """The object."""
    properties = [{"name": figure.name, "values": list(figure.samples) or None} for figure in one.properties]
    return {"id": one.id, "href": one.href, "entity": one.entity, "properties": properties}
