"""What this gateway can do of what the standard leaves open: one table, each line true only where it is served."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deltaic.frontends.cimi.network.templates import INITIAL_STATE as NETWORK_STATE
from deltaic.frontends.cimi.settings import CimiSettings, default_state, initial_states
from deltaic.frontends.cimi.tree import Collection
from deltaic.model.capability import Capability
from deltaic.protocols.cimi.scopes import Scope
from deltaic.services.tags import LIMIT

#: Everything that is served, by type.
Site = Mapping[str, Sequence[Collection]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What is served, as which settings want it, of a cloud that can do so much."""

    site: Site
    settings: CimiSettings
    cloud: Capability


#: The value of a capability; empty where there is nothing to be said.
_Value = Callable[[Offer], str]


@dataclass(frozen=True, slots=True)
class Line:
    """A capability of a type: the last word of its URI, and its value."""

    item: str
    word: str
    value: _Value


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _fixed(value: str) -> _Value:
    return lambda offer: value


def _created(item: str) -> _Value:
    """Whether items of a type can be made."""
    return lambda offer: _truth(any(one.create for one in offer.site.get(item, ())))


def _can(flag: str) -> _Value:
    """Whether a flag of the cloud is on."""
    return lambda offer: _truth(bool(getattr(offer.cloud, flag)))


_YES: Final = _fixed("true")
_PARAMETERS: Final = ("ExpandParameter", "FilterParameter", "FirstParameter", "SelectParameter", "FormatParameter",
                      "OrderByParameter", "QueryPathNotation")  # fmt: skip

CAPABILITIES: Final = (
    *(Line("CloudEntryPoint", word, _YES) for word in _PARAMETERS),
    Line("CloudEntryPoint", "MaxPropertyItems", _fixed(str(LIMIT - 1))),
    Line("System", "SystemComponentTemplateByValue", _created("System")),
    Line("Machine", "DefaultInitialState", lambda offer: default_state(offer.settings, offer.cloud)),
    Line("Machine", "InitialStates", lambda offer: ",".join(initial_states(offer.cloud))),
    Line("Machine", "MachineConfigByValue", _created("Machine")),
    Line("Machine", "MachineCredentialByValue", _created("Credential")),
    Line("Machine", "MachineImageByValue", _created("Machine")),
    Line("Machine", "MachineVolumeTemplatesByValue", _created("VolumeTemplate")),
    Line("Machine", "MachineTemplateByValue", _created("Machine")),
    Line("Machine", "MachineStopForce", _can("instances_stop_with_force")),
    Line("Machine", "MachineStopForceDefault", _fixed("false")),
    # It asks for more than `restore`: for images that are no snapshots.
    Line("Machine", "RestoreFromImage", _fixed("false")),
    Line("Machine", "UserData", lambda offer: "imgmod" if offer.cloud.instances_create_with_user_data else ""),
    Line("Credential", "CredentialTemplateByValue", _created("Credential")),
    Line("Volume", "SharedVolumeSupport", _can("volumes_create_with_shareable")),
    Line("Volume", "VolumeConfigByValue", _created("Volume")),
    Line("Volume", "VolumeImageByValue", _created("Volume")),
    Line("Volume", "VolumeSnapshot", _created("VolumeImage")),
    Line("Volume", "VolumeTemplateByValue", _created("Volume")),
    Line("Network", "NetworkTemplateByValue", _created("Network")),
    Line("Network", "DefaultInitialState", _fixed(NETWORK_STATE)),
    Line("Network", "InitialStates", _fixed(NETWORK_STATE)),
    Line("NetworkPort", "NetworkPortTemplateByValue", _created("NetworkPort")),
    Line("Address", "AddressTemplateByValue", _created("Address")),
    Line("Job", "JobRetention", lambda offer: str(offer.settings.job_retention)),
    Line("Meter", "MeterConfigByValue", _created("Meter")),
    Line("Meter", "MeterTemplateByValue", _created("Meter")),
    Line("EventLog", "Linked", _YES),
)

#: Values that differ from the standard's, by type and attribute.
SCOPES: Final[Mapping[str, Mapping[str, Scope]]] = {
    "NetworkTemplate": {"initialState": Scope((NETWORK_STATE,))},
    "Meter": {"timeScope": Scope(("Point",))},
    "MeterConfiguration": {"timeScope": Scope(("Point",))},
    "NetworkPort": {"portType": Scope(("ACCESS",))},
}


def capabilities(item: str, offer: Offer) -> dict[str, str]:
    """The capabilities of a type, by the last word of their URI."""
    found = {one.word: one.value(offer) for one in CAPABILITIES if one.item == item}
    return {word: value for word, value in found.items() if value}


def scopes(item: str, cloud: Capability) -> Mapping[str, Scope]:
    """The values that differ from the standard's on a cloud, by attribute."""
    own = {
        "MachineTemplate": {"initialState": Scope(initial_states(cloud))},
        "MachineImage": {"type": Scope(("IMAGE", "SNAPSHOT") if cloud.instance_snapshots_create else ("IMAGE",))},
    }
    return own.get(item) or SCOPES.get(item, {})
