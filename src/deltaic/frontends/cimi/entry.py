"""The CloudEntryPoint: where every client begins."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.cimi.common import Document, common
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.tree import ENTRY_POINT, Collection
from deltaic.protocols.cimi.table import ENTRY_ATTRIBUTE


def entry_point(links: Links, collections: Sequence[Collection]) -> Document:
    """The document; it costs nothing and says nothing that needs a login."""
    document = common(links.to(ENTRY_POINT), "Deltaic", "CIMI on the cloud behind this gateway")
    document["baseURI"] = f"{links.base}/"
    return document | {ENTRY_ATTRIBUTE[one.item]: links.ref(one.path) for one in collections}
