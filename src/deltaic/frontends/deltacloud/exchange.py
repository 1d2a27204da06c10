"""One request on its way: what was asked for, in which form, and what was found out."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request

from deltaic.frontends.deltacloud.links import Links
from deltaic.frontends.deltacloud.settings import DeltacloudSettings
from deltaic.frontends.http.location import origin
from deltaic.model.context import Scope
from deltaic.protocols.deltacloud.negotiation import Format
from deltaic.protocols.deltacloud.parameters import extended, matrix

#: Where the frontend is mounted: the addresses of the original.
MOUNT: Final = "/api"

#: The value of a matrix parameter, whatever stands before it.
_VALUE: Final = re.compile(r"=[^;/]+")


@dataclass(slots=True)
class Exchange:
    """Everything known about one request. `form` and `driver` are found on the way."""

    http: Request
    settings: DeltacloudSettings
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    format: Format = Format.XML
    user: str | None = None
    driver: str = ""
    provider: str = ""
    scope: Scope = field(default_factory=Scope)
    matrix: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: The id in the path, empty when there is none.
    item: str = ""
    #: Seconds that the services took, once they did something.
    runtime: float | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.http.method

    @property
    def raw_path(self) -> str:
        """The path as it was sent, without the query."""
        raw: bytes = self.http.scope.get("raw_path") or self.http.scope["path"].encode()
        return raw.decode("latin-1").partition("?")[0]

    @property
    def told_path(self) -> str:
        """The path for logs and errors: the values of matrix parameters may be secrets."""
        return _VALUE.sub("=", self.raw_path)

    def location(self) -> tuple[tuple[str, ...], str]:
        """The segments below the mount, and the extension; matrix parameters are kept. Errors: INVALID."""
        path, found = matrix(self.raw_path)
        self.matrix = found
        below = path.removeprefix(MOUNT).strip("/")
        segments, extension = extended(below.split("/"))
        self.item = "/".join(segments[1:2])
        return () if segments == [""] else tuple(segments), extension

    @property
    def links(self) -> Links:
        """Writes URIs as this client sees them."""
        return Links((self.settings.base_url.rstrip("/") or origin(self.http)) + MOUNT)

    def header(self, name: str) -> str:
        """A header's value, empty when absent."""
        return self.http.headers.get(name, "")
