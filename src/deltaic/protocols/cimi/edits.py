"""What a PUT changes, and what a request to create makes of a stored template."""

from __future__ import annotations

from typing import Any

from deltaic.model.errors import invalid
from deltaic.protocols.cimi.kinds import Access
from deltaic.protocols.cimi.shapes import Document, resource_shape


def edit(name: str, body: Document, selected: tuple[str, ...] = ()) -> dict[str, Any]:
    """The new values, by attribute, that a PUT of `body` gives a resource of the type `name`; None erases.

    Without `selected` (the names of `$select`) the body replaces the whole resource: what it lacks is
    erased. With it, only the named attributes change, and the body may hold no others. Attributes that a
    client can't change are ignored. Errors: INVALID with the attribute as the field.
    """
    members = [member for member in resource_shape(name).members if member.attribute.access is Access.EDIT]
    if not selected or "*" in selected:
        return {member.name: body.get(member.name) for member in members}
    wanted = {member.name for member in members if member.json in selected}
    for member in members:
        if member.name in body and member.name not in wanted:
            raise invalid(member.json, f"The attribute '{member.json}' is in the body, but not in $select")
    return {key: body.get(key) for key in sorted(wanted)}


def overlay(template: Document, given: Document) -> Document:
    """A stored template with what the client gave beside the reference to it; None erases.

    Neither document is changed; the reference itself (`href`) is not part of the result.
    """
    merged = {**template, **given}
    return {key: value for key, value in merged.items() if value is not None and key != "href"}
