"""Begins again what the engine says is unfinished but no journal knows: after a lost state folder, for instance."""

from __future__ import annotations

import time

import msgspec
import structlog

from deltaic.driver import Driver
from deltaic.model.annotation import Want
from deltaic.model.context import Context
from deltaic.model.instance import Instance, InstanceSpec
from deltaic.operations.flows.arguments import InstanceArguments
from deltaic.ports.operations import FlowInput, Operations

log = structlog.get_logger(__name__)

#: Younger launches may belong to a gateway with a journal of its own, seconds.
YOUNG_SECONDS = 900


async def reconcile(operations: Operations, driver: Driver, context: Context, *, now: float | None = None) -> list[str]:
    """Start flows for the machines in the context's scope that want something and have no flow; returns their ids.

    The context's principal must be one that flows can resolve through the store.
    """
    at = time.time() if now is None else now
    known = {status.id for status in await operations.unfinished()}
    begun = []
    for instance in await driver.instances.list(context, details=False):
        wanted = _flow_for(instance, at)
        if wanted is None or wanted[1] in known:
            continue
        flow, flow_id, arguments = wanted
        await operations.start(flow, flow_id, _given(context, arguments))
        log.warning("took up a machine that no flow knew", flow_id=flow_id, instance=instance.id)
        begun.append(flow_id)
    return begun


def _flow_for(instance: Instance, at: float) -> tuple[str, str, bytes] | None:
    annotation = instance.annotation
    if annotation.want is Want.TERMINATED:
        arguments = msgspec.json.encode(InstanceArguments(instance.id))
        return "terminate", f"terminate:{instance.id}", arguments
    if annotation.want is None or not annotation.launch or at - annotation.launched_at < YOUNG_SECONDS:
        return None
    spec = InstanceSpec(instance.name, instance.image_id, instance.zone_id, annotation=annotation)
    return "launch", f"launch:{annotation.launch}", msgspec.json.encode(spec)


def _given(context: Context, arguments: bytes) -> FlowInput:
    scope = context.scope
    return FlowInput(
        context.principal.id, scope.provider, scope.data_center, scope.user_level, context.request_id, arguments
    )
