"""Consoles: what the serial line printed, and a picture of the screen."""

from __future__ import annotations

from typing import Any

from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import native_id
from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.aws.user_data import encode_base64

#: AWS tells the newest 64 KiB.
LONGEST = 64 * 1024


@action("GetConsoleOutput", note="The output is empty where the cloud keeps nothing of it. Latest changes nothing.")
async def get_console_output(request: Ec2Request) -> dict[str, Any]:
    """What the serial line printed; nothing is an empty output, as AWS gives before the first line."""
    native = await native_id(request, "i", request.require("InstanceId"))
    view = (await request.services.instances.list(request.context, ids=[native], details=False))[0]
    try:
        printed = await request.services.instances.console_output(request.context, native)
    except Error as error:
        # Not kept, or not there yet.
        if error.kind not in (ErrorKind.UNSUPPORTED, ErrorKind.BUSY, ErrorKind.CONFLICT):
            raise
        printed = b""
    found: dict[str, Any] = {"InstanceId": request.id("i", native), "Output": encode_base64(printed[-LONGEST:])}
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
