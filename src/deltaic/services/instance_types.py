"""Instance types: the cloud's named sizes, and the open ones that mean an image's own size."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from deltaic.model.context import Context, Principal
from deltaic.model.errors import not_found
from deltaic.model.instance import Instance
from deltaic.model.instance_type import InstanceType
from deltaic.services.identity import Clouds
from deltaic.services.recent import Recent

_MIB = 1 << 20

#: The open sizes of the classic gateway: the image's own size, by the machine's optimisation.
#: The figures are the engine's defaults for a new machine and only tell a reader the order of magnitude.
OPEN_TYPES = {
    kind: InstanceType(id="", name=name, description=f"The image's own size, optimised as {kind}", memory=1024 * _MIB)
    for kind, name in (("server", "SERVER"), ("desktop", "DESKTOP"), ("high_performance", "HIGH_PERFORMANCE"))
}


class InstanceTypeView(Struct, frozen=True):
    """A size as it is shown. `kind` is set on open ones, which leave the size to the image."""

    type: InstanceType
    kind: str = ""

    @property
    def open(self) -> bool:
        """Whether the image decides the size."""
        return bool(self.kind)


class InstanceTypeService:
    """The verbs on sizes."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds
        self._sizes: Recent[tuple[str, str, str, Principal], list[InstanceType]] = Recent()

    async def list(self, context: Context, *, anew: bool = False) -> list[InstanceTypeView]:
        """The cloud's sizes, smallest first, then the open ones where images have a size of their own.

        A size of the cloud hides an open one of its name; a cloud without named sizes has none.

        A size that somebody adds shows after some seconds, at once with `anew`.
        """
        scope, cloud = context.scope, self._clouds.of(context)
        views = []
        if cloud.capability.instance_types_list:
            key = (scope.provider, scope.data_center, scope.view, context.principal)
            sizes = await self._sizes.get(key, lambda: cloud.instance_types.list(context), anew=anew)
            views = [InstanceTypeView(found) for found in sizes]
        if not cloud.capability.instances_create_with_image_size:
            return views
        names = {view.type.name for view in views}
        return views + [InstanceTypeView(t, kind) for kind, t in OPEN_TYPES.items() if t.name not in names]

    async def resolve(self, context: Context, name: str) -> InstanceTypeView:
        """Find a size by name or native id; NOT_FOUND otherwise."""
        for anew in (False, True):
            for view in await self.list(context, anew=anew):
                if name == view.type.name or (view.type.id and name == view.type.id):
                    return view
        raise not_found("instance_type", name)


def type_name(instance: Instance, types: Sequence[InstanceTypeView]) -> str:
    """The name under which an instance's size is shown; one that `list` tells, or that it told before."""
    wanted = instance.instance_type_id
    for view in types:
        if wanted and wanted in (view.type.id, view.type.name):
            return view.type.name
    if wanted and not any(view.open for view in types):
        return wanted
    return OPEN_TYPES.get(instance.kind, OPEN_TYPES["server"]).name
