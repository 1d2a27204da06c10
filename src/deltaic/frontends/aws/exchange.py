"""One request on its way through the chain: each step fills in what it found out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from deltaic.frontends.aws.call import ServiceFrontend
from deltaic.frontends.aws.settings import EndpointSettings
from deltaic.model.context import Context, Principal, Scope
from deltaic.protocols.aws.query import AwsRequest, Pair
from deltaic.protocols.aws.signature import Credential, RequestParts, fold_headers
from deltaic.services import Services


@dataclass(slots=True)
class Exchange:
    """Everything known about one request. `service` names the frontend that answers, errors included."""

    http: Request
    services: Services
    frontends: Mapping[str, ServiceFrontend]
    settings: EndpointSettings
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    pairs: Sequence[Pair] = field(default=(), repr=False)
    credential: Credential | None = None
    service: str = "ec2"
    action: str = ""
    version: str | None = None
    principal: Principal | None = None
    scope: Scope = field(default_factory=Scope)
    request: AwsRequest | None = None
    context: Context | None = None
    result: Mapping[str, Any] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)
    #: Headers that only this answer has.
    extra: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.headers = fold_headers(self.http.headers.raw)

    @property
    def frontend(self) -> ServiceFrontend:
        """The frontend that answers this request."""
        return self.frontends[self.service]

    @property
    def raw_path(self) -> bytes:
        """The path as received, undecoded, with the prefix the endpoint is mounted under."""
        raw = self.http.scope.get("raw_path")
        return raw if isinstance(raw, bytes) and raw else self.http.scope["path"].encode()

    @property
    def raw_query(self) -> bytes:
        """The query string as received."""
        query: bytes = self.http.scope["query_string"]
        return query

    @property
    def parts(self) -> RequestParts:
        """What a signature covers."""
        return RequestParts(self.http.method, self.raw_path, self.raw_query, self.headers, self.body)
