"""A picture of a machine's console. Source page: services/vm, screenshot (engine 4.5 and newer)."""

from __future__ import annotations

import base64
import binascii

import msgspec
from msgspec import Struct

from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.errors import Subject, nonsense
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind

PNG = b"\x89PNG\r\n\x1a\n"

#: How an engine that has no such action answers.
ABSENT = frozenset({ErrorKind.UNSUPPORTED, ErrorKind.NOT_FOUND})


class _Answer(Struct):
    screenshot: str = ""


async def screenshot(client: Client, context: Context, vm_id: str) -> bytes:
    """The picture; UNSUPPORTED where the engine has none to give."""
    subject = Subject("instance", vm_id)
    try:
        body = await client.act(context, f"vms/{vm_id}/screenshot", subject=subject)
    except Error as error:
        if error.kind in ABSENT:
            raise _unsupported() from None
        raise
    if body.startswith(PNG):
        return body
    try:
        answer = msgspec.json.decode(body, type=_Answer, strict=False)
        picture = base64.b64decode(answer.screenshot, validate=True)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        raise nonsense("the screenshot") from None
    if not picture:
        raise _unsupported()
    return picture


def _unsupported() -> Error:
    return Error(ErrorKind.UNSUPPORTED, "The engine gives no picture of this console", resource="instance")
