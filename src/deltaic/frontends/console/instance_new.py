"""Making an instance."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from deltaic.frontends.console.deeds import working
from deltaic.frontends.console.instances import NAME_TAG, name_of
from deltaic.frontends.console.page import Page
from deltaic.model.errors import Error, ErrorKind
from deltaic.services.launch import LaunchRequest


async def form(page: Page) -> Response:
    """The form, with an image chosen already where one leads here."""
    return await _form(page, {"image_id": page.query("image_id"), "start": "true"})


async def create(page: Page) -> Response:
    """Launch it; a request that can't be carried out shows its form again."""
    name = page.field("name")
    request = LaunchRequest(
        image_id=page.field("image_id"),
        zone=page.field("zone"),
        instance_type=page.field("instance_type"),
        name=name,
        tags={NAME_TAG: name} if name else {},
        user_data=page.fields.get("user_data", "").replace("\r\n", "\n").encode(),
        key_name=page.field("key_name"),
        network_ids=(page.field("network_id"),) if page.field("network_id") else (),
        start=bool(page.field("start")),
    )
    ids: list[str] = []
    try:
        async with working(
            page,
            "add",
            "machines",
            f"The instance {name} is being made." if name else "An instance is being made.",
            ids,
        ) as worker:
            made = await worker.services.instances.launch(worker.context, request)
            ids += [view.instance.id for view in made]
    except Error as error:
        if error.kind is ErrorKind.UNAUTHENTICATED:
            raise
        return await _form(page, dict(page.fields), error.message)
    one = made[0].instance
    return page.go("instances", one.id, said=f"{name_of(one)} is being made.")


async def _form(page: Page, given: dict[str, str], message: str = "") -> Response:
    services, context = page.services, page.context
    images, types, zones, networks, keys = await asyncio.gather(
        services.images.list(context),
        services.instance_types.list(context),
        services.zones.zones(context),
        services.networks.list(context),
        services.key_pairs.list(context),
    )
    return page.show(
        "instance_new.html",
        400 if message else 200,
        images=images,
        types=types,
        zones=zones,
        networks=networks,
        keys=keys,
        given=given,
        message=message,
    )
