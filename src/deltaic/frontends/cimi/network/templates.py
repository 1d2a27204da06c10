"""What networks, ports and addresses are made from: templates and configurations, kept and provider-made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.network import address_values, public_addresses
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.services.networks import MTU

#: Who a network is for, as far as its owner says. The engine makes no difference.
TYPES: Final = ("PRIVATE", "PUBLIC")
#: Tagged frames reach a machine from the network itself, not from what it plugs into.
PORT_TYPES: Final = ("ACCESS", "TRUNK")
ACCESS: Final = "ACCESS"
#: The only state that a new network can be brought to: the engine has no switch for it.
INITIAL_STATE: Final = "STARTED"


def check_network_configuration(document: Document) -> Document:
    """A network's configuration, when its values are possible; INVALID names the attribute."""
    document = _word(document, "networkType", TYPES)
    if document.get("mtu") and document["mtu"] not in MTU:
        raise invalid("mtu", f"The mtu must be between {MTU[0]} and {MTU[-1]}")
    return document


def check_network_template(document: Document) -> Document:
    """A network's template, when its values are possible; INVALID names the attribute."""
    return _word(document, "initialState", ("STARTED", "STOPPED"))


def check_port_configuration(document: Document) -> Document:
    """A port's configuration, when its values are possible; INVALID names the attribute."""
    return _word(document, "portType", PORT_TYPES)


def refuse(template: Document, *names: str) -> None:
    """UNSUPPORTED for what a template asks for that is not done here."""
    for name in names:
        if template.get(name):
            raise Error(ErrorKind.UNSUPPORTED, f"Nothing can be created with {name} here", field=name)


async def _configurations(call: Call, owners: Owners) -> Sequence[Document]:
    return [
        common(call.links.to(CONFIGURATIONS.path, one), one, "A logical network with the engine's own MTU")
        | {"networkType": one}
        for one in TYPES
    ]


async def _templates(call: Call, owners: Owners) -> Sequence[Document]:
    return [
        common(call.links.to(TEMPLATES.path, one), one, "A logical network for machines of every cluster")
        | {"initialState": INITIAL_STATE, "networkConfig": call.links.ref(CONFIGURATIONS.path, one)}
        for one in TYPES
    ]


async def _port_configurations(call: Call, owners: Owners) -> Sequence[Document]:
    uri = call.links.to(PORT_CONFIGURATIONS.path, ACCESS)
    return [common(uri, ACCESS, "A place on a network, without tags") | {"portType": ACCESS}]


async def _address_templates(call: Call, owners: Owners) -> Sequence[Document]:
    return [
        common(call.links.to(ADDRESS_TEMPLATES.path, one.id), one.name, "A public address")
        | {"allocation": address_values.STATIC, "network": call.links.ref("networks", one.id)}
        for one in (await public_addresses.pools(call)).values()
    ]


CONFIGURATIONS: Final = Kept("NetworkConfiguration", provided=_configurations, check=check_network_configuration)
TEMPLATES: Final = Kept("NetworkTemplate", provided=_templates, check=check_network_template)
PORT_CONFIGURATIONS: Final = Kept(
    "NetworkPortConfiguration", provided=_port_configurations, check=check_port_configuration
)
PORT_TEMPLATES: Final = Kept("NetworkPortTemplate")
ADDRESS_TEMPLATES: Final = Kept("AddressTemplate", provided=_address_templates, check=address_values.checked)


def _word(document: Document, name: str, words: Sequence[str]) -> Document:
    """The document with a value of a list in its own writing."""
    given = document.get(name)
    if given is None:
        return document
    word = str(given).strip().upper()
    if word not in words:
        raise invalid(name, f"The {name} must be {' or '.join(words)}")
    return document | {name: word}
