"""User data in several parts (MIME), as far as it can be told in cloud-config."""

from __future__ import annotations

import email
import email.policy
from email.message import Message

from msgspec import Struct

from deltaic.drivers.ovirt.cloud_config import HEADER

SCRIPT = "text/x-shellscript"
CONFIG = "text/cloud-config"

#: Headers that change how cloud-init treats a part; nothing we could tell the engine.
REFUSED_HEADERS = ("merge-type", "x-merge-type", "launch-index")

#: How far cloud-init looks for the header that makes data MIME.
LOOK_BYTES = 4096
STARTS = (b"content-type:", b"mime-version:")


class Part(Struct, frozen=True):
    """One script or cloud-config."""

    kind: str
    content: bytes


def looks_multipart(data: bytes) -> bool:
    """Whether cloud-init would take `data` apart."""
    head = data[:LOOK_BYTES].lower()
    return head.startswith(STARTS) and b"mime-version:" in head


def split(data: bytes) -> list[Part] | None:
    """The parts in order; None when there is one that can't be told in cloud-config."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    if not message.is_multipart() or message.defects:
        return None
    parts: list[Part] = []
    for piece in message.walk():
        if piece.get_content_maintype() == "multipart":
            continue
        part = _part(piece)
        if part is None:
            return None
        parts.append(part)
    return parts


def _part(piece: Message) -> Part | None:
    if piece.defects or any(piece.get(name) is not None for name in REFUSED_HEADERS):
        return None
    content = piece.get_payload(decode=True)
    if not isinstance(content, bytes):
        return None
    kind = piece.get_content_type()
    if kind == "text/plain":
        kind = _sniffed(content)
    if kind == SCRIPT and content.startswith(b"#!"):
        return Part(SCRIPT, content)
    if kind == CONFIG and content.startswith(HEADER.encode()):
        return Part(CONFIG, content)
    return None


def _sniffed(content: bytes) -> str:
    """cloud-init looks into plain text for what it begins with."""
    if content.startswith(b"#!"):
        return SCRIPT
    return CONFIG if content.startswith(HEADER.encode()) else ""
