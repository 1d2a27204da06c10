"""Names and properties, which are tags to the services."""

from __future__ import annotations

from collections.abc import Mapping

from deltaic.frontends.cimi.machine.render import NAME_TAG
from deltaic.model.errors import Error, invalid
from deltaic.services.tags import VALUE_LENGTH, check_tags


def check_labels(tags: Mapping[str, str]) -> None:
    """Refuse tags that no resource can have; the error names the attribute that they came from."""
    if len(tags.get(NAME_TAG, "")) > VALUE_LENGTH:
        raise invalid("name", f"The name has at most {VALUE_LENGTH} characters")
    try:
        check_tags(tags)
    except Error as error:
        error.field = "properties"
        raise
