"""Names and properties, which are tags to the services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from deltaic.frontends.cimi.common import Document
from deltaic.model.errors import Error, invalid
from deltaic.services.tags import VALUE_LENGTH, check_tags

#: The tag that carries a resource's name: the cloud's own name may have a mark that makes it unique.
NAME_TAG: Final = "Name"


def shown_name(tags: Mapping[str, str], name: str) -> str:
    """The name that clients see: the tag's, else the cloud's."""
    return tags.get(NAME_TAG) or name


def shown_properties(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that clients see as properties."""
    return {key: value for key, value in tags.items() if key != NAME_TAG}


def check_labels(tags: Mapping[str, str]) -> None:
    """Refuse tags that no resource can have; the error names the attribute that they came from."""
    if len(tags.get(NAME_TAG, "")) > VALUE_LENGTH:
        raise invalid("name", f"The name has at most {VALUE_LENGTH} characters")
    try:
        check_tags(tags)
    except Error as error:
        error.field = "properties"
        raise


def relabelled(tags: Mapping[str, str], shown: str, changes: Document) -> dict[str, str]:
    """The tags of a resource after a PUT, checked; `shown` is the name that clients saw, which a tag need not carry."""
    new = dict(tags)
    if "properties" in changes:
        kept = {NAME_TAG: tags[NAME_TAG]} if NAME_TAG in tags else {}
        new = dict(changes["properties"] or {}) | kept
    if "name" in changes and (changes["name"] or "") != shown:
        new.pop(NAME_TAG, None)
        new |= {NAME_TAG: changes["name"]} if changes["name"] else {}
    check_labels(new)
    return new
