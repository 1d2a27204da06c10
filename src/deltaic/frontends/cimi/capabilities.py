"""What this gateway can do of what the standard leaves open: one table, each line true only where it is served."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deltaic.frontends.cimi.network.templates import INITIAL_STATE as NETWORK_STATE
from deltaic.frontends.cimi.settings import INITIAL_STATES, CimiSettings
from deltaic.frontends.cimi.tree import Collection
from deltaic.protocols.cimi.scopes import Scope
from deltaic.services.tags import LIMIT

#: Everything that is served, by type.
Site = Mapping[str, Sequence[Collection]]
#: The value of a capability; empty where there is nothing to be said.
_Value = Callable[[Site, CimiSettings], str]


@dataclass(frozen=True, slots=True)
class Capability:
    """A capability of a type: the last word of its URI, and its value."""

    item: str
    word: str
    value: _Value


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _fixed(value: str) -> _Value:
    return lambda site, settings: value


def _created(item: str) -> _Value:
    """Whether items of a type can be made."""
    return lambda site, settings: _truth(any(one.create for one in site.get(item, ())))


def _acts(item: str, verb: str) -> _Value:
    """Whether an action is offered."""
    return lambda site, settings: _truth(any(verb in one.actions for one in site.get(item, ())))


_YES: Final = _fixed("true")
_PARAMETERS: Final = ("ExpandParameter", "FilterParameter", "FirstParameter", "SelectParameter", "FormatParameter",
                      "OrderByParameter", "QueryPathNotation")  # fmt: skip

CAPABILITIES: Final = (
    *(Capability("CloudEntryPoint", word, _YES) for word in _PARAMETERS),
    Capability("CloudEntryPoint", "MaxPropertyItems", _fixed(str(LIMIT))),
    Capability("System", "SystemComponentTemplateByValue", _created("System")),
    Capability("Machine", "DefaultInitialState", lambda site, settings: settings.initial_state),
    Capability("Machine", "InitialStates", _fixed(",".join(INITIAL_STATES))),
    Capability("Machine", "MachineConfigByValue", _created("Machine")),
    Capability("Machine", "MachineCredentialByValue", _created("Credential")),
    Capability("Machine", "MachineImageByValue", _created("Machine")),
    Capability("Machine", "MachineVolumeTemplatesByValue", _created("VolumeTemplate")),
    Capability("Machine", "MachineTemplateByValue", _created("Machine")),
    Capability("Machine", "MachineStopForce", _acts("Machine", "stop")),
    Capability("Machine", "MachineStopForceDefault", _fixed("false")),
    Capability("Machine", "RestoreFromImage", _acts("Machine", "restore")),
    Capability("Machine", "UserData", _fixed("imgmod")),
    Capability("Credential", "CredentialTemplateByValue", _created("Credential")),
    Capability("Volume", "SharedVolumeSupport", _created("MachineVolume")),
    Capability("Volume", "VolumeConfigByValue", _created("Volume")),
    Capability("Volume", "VolumeImageByValue", _created("Volume")),
    Capability("Volume", "VolumeSnapshot", _created("VolumeImage")),
    Capability("Volume", "VolumeTemplateByValue", _created("Volume")),
    Capability("Network", "NetworkTemplateByValue", _created("Network")),
    Capability("Network", "DefaultInitialState", _fixed(NETWORK_STATE)),
    Capability("Network", "InitialStates", _fixed(NETWORK_STATE)),
    Capability("NetworkPort", "NetworkPortTemplateByValue", _created("NetworkPort")),
    Capability("Address", "AddressTemplateByValue", _created("Address")),
    Capability("Job", "JobRetention", lambda site, settings: str(settings.job_retention)),
    Capability("Meter", "MeterConfigByValue", _created("Meter")),
    Capability("Meter", "MeterTemplateByValue", _created("Meter")),
    Capability("EventLog", "Linked", _YES),
)

#: Values that differ from the standard's, by type and attribute.
SCOPES: Final[Mapping[str, Mapping[str, Scope]]] = {
    "MachineTemplate": {"initialState": Scope(INITIAL_STATES)},
    "NetworkTemplate": {"initialState": Scope((NETWORK_STATE,))},
    "MachineImage": {"type": Scope(("IMAGE", "SNAPSHOT"))},
    "Meter": {"timeScope": Scope(("Point",))},
    "MeterConfiguration": {"timeScope": Scope(("Point",))},
    "NetworkPort": {"portType": Scope(("ACCESS",))},
}


def capabilities(item: str, site: Site, settings: CimiSettings) -> dict[str, str]:
    """The capabilities of a type, by the last word of their URI."""
    found = {one.word: one.value(site, settings) for one in CAPABILITIES if one.item == item}
    return {word: value for word, value in found.items() if value}
