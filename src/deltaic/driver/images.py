"""The port of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deltaic.driver.edit import Edit
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.image import Image, ImageChanges, ImageSpec


class Images(Protocol):
    """Templates."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Image]:
        """List the images usable in the scope, with their disks; all when `ids` is empty, by name.

        Unknown ids are left out. Where the cloud makes machines of snapshots, `<instance id>.<snapshot id>` is the id
        of one as an image: listed when it is asked for, and taken by `interfaces` and `Instances.create`.
        """

    async def get(self, context: Context, image_id: str) -> Image:
        """Read one image of the scope, cheaply; NOT_FOUND when there is none."""

    async def find_marked(self, context: Context, marker: str) -> Sequence[Image]:
        """Find the images whose annotation carries this marker in `launch`."""

    async def create(self, context: Context, spec: ImageSpec) -> Image:
        """Make an image of a machine and return as soon as the cloud accepted: state PENDING.

        The marker is there from the beginning. What else the cloud did not take with the creation the answer does not
        show; the flow adds it when the image is AVAILABLE, and asks for an edit of the annotation in any case: that
        removes what the cloud has handed down from the machine.
        CONFLICT while the machine runs, unless one of its snapshots is named; BUSY while locked; ALREADY_EXISTS for
        a taken name.
        """

    async def update(self, context: Context, image_id: str, changes: ImageChanges) -> None:
        """Change members; ALREADY_EXISTS for a taken name, BUSY while the cloud would lose the change."""

    async def delete(self, context: Context, image_id: str) -> None:
        """Remove an image; BUSY while locked, IN_USE while machines depend on it."""

    async def interfaces(self, context: Context, image_id: str) -> int:
        """How many network interfaces an instance of this image gets by itself."""

    async def annotate(self, context: Context, image_id: str, edit: Edit) -> Annotation:
        """Change the image's annotation through `edit`; return what was written. BUSY as `update`."""
