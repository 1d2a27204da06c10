"""Templates."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.driver import Edit
from deltaic.drivers.ovirt import convert, ids, wire
from deltaic.drivers.ovirt.annotations import Annotations
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import not_found
from deltaic.model.image import Image

FOLLOW = "disk_attachments.disk"


class OvirtImages:
    """Every version of a template is an image of its own. Source page: services/templates."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups
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

    async def interfaces(self, context: Context, image_id: str) -> int:
        """Count the template's interfaces: its machines get copies of them."""
        image_id = ids.checked("image", image_id)
        subject = Subject("image", image_id)
        return len((await self._client.read(context, f"templates/{image_id}/nics", wire.Nics, subject=subject)).nic)

    async def annotate(self, context: Context, image_id: str, edit: Edit) -> Annotation:
        """Change a template's annotation."""
        image_id = ids.checked("image", image_id)
        subject = Subject("image", image_id)
        template = await self._client.read(context, f"templates/{image_id}", wire.Template, subject=subject)
        if template.cluster.id and not await self._lookups.contains(context, template.cluster.id):
            raise not_found("image", image_id)
        return await self._annotations.change(context, image_id, edit)
