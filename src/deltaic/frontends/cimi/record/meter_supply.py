"""What meters are made from: a configuration and a template for each aspect, and those that clients make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi import contents
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.record.aspects import ASPECTS, types_of
from deltaic.frontends.cimi.record.meter_make import DEFAULT_INTERVAL, check_configuration
from deltaic.frontends.cimi.tree import Owners


async def configurations(call: Call, owners: Owners) -> Sequence[Document]:
    """One for each aspect."""
    interval = max(DEFAULT_INTERVAL, call.services.meters.shortest)
    return [
        common(call.links.to("meter_configurations", one.name), one.name, one.summary)
        | {
            contents.TYPES_ATTRIBUTE: [{"href": uri} for uri in types_of(one)],
            "aspect": one.uri,
            "units": one.units,
            "sampleInterval": interval,
            "timeScope": "Point",
            "isContinuous": True,
        }
        for one in ASPECTS.values()
    ]


async def templates(call: Call, owners: Owners) -> Sequence[Document]:
    """One for each aspect; what is metered is given beside the reference to it."""
    return [
        common(call.links.to("meter_templates", one.name), one.name, one.summary)
        | {"meterConfig": call.links.ref("meter_configurations", one.name)}
        for one in ASPECTS.values()
    ]


CONFIGURATIONS: Final = Kept("MeterConfiguration", configurations, check=check_configuration)
TEMPLATES: Final = Kept("MeterTemplate", templates)
