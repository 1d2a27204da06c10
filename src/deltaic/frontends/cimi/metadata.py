"""ResourceMetadata: what is served of each resource, told from the tables that serve it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.network.templates import INITIAL_STATE
from deltaic.frontends.cimi.settings import INITIAL_STATES, CimiSettings
from deltaic.frontends.cimi.tree import Collection, Owners
from deltaic.model.errors import not_found
from deltaic.protocols.cimi.metadata import resource_metadata
from deltaic.protocols.cimi.table import ENTRY_ATTRIBUTE

#: Query parameters that are understood.
_PARAMETERS = ("ExpandParameter", "FilterParameter", "FirstParameter", "SelectParameter", "FormatParameter",
               "OrderByParameter")  # fmt: skip


class Metadata:
    """The collection of all entries. `collections` tells what is served, itself among it."""

    def __init__(self, collections: Callable[[], Sequence[Collection]]) -> None:
        self._collections = collections

    async def list(self, call: Call, owners: Owners) -> Sequence[Document]:
        """The entry for Machine first, as clients expect, then the others."""
        named = dict(self._served())
        order = sorted(named, key=lambda name: name != "Machine")
        return [self._document(call, name, named[name]) for name in order]

    async def get(self, call: Call, owners: Owners, wanted: str) -> Document:
        """One entry, by the resource's name in any case."""
        for name, collection in dict(self._served()).items():
            if name.lower() == wanted.lower():
                return self._document(call, name, collection)
        raise not_found("resource_metadata", wanted)

    def _document(self, call: Call, name: str, collection: Collection | None) -> Document:
        """What is shown and done of a resource here, not all that the standard has."""
        return resource_metadata(
            name,
            call.links.to("resource_metadata", name),
            served=collection.shows if collection else self._entries(),
            operations=collection.actions if collection else (),
            capabilities=_capabilities(name, call.settings),
        )

    def _entries(self) -> Sequence[str]:
        return ["baseURI", *(ENTRY_ATTRIBUTE[one.item] for one in self._collections())]

    def _served(self) -> Iterator[tuple[str, Collection | None]]:
        """Every resource that has items here, and the collection in which they are."""
        yield "CloudEntryPoint", None
        waiting = list(self._collections())
        while waiting:
            collection = waiting.pop(0)
            yield collection.item, collection
            waiting[:0] = collection.below


def _capabilities(name: str, settings: CimiSettings) -> dict[str, str]:
    known: dict[str, dict[str, str]] = {
        "CloudEntryPoint": dict.fromkeys(_PARAMETERS, "true"),
        "Machine": {
            "DefaultInitialState": settings.initial_state,
            "InitialStates": ",".join(INITIAL_STATES),
            "MachineConfigByValue": "true",
            "MachineCredentialByValue": "true",
            "MachineImageByValue": "true",
            "MachineVolumeTemplatesByValue": "false",
            "MachineTemplateByValue": "true",
            "MachineStopForce": "true",
            "MachineStopForceDefault": "false",
            "RestoreFromImage": "false",
            "UserData": "imgmod",
        },
        "Network": {
            "NetworkTemplateByValue": "true",
            "DefaultInitialState": INITIAL_STATE,
            "InitialStates": INITIAL_STATE,
        },
        "NetworkPort": {"NetworkPortTemplateByValue": "true"},
        "Address": {"AddressTemplateByValue": "true"},
        "Credential": {"CredentialTemplateByValue": "true"},
        "Job": {"JobRetention": str(settings.job_retention)},
        "Volume": {
            "SharedVolumeSupport": "true",
            "VolumeConfigByValue": "true",
            "VolumeImageByValue": "true",
            "VolumeSnapshot": "true",
            "VolumeTemplateByValue": "true",
        },
    }
    return known.get(name, {})
