"""What a flow was given, as the journal keeps it: sealed, because user data may hold secrets."""

from __future__ import annotations

import base64
from typing import Protocol

import msgspec

from deltaic.ports.operations import FlowInput

_KIND = "flow"


class Sealer(Protocol):
    """Seals and opens bytes for one record; the store's key ring does."""

    def seal(self, kind: str, record_id: str, value: bytes) -> bytes:
        """Seal a value."""

    def open(self, kind: str, record_id: str, sealed: bytes) -> bytes:
        """Open a sealed value, or raise `Error`."""


def written(given: FlowInput, flow_id: str, sealer: Sealer | None) -> str:
    """The journal's text; plain JSON without a sealer."""
    text = msgspec.json.encode(given)
    return base64.b64encode(sealer.seal(_KIND, flow_id, text)).decode() if sealer else text.decode()


def read_back(text: str, flow_id: str, sealer: Sealer | None) -> FlowInput:
    """What `written` wrote."""
    plain = sealer.open(_KIND, flow_id, base64.b64decode(text)) if sealer else text.encode()
    return msgspec.json.decode(plain, type=FlowInput)
