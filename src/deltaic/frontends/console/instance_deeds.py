"""What can be done with an instance."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from deltaic.frontends.console import consoles
from deltaic.frontends.console.deeds import Deed, Found, Kind
from deltaic.frontends.console.instance import find_view
from deltaic.frontends.console.instances import name_of
from deltaic.frontends.console.page import HEADERS, Page
from deltaic.model.nic import NicSpec
from deltaic.services.captures import CaptureRequest
from deltaic.services.instance_snapshots import SnapshotRequest


async def _find(page: Page) -> Found:
    view = await find_view(page)
    return Found(view.instance.id, name_of(view.instance), view)


async def _start(page: Page, found: Found) -> None:
    await page.services.instances.start(page.context, [found.id])


async def _stop(page: Page, found: Found) -> None:
    await page.services.instances.stop(page.context, [found.id])


async def _force(page: Page, found: Found) -> None:
    await page.services.instances.stop(page.context, [found.id], force=True)


async def _suspend(page: Page, found: Found) -> None:
    await page.services.instances.stop(page.context, [found.id], hibernate=True)


async def _reboot(page: Page, found: Found) -> None:
    await page.services.instances.reboot(page.context, [found.id])


async def _delete(page: Page, found: Found) -> None:
    await page.services.instances.terminate(page.context, [found.id])


async def _take(page: Page, found: Found) -> None:
    request = SnapshotRequest(found.id, page.field("name"))
    await page.services.instance_snapshots.create(page.context, request)


async def _restore(page: Page, found: Found) -> None:
    await page.services.instance_snapshots.restore(page.context, found.id, page.field("snapshot"))


async def _forget(page: Page, found: Found) -> None:
    await page.services.instance_snapshots.delete(page.context, found.id, page.field("snapshot"))


async def _capture(page: Page, found: Found) -> Response:
    request = CaptureRequest(found.id, name=page.field("name"), description=page.field("description"))
    made = await page.services.captures.create(page.context, request)
    return page.go("images", made.id, said=f"An image of {found.name} is being made.")


async def _attach(page: Page, found: Found) -> None:
    await page.services.volumes.attach(page.context, page.field("volume"), found.id)


async def _detach(page: Page, found: Found) -> None:
    await page.services.volumes.detach(page.context, page.field("volume"), found.id)


async def _add_interface(page: Page, found: Found) -> None:
    spec = NicSpec(page.field("network"), name=page.field("name"))
    await page.services.interfaces.add(page.context, found.id, spec)


async def _remove_interface(page: Page, found: Found) -> None:
    await page.services.interfaces.remove(page.context, found.id, page.field("nic"))


async def _console(page: Page, found: Found) -> Response:
    """The file is a secret: nobody keeps it, and it is no answer to a GET."""
    content = await page.services.instances.console_file(page.context, found.id)
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="console.vv"'}
    return Response(content, 200, headers, "application/x-virt-viewer")


DEEDS: Final = {
    "start": Deed(_start, "start", "{name} is starting."),
    "stop": Deed(_stop, "stop", "{name} is asked to shut down."),
    "force-stop": Deed(
        _force,
        "stop",
        "{name} is switched off.",
        "Force stop",
        "Switch off {name}? Its guest gets no time to save anything.",
    ),
    "suspend": Deed(_suspend, "suspend", "{name} is suspending."),
    "reboot": Deed(_reboot, "restart", "{name} is restarting."),
    "delete": Deed(
        _delete,
        "delete",
        "{name} is being deleted.",
        "Delete",
        "Delete {name}? Its own disks and its snapshots are gone then.",
        gone=True,
    ),
    "snapshot": Deed(_take, "add", "A snapshot of {name} is being taken."),
    "restore": Deed(
        _restore,
        "restore",
        "{name} is being brought back to its snapshot.",
        "Restore",
        "Bring {name} back to this snapshot? What its disks hold now is lost, and it is stopped for that.",
        carried=("snapshot",),
    ),
    "delete-snapshot": Deed(
        _forget,
        "delete",
        "A snapshot of {name} is being removed.",
        "Delete snapshot",
        "Delete this snapshot of {name}?",
        carried=("snapshot",),
    ),
    "image": Deed(_capture, "capture", "An image of {name} is being made."),
    "attach": Deed(_attach, "add", "A volume is being attached to {name}."),
    "detach": Deed(
        _detach,
        "delete",
        "A volume is being detached from {name}.",
        "Detach",
        "Detach this volume from {name}? Whatever its guest has not written yet is lost.",
        carried=("volume",),
    ),
    "add-interface": Deed(_add_interface, "add", "{name} has another interface."),
    "remove-interface": Deed(
        _remove_interface,
        "delete",
        "An interface of {name} is being removed.",
        "Remove interface",
        "Remove this interface from {name}?",
        carried=("nic",),
    ),
    "console": Deed(_console, "", ""),
    "console-page": Deed(consoles.lead, "", ""),
}

INSTANCE: Final = Kind("instances", "machines", _find, DEEDS)
