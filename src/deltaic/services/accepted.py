"""Machines that the cloud accepted a moment ago, for the moments in which it does not list them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from contextlib import suppress

from deltaic.model.context import Context
from deltaic.model.instance import Instance
from deltaic.services.flows import FlowStarter

_REMEMBERED = 1000


class AcceptedLately:
    """What this gateway's launches made. An engine drops a machine whose creation fails; until the launch's flow has
    noticed and left a tombstone, its owner would be told that it never existed.
    """

    def __init__(self, flows: FlowStarter) -> None:
        self._flows = flows
        self._machines: OrderedDict[str, tuple[str, str, Instance]] = OrderedDict()

    def add(self, context: Context, instance: Instance) -> None:
        """Remember an accepted machine of the caller."""
        self._machines[instance.id] = (context.owner, context.scope.view, instance)
        while len(self._machines) > _REMEMBERED:
            self._machines.popitem(last=False)

    async def unseen(self, context: Context, seen: Collection[str]) -> list[Instance]:
        """The caller's machines that are not among `seen` and whose launch is still under way."""
        asker = (context.owner, context.scope.view)
        away = [kept[2] for kept in self._machines.values() if kept[:2] == asker and kept[2].id not in seen]
        if not away:
            return []
        under_way = await self._flows.launches()
        for instance in away:
            if f"launch:{instance.annotation.launch}" not in under_way:
                with suppress(KeyError):
                    del self._machines[instance.id]
        return [instance for instance in away if instance.id in self._machines]
