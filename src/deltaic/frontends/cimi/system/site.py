"""The collections of systems."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.declaring import entry_collection
from deltaic.frontends.cimi.machine.render import NEEDS
from deltaic.frontends.cimi.system import create, render, systems, templates
from deltaic.frontends.cimi.system.members import KINDS, Members
from deltaic.frontends.cimi.tree import Collection

COLLECTIONS: Final[tuple[Collection, ...]] = (
    entry_collection(
        "System",
        systems.systems,
        "machines and what they need, made, driven and removed as one",
        systems.system,
        shows=("state", *(render.COLLECTIONS[kind] for kind in KINDS)),
        create=create.create,
        edit=systems.edit,
        delete=systems.delete,
        actions=systems.ACTIONS,
        below=tuple(Members(kind).collection() for kind in KINDS),
        needs={
            **{verb: NEEDS[verb] for verb in systems.ACTIONS},
            **{render.COLLECTIONS[kind]: flag for kind, flag in render.NEEDS.items()},
        },
    ),
    templates.KEPT.collection("what systems are made from; the provider's sample can be used as it is"),
)
