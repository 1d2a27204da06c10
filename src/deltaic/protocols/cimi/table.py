"""The table: every type of CIMI 1.1 by name, and by the last segment of its collection's address."""

from __future__ import annotations

from typing import Final

from deltaic.protocols.cimi.families import credential, entry, machine, network, record, system, volume
from deltaic.protocols.cimi.kinds import Resource

_FAMILIES: Final = (entry, machine, credential, volume, network, system, record)

#: Every type, by name.
RESOURCES: Final[dict[str, Resource]] = {item.name: item for family in _FAMILIES for item in family.RESOURCES}

#: The type in a collection of the entry point, by each spelling of the address's last segment.
BY_PATH: Final[dict[str, Resource]] = {
    path: item for item in RESOURCES.values() if item.path for path in (item.path, *item.aliases)
}

#: The attribute of the entry point that leads to the collection, by type.
ENTRY_ATTRIBUTE: Final[dict[str, str]] = {of: name for name, of in entry.COLLECTIONS}
