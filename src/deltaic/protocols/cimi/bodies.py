"""Bodies of requests in either format, and answers in the format that the client wants."""

from __future__ import annotations

from typing import Final

from deltaic.protocols.cimi.coerce import coerce
from deltaic.protocols.cimi.errors import CimiError
from deltaic.protocols.cimi.fixed import Fixed
from deltaic.protocols.cimi.json_reader import read_json
from deltaic.protocols.cimi.json_writer import fix_json, write_collection_json, write_json
from deltaic.protocols.cimi.negotiation import Format, request_format
from deltaic.protocols.cimi.shapes import Document, resource_shape
from deltaic.protocols.cimi.unknown import Unknown
from deltaic.protocols.cimi.xml_reader import read_xml, root_of
from deltaic.protocols.cimi.xml_writer import fix_xml, write_collection_xml, write_xml

#: Longest body that is read, bytes.
MAX_BODY: Final = 1 << 20


def read_body(
    body: bytes, content_type: str | None, expected: str, *, strict: bool = False, unknown: Unknown | None = None
) -> Document:
    """The document in a request's body, read as the type `expected`.

    The format is `content_type`'s, without one that of the first character; an empty body is an empty document. With
    `strict`, unknown attributes are refused; `unknown`, given instead, tells afterwards which were ignored. Errors:
    CimiError 413 and 415, INVALID and MISSING with the attribute as the field.
    """
    unknown = unknown or Unknown(strict=strict)
    if len(body) > MAX_BODY:
        raise CimiError(413, f"The body is longer than {MAX_BODY} bytes")
    if not body.strip():
        return coerce(resource_shape(expected), {}, unknown)
    if request_format(content_type, body) is Format.XML:
        return read_xml(body, expected, unknown=unknown)
    return read_json(body, expected, unknown=unknown)


def early_form(body: bytes, content_type: str | None) -> bool:
    """Whether a body is written as in 2012: XML whose root has no namespace.

    Ask it of a body that `read_body` took.
    """
    if not body.strip() or request_format(content_type, body) is not Format.XML:
        return False
    return root_of(body)[0] == ""


def write(name: str, document: Document, form: Format) -> bytes:
    """A resource of the type `name` in the given format."""
    return write_xml(name, document) if form is Format.XML else write_json(name, document)


def write_collection(item_name: str, document: Document, form: Format) -> bytes:
    """A collection of the type `item_name` in the given format."""
    return (
        write_collection_xml(item_name, document) if form is Format.XML else write_collection_json(item_name, document)
    )


def fix(document: Fixed, form: Format) -> Fixed:
    """A document that stays as it is, written, so that what it is put into is only joined."""
    _ = fix_xml(document) if form is Format.XML else fix_json(document)
    return document
