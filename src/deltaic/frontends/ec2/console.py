"""Consoles: a picture of the screen; there is no log of the serial line."""

from __future__ import annotations

from typing import Any

from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import native_id
from deltaic.protocols.aws.user_data import encode_base64


@action(
    "GetConsoleOutput", note="The output is empty: the engine keeps no log of the serial line. Latest changes nothing."
)
async def get_console_output(request: Ec2Request) -> dict[str, Any]:
    """An empty output for a machine that exists, as AWS gives before the first line."""
    native = await native_id(request, "i", request.require("InstanceId"))
    view = (await request.services.instances.list(request.context, ids=[native], details=False))[0]
    found: dict[str, Any] = {"InstanceId": request.id("i", native), "Output": ""}
    when = view.instance.started_at or view.instance.created_at
    return found | ({"Timestamp": when} if when else {})


@action("GetConsoleScreenshot", note="The picture is what the engine gives (PNG). WakeUp changes nothing.")
async def get_console_screenshot(request: Ec2Request) -> dict[str, Any]:
    """A picture of a running machine's screen, in base64."""
    native = await native_id(request, "i", request.require("InstanceId"))
    if request.dry_run:
        await request.services.instances.list(request.context, ids=[native], details=False)
        request.before_acting()
    picture = await request.services.instances.screenshot(request.context, native)
    return {"InstanceId": request.id("i", native), "ImageData": encode_base64(picture)}
