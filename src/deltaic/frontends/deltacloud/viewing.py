"""Finding the instances that are shown."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.instance import InstanceState
from deltaic.services.views import InstanceView

#: An instance that is being destroyed is no longer shown: clients wait for 404.
HIDDEN: Final = frozenset({InstanceState.DELETING, InstanceState.DELETED})


async def view_of(call: Call, wanted: str) -> InstanceView:
    """An instance that is shown, or NOT_FOUND."""
    try:
        found = await call.services.instances.list(call.context, ids=[wanted])
    except Error as error:
        # What a path names either exists or does not; an id of a wrong form does not.
        if error.kind is ErrorKind.MALFORMED_ID:
            raise not_found("instance", wanted) from None
        raise
    if not found or found[0].instance.state in HIDDEN:
        raise not_found("instance", wanted)
    return found[0]
