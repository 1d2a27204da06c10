"""Documents that stay as they are, so that writing one of them again costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Raw


class Fixed(dict[str, Any]):
    """A document of the type `item` that nobody changes after it is made.

    The writers remember in it what they made of it: `xml` its elements without a tag round them, `json` the
    object. What is made of it with `|` is a plain document again.
    """

    __slots__ = ("item", "json", "xml")

    def __init__(self, item: str, document: Mapping[str, Any]) -> None:
        super().__init__(document)
        self.item = item
        self.xml: str | None = None
        self.json: Raw | None = None
