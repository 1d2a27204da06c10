"""URIs of resources, as clients see them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from deltaic.protocols.deltacloud.families.links import Link, Reference

#: What stands in a path as it is; nearly every id does.
_PLAIN: Final = re.compile(r"[\w.~:@!$&'()*+,-]*", re.ASCII)


class Links(Struct, frozen=True):
    """`base` is the address of the entry point, such as `http://host:3001/api`."""

    base: str

    def to(self, *segments: str, **matrix: str) -> str:
        """The absolute URI of a resource, with matrix parameters."""
        path = "/".join((self.base, *(_quoted(segment) for segment in segments)))
        return path + "".join(f";{name}={_quoted(value)}" for name, value in matrix.items())

    def ref(self, collection: str, id_: str) -> Reference:
        """A reference to a resource."""
        return Reference(id_, self.to(collection, id_))

    def action(self, collection: str, id_: str, verb: str, **matrix: str) -> Link:
        """What can be done with a resource."""
        return Link(verb, self.to(collection, id_, verb, **matrix))

    def destroy(self, collection: str, id_: str, rel: str = "destroy") -> Link:
        """How a resource is removed."""
        return Link(rel, self.to(collection, id_), "delete")


def _quoted(segment: str) -> str:
    return segment if _PLAIN.fullmatch(segment) else quote(segment, safe=":@!$&'()*+,")
