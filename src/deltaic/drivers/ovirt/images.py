"""Templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deltaic.driver import Edit
from deltaic.drivers.ovirt import comment as comments
from deltaic.drivers.ovirt import convert, ids, search, wire
from deltaic.drivers.ovirt.annotations import Annotations
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.launching import correlation_of
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.drivers.ovirt.machines import Machines
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import not_found
from deltaic.model.image import Image, ImageChanges, ImageSpec

FOLLOW = "disk_attachments.disk"


class OvirtImages:
    """Every version of a template is an image of its own. Source page: services/templates."""

    def __init__(self, client: Client, lookups: Lookups, machines: Machines) -> None:
        self._client = client
        self._lookups = lookups
        self._machines = machines
        self._annotations = Annotations(client, "image", "templates", wire.Template)

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Image]:
        """List the templates of the scope and those that belong to no cluster (Blank), by name and version.

        All in one call: a search by data center would leave out the templates without a cluster.
        """
        place = await self._lookups.place(context)
        found = await self._client.read(context, "templates", wire.Templates, query={"follow": FOLLOW})
        homes = await self._lookups.homes(context, (one.cluster.id for one in found.template))
        wanted = {one.lower() for one in ids}
        images = [
            convert.image(template, (homes[template.cluster.id],) if template.cluster.id in homes else ())
            for template in found.template
            if not wanted or template.id in wanted
        ]
        usable = [one for one in images if not place.id or not one.zone_id or place.id in one.data_center_ids]
        return sorted(usable, key=lambda one: (one.name.casefold(), one.version_number, one.id))

    async def get(self, context: Context, image_id: str) -> Image:
        """Read one template."""
        template = await self._template(context, ids.checked("image", image_id), follow=FOLLOW)
        homes = await self._lookups.homes(context, [template.cluster.id])
        return convert.image(template, tuple(homes.values()))

    async def find_marked(self, context: Context, marker: str) -> Sequence[Image]:
        """Find the templates that this marker made; no marker, no template."""
        if not marker:
            return []
        query = {"search": search.with_comment(marker)}
        found = (await self._client.read(context, "templates", wire.Templates, query=query)).template
        images = [convert.image(template, ()) for template in found]
        return [image for image in images if image.annotation.launch == marker]

    async def create(self, context: Context, spec: ImageSpec) -> Image:
        """Make a template; it is locked until the disks are copied."""
        instance_id = await self._machine(context, spec.instance_id)
        source: dict[str, Any] = {"id": instance_id}
        if spec.snapshot_id:
            snapshot_id = ids.checked("instance_snapshot", spec.snapshot_id)
            source["snapshots"] = {"snapshot": [{"id": snapshot_id}]}
        comment = comments.render(comments.Comment(spec.annotation))
        body = {"name": spec.name, "description": spec.description, "comment": comment, "vm": source}
        correlation = correlation_of(spec.annotation.launch)
        made = await self._client.create(
            context, "templates", body, wire.Template, correlation=correlation, subject=Subject("instance", instance_id)
        )
        homes = await self._lookups.homes(context, [made.cluster.id])
        return convert.image(made, tuple(homes.values()))

    async def update(self, context: Context, image_id: str, changes: ImageChanges) -> None:
        """Change a template's members."""
        image_id = ids.checked("image", image_id)
        await self._template(context, image_id)
        body = {key: value for key in ("name", "description") if (value := getattr(changes, key)) is not None}
        if body:
            path = f"templates/{image_id}"
            await self._client.update(context, path, body, wire.Template, subject=Subject("image", image_id))

    async def delete(self, context: Context, image_id: str) -> None:
        """Remove a template with its disks."""
        image_id = ids.checked("image", image_id)
        await self._template(context, image_id)
        await self._client.remove(context, f"templates/{image_id}", subject=Subject("image", image_id))

    async def interfaces(self, context: Context, image_id: str) -> int:
        """Count the template's interfaces: its machines get copies of them."""
        image_id = ids.checked("image", image_id)
        subject = Subject("image", image_id)
        return len((await self._client.read(context, f"templates/{image_id}/nics", wire.Nics, subject=subject)).nic)

    async def annotate(self, context: Context, image_id: str, edit: Edit) -> Annotation:
        """Change a template's annotation."""
        image_id = ids.checked("image", image_id)
        await self._template(context, image_id)
        return await self._annotations.change(context, image_id, edit)

    async def _template(self, context: Context, image_id: str, follow: str = "") -> wire.Template:
        """One template; NOT_FOUND when it is in another data center."""
        path, subject = f"templates/{image_id}", Subject("image", image_id)
        template = await self._client.read(context, path, wire.Template, query={"follow": follow}, subject=subject)
        if template.cluster.id and not await self._lookups.contains(context, template.cluster.id):
            raise not_found("image", image_id)
        return template

    async def _machine(self, context: Context, instance_id: str) -> str:
        """The id as the engine writes it; NOT_FOUND when the machine is in another data center."""
        instance_id = ids.checked("instance", instance_id)
        if context.scope.data_center and not await self._machines.is_home(context, instance_id):
            raise not_found("instance", instance_id)
        return instance_id
