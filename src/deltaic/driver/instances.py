"""The port of instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deltaic.driver.edit import Edit
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.instance import Instance, InstanceChanges, InstanceSpec


class Instances(Protocol):
    """Virtual machines."""

    async def list(self, context: Context, *, ids: Sequence[str] = (), details: bool = True) -> list[Instance]:
        """List machines of the scope, by name; those of `ids` when given (unknown ids are left out).

        `details` fills nics, disks and addresses. The number of calls does not grow with the number of
        machines.
        """

    async def get(self, context: Context, instance_id: str, *, details: bool = True) -> Instance:
        """Read one machine; NOT_FOUND when there is none in the scope."""

    async def find_launch(self, context: Context, launch: str) -> Sequence[Instance]:
        """Find the machines whose annotation carries this launch marker (without details)."""

    async def create(self, context: Context, spec: InstanceSpec) -> Instance:
        """Create a machine from an image and return as soon as the cloud accepted: state CREATING or STOPPED.

        INVALID/NOT_FOUND naming the field for a wrong image, zone, type or network; ALREADY_EXISTS for a taken name.
        """

    async def start(self, context: Context, instance_id: str, *, paused: bool = False) -> None:
        """Start or resume; `paused` powers a stopped machine up and freezes it before its guest runs.

        BUSY while locked, CONFLICT in a state that can't start.
        """

    async def stop(self, context: Context, instance_id: str, *, force: bool = False) -> None:
        """Ask the guest to shut down; `force` cuts the power. Nothing happens on a stopped machine."""

    async def suspend(self, context: Context, instance_id: str) -> None:
        """Save memory to disk and stop."""

    async def reboot(self, context: Context, instance_id: str) -> None:
        """Restart the guest, or reset the machine where the cloud can't."""

    async def delete(self, context: Context, instance_id: str) -> None:
        """Remove a stopped machine with its own disks; BUSY while locked, PROTECTED, CONFLICT while it runs.

        Volumes that stand for themselves are detached first and stay; BUSY while that takes its time.
        """

    async def update(self, context: Context, instance_id: str, changes: InstanceChanges) -> None:
        """Change members; those the cloud can't change on a running machine raise CONFLICT."""

    async def annotate(self, context: Context, instance_id: str, edit: Edit) -> Annotation:
        """Change the machine's annotation through `edit` (read, edit, write); return what was written."""

    async def user_data(self, context: Context, instance_id: str) -> bytes:
        """The user data the machine was given, byte-exact; empty when there is none."""

    async def creation_failure(self, context: Context, instance_id: str) -> str:
        """The cloud's own words about why a machine's creation failed; empty when it says nothing."""

    async def screenshot(self, context: Context, instance_id: str) -> bytes:
        """A picture of the console (PNG); UNSUPPORTED where the cloud can't."""

    async def console_file(self, context: Context, instance_id: str) -> bytes:
        """What opens the console in virt-viewer (`application/x-virt-viewer`), with a password that holds for a while.

        CONFLICT while the machine does not run, UNSUPPORTED for one without a graphical console.
        """
