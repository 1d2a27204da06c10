"""One request on its way: what was asked for, in which form, and what was found out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request

from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.settings import CimiSettings
from deltaic.frontends.http.location import origin
from deltaic.protocols.cimi.negotiation import Format
from deltaic.protocols.cimi.query import Query, parse_query

#: Where the frontend is mounted: the addresses of the classic gateway.
MOUNT: Final = "/cimi"


@dataclass(slots=True)
class Exchange:
    """Everything known about one request. `path` is below the mount, `format` that of the answer."""

    http: Request
    settings: CimiSettings
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    format: Format = Format.XML
    user: str | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.http.method

    @property
    def path(self) -> str:
        """The decoded path below the mount."""
        path: str = self.http.scope["path"]
        return path.removeprefix(MOUNT)

    @property
    def links(self) -> Links:
        """Writes URIs as this client sees them."""
        return Links((self.settings.base_url.rstrip("/") or origin(self.http)) + MOUNT)

    @property
    def format_parameter(self) -> str | None:
        """The format that the query asks for: known before the rest of it, which may be wrong, is read."""
        pairs = self.http.query_params.multi_items()
        return next((value for name, value in pairs if name in ("$format", "format")), None)

    @property
    def query(self) -> Query:
        """The query's parameters. Errors: INVALID."""
        return parse_query(self.http.query_params.multi_items())

    def header(self, name: str) -> str:
        """A header's value, empty when absent; one that comes several times is a list."""
        return ", ".join(self.http.headers.getlist(name))
