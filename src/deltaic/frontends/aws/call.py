"""What the endpoint hands to a service's frontend, and what it expects of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from deltaic.model.context import Context, Scope
from deltaic.protocols.aws.query import AwsRequest


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated, decoded request. `base_url` is the gateway's own address as the client sees it."""

    context: Context
    request: AwsRequest
    base_url: str


class ServiceFrontend(Protocol):
    """One AWS service behind the endpoint. `scoped` ones act inside a data center, which a region may name."""

    name: str
    scoped: bool

    def is_plain(self, version: str | None) -> bool:
        """Whether a request of this version comes from a plain HTTP client, which may be asked for a password."""

    def namespace_version(self, version: str | None) -> str | None:
        """The version that the answer's namespace carries."""

    def widen(self, version: str | None, scope: Scope) -> Scope:
        """The scope in which a request of this version is answered."""

    async def answer(self, call: Call) -> Mapping[str, Any]:
        """Serve the call; the result has the model's output member names."""
