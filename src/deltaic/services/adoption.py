"""Takes up machines whose unfinished work no journal knows any more: after a lost state folder, for instance."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import islice

import structlog
from msgspec.structs import replace

from deltaic.model.annotation import Annotation, Want
from deltaic.model.context import Context
from deltaic.model.errors import Error
from deltaic.model.instance import Instance, InstanceSpec
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds

log = structlog.get_logger(__name__)

#: Younger work is surely known to a gateway, seconds; a machine is looked at again only after as long.
YOUNG_SECONDS = 900.0
#: Machines taken up by one look; the others wait for the next.
AT_ONCE = 20
_REMEMBERED = 10_000
_MARKER = re.compile(r"[0-9A-Za-z-]{1,64}:[0-9]{1,6}")


class Adopter:
    """Finishes launches that the engine tells of, with the login of the owner who happens to look."""

    def __init__(self, clouds: Clouds, flows: FlowStarter, clock: Callable[[], float] = time.time) -> None:
        self._clouds = clouds
        self._flows = flows
        self._clock = clock
        self._looked: OrderedDict[tuple[str, Want], float] = OrderedDict()

    async def adopt(self, context: Context, seen: Sequence[Instance]) -> list[str]:
        """Start flows for machines of the caller or nobody that want something and have none; returns their ids.

        Whoever looks wants a list: work that can't be begun now is left to a later look.
        """
        orphans = list(islice((instance for instance in seen if self._is_due(context, instance)), AT_ONCE))
        if not orphans:
            return []
        try:
            return await self._begin(context, orphans)
        except Error as error:
            log.warning("machines that no flow knew were not taken up", kind=error.kind.value, error=error.message)
            return []

    async def _begin(self, context: Context, orphans: Sequence[Instance]) -> list[str]:
        known = await self._flows.unfinished()
        # Whatever the caller is at, this is no part of it.
        context = replace(context, job="")
        begun = []
        for instance in orphans:
            if instance.annotation.want is Want.TERMINATED:
                if f"terminate:{instance.id}" not in known:
                    await self._unmark(context, instance.id)
                continue
            flow_id = f"launch:{instance.annotation.launch}"
            if flow_id not in known:
                log.warning("took up a machine that no flow knew", flow_id=flow_id, instance=instance.id)
                await self._flows.start(context, "launch", flow_id, _spec_of(instance))
                begun.append(flow_id)
        return begun

    async def _unmark(self, context: Context, instance_id: str) -> None:
        """Show a machine as it is again whose removal nobody is at.

        Nothing is deleted on the word of a comment: others may be able to edit one and not to delete the machine.
        """
        log.warning("a removal that no flow knew is called off", instance=instance_id)
        await self._clouds.of(context).instances.annotate(context, instance_id, _without_removal)

    def _is_due(self, context: Context, instance: Instance) -> bool:
        annotation = instance.annotation
        if annotation.want is None or annotation.owner not in ("", context.principal.user):
            return False
        # Without its marker a launch would not find its own machine, but others or none.
        if annotation.want is not Want.TERMINATED and not _MARKER.fullmatch(annotation.launch):
            return False
        now = self._clock()
        # Nothing tells when a removal was asked for: what counts is how long this gateway has seen it wanted.
        since = now if annotation.want is Want.TERMINATED else annotation.launched_at
        key = (instance.id, annotation.want)
        due = now - self._looked.setdefault(key, since) >= YOUNG_SECONDS
        if due:
            self._looked[key] = now
        while len(self._looked) > _REMEMBERED:
            self._looked.popitem(last=False)
        return due


def _spec_of(instance: Instance) -> InstanceSpec:
    return InstanceSpec(instance.name, instance.image_id, instance.zone_id, annotation=instance.annotation)


def _without_removal(annotation: Annotation) -> Annotation:
    return replace(annotation, want=None) if annotation.want is Want.TERMINATED else annotation
