"""A machine's console: a picture of it, and the file that opens it.

Source pages: services/vm, screenshot (engine 4.5 and newer); services/vm_graphics_console, remote viewer connection
file.
"""

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


class _Console(Struct):
    id: str
    protocol: str = ""


class _Consoles(Struct):
    graphics_console: list[_Console] = []


class _ViewerFile(Struct):
    remote_viewer_connection_file: str = ""


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
    except (msgspec.DecodeError, binascii.Error, ValueError, RecursionError):
        raise nonsense("the screenshot") from None
    if not picture:
        raise _unsupported()
    return picture


async def viewer_file(client: Client, context: Context, vm_id: str) -> bytes:
    """The file for virt-viewer, with a password that holds for a while; CONFLICT unless the machine runs."""
    subject = Subject("instance", vm_id)
    path = f"vms/{vm_id}/graphicsconsoles"
    found = (await client.read(context, path, _Consoles, subject=subject)).graphics_console
    if not found:
        raise Error(ErrorKind.UNSUPPORTED, "The machine has no graphical console", resource="instance")
    # SPICE carries more than VNC; a machine that has both offers it.
    chosen = next((one for one in found if one.protocol == "spice"), found[0])
    body = await client.act(context, f"{path}/{chosen.id}/remoteviewerconnectionfile", subject=subject)
    try:
        text = msgspec.json.decode(body, type=_ViewerFile, strict=False).remote_viewer_connection_file
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise nonsense("the console's file") from None
    if not text.startswith("[virt-viewer]"):
        raise nonsense("the console's file")
    return text.encode()


def _unsupported() -> Error:
    return Error(ErrorKind.UNSUPPORTED, "The engine gives no picture of this console", resource="instance")
