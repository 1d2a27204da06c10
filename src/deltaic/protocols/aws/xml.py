"""Answers of the ec2 and query protocols: a plain dict in, an XML document out."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from deltaic.protocols.aws.actions import namespace
from deltaic.protocols.aws.generated import check_key
from deltaic.protocols.aws.model import service_model
from deltaic.protocols.aws.text import escape
from deltaic.protocols.aws.writers import Fragment, write_element

__all__ = ["Fragment", "namespace", "serialize_item", "serialize_response"]

_PROLOGUE: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def serialize_response(
    action: str, result: dict[str, Any], request_id: str, version: str | None = None, service: str = "ec2"
) -> bytes:
    """The body of a successful answer, UTF-8.

    `result` has the output shape's member names as keys. An action without output answers `return` true
    and takes an empty result. Raises ValueError for a key that the shape does not have and TypeError for
    a value of another type: defects of the caller, not of the client.
    """
    members = _members(service, action, result)
    identifier = escape(request_id)
    if service == "ec2":
        content = f"<requestId>{identifier}</requestId>{members}"
    else:
        content = (
            f"<{action}Result>{members}</{action}Result>"
            f"<ResponseMetadata><RequestId>{identifier}</RequestId></ResponseMetadata>"
        )
    start = f'{_PROLOGUE}<{action}Response xmlns="{namespace(version, service)}">'
    return f"{start}{content}</{action}Response>".encode()


def serialize_item(action: str, path: str, value: dict[str, Any], service: str = "ec2") -> Fragment:
    """One element of an answer rendered ahead of time, tag included.

    `path` names the member from the action's output, with dots; the path of a list gives one of its items.
    """
    name, tag = _locate(service, action, path)
    return Fragment(write_element(service, name, tag, value))


def _members(service: str, action: str, result: dict[str, Any]) -> str:
    output = service_model(service).actions[action].output
    if output:
        return write_element(service, output, "", result)
    if result:
        raise ValueError(f"{action} has no output, so not {sorted(result)}")
    return "<return>true</return>"


@cache
def _locate(service: str, action: str, path: str) -> tuple[str, str]:
    """The shape and tag of the element that a path means."""
    model = service_model(service)
    name, tag = model.actions[action].output, ""
    for part in path.split("."):
        shape = model.shape(name)
        check_key(shape, name, part)
        name, tag = shape.members[part].shape, shape.answer_name(part)
        item = model.shape(name).item
        if item is not None:
            name, tag = item.shape, item.answer
    return name, tag
