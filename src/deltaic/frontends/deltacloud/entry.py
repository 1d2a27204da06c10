"""The entry point: the collections that the cloud has, with their features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from deltaic.frontends.deltacloud.collection import Collection
from deltaic.frontends.deltacloud.links import Links
from deltaic.model.capability import Capability
from deltaic.protocols.deltacloud.families.entry import Api, CollectionLink

#: Told whatever the cloud is.
ALWAYS: Final = ("drivers", "instance_states")


def entry_point(
    links: Links, collections: Sequence[Collection], capability: Capability, driver: str, provider: str
) -> Api:
    """The document, its collections by name."""
    told = sorted(_links(links, collections, capability), key=lambda link: link.rel)
    return Api(driver, tuple(told), provider)


def _links(links: Links, collections: Sequence[Collection], capability: Capability) -> Iterator[CollectionLink]:
    for name in ALWAYS:
        yield CollectionLink(name, links.to(name))
    for one in collections:
        if one.there(capability):
            yield CollectionLink(one.name, links.to(one.name), one.features_of(capability))
