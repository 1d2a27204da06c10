"""Everything that is served: the one list from which routes, entry point, metadata and documentation derive."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from deltaic.frontends.cimi.credential import site as credential
from deltaic.frontends.cimi.declaring import entry_collection
from deltaic.frontends.cimi.machine import site as machine
from deltaic.frontends.cimi.metadata import Metadata
from deltaic.frontends.cimi.network import site as network
from deltaic.frontends.cimi.record import site as record
from deltaic.frontends.cimi.system import site as system
from deltaic.frontends.cimi.tree import Collection, there
from deltaic.frontends.cimi.volume import site as volume
from deltaic.model.capability import Capability
from deltaic.protocols.cimi.table import ENTRY_ATTRIBUTE

_FAMILIES: Final = (machine, credential, volume, network, system, record)
_METADATA: Final = Metadata()
_OF_METADATA: Final = entry_collection(
    "ResourceMetadata",
    _METADATA.list,
    "what is served of each resource",
    _METADATA.get,
    shows=("typeURI", "attributes", "capabilities", "actions"),
)
_ORDER: Final = {item: place for place, item in enumerate(ENTRY_ATTRIBUTE)}

#: What any cloud may have, in the order of the CloudEntryPoint's attributes.
COLLECTIONS: Final[tuple[Collection, ...]] = (
    _OF_METADATA,
    *sorted((one for family in _FAMILIES for one in family.COLLECTIONS), key=lambda one: _ORDER[one.item]),
)


@lru_cache(maxsize=64)
def served(capability: Capability) -> tuple[Collection, ...]:
    """What is served of a cloud of this capability."""
    return there(COLLECTIONS, capability)
