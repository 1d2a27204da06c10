"""Writers compiled from output shapes: a plain dict in, XML text out.

Strategy: dicts of one kind nearly always have the same keys in the same order. So a structure's writer
keeps generated functions (`generated`) for the key sequences it has met, found by `tuple(value)`; a few
per sequence, for nested values may differ too. What fits none of them is written member by member.

A None stands for an absent key. The generated functions don't look for it: every conversion raises
TypeError on None, and only then it is looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any, Final

from deltaic.protocols.aws.generated import Attempt, Writer, check_key, define_scalar, generate
from deltaic.protocols.aws.model import Member, service_model

#: Generated functions per shape and tag, and per sequence of keys.
MAX_VARIANTS: Final = 256
MAX_ALIKE: Final = 4


class Fragment(str):
    """XML of one element, tag included, rendered ahead of time; it may stand where that element's value does."""

    __slots__ = ()


def write_element(service: str, name: str, tag: str, value: Any) -> str:
    """The XML of a value of shape `name`; without a tag only a structure's members."""
    pieces: list[str] = []
    element_writer(service, name, tag)(value, pieces)
    return "".join(pieces)


@cache
def element_writer(service: str, name: str, tag: str) -> Writer:
    """The writer of one element of shape `name` with that tag."""
    shape = service_model(service).shape(name)
    if shape.type == "structure":
        return Structure(service, name, tag).write
    if shape.item is not None:
        return _list(service, shape.item, tag)
    return define_scalar(shape.type, tag)


def _list(service: str, ref: Member, tag: str) -> Writer:
    item = element_writer(service, ref.shape, ref.answer)

    def write(value: Any, pieces: list[str]) -> None:
        if type(value) is Fragment:
            pieces.append(value)
            return
        if isinstance(value, (str, Mapping)):
            raise TypeError(f"{tag}: not a list but {type(value).__name__}")
        pieces.append(f"<{tag}>")
        for entry in value:
            item(entry, pieces)
        pieces.append(f"</{tag}>")

    return write


class Structure:
    """The writer of one shape's elements with one tag."""

    def __init__(self, service: str, name: str, tag: str) -> None:
        self._model = service_model(service)
        self._element = partial(element_writer, service)
        self._name = name
        self._tag = tag
        self._count = 0
        self._variants: dict[tuple[str, ...], list[Attempt]] = {}

    def write(self, value: Any, pieces: list[str]) -> None:
        """Append the element of a value: a mapping with the shape's member names, or a Fragment.

        Raises ValueError for a key that the shape does not have, TypeError for a value of another type.
        """
        if type(value) is Fragment:
            pieces.append(value)
            return
        before = len(pieces)
        try:
            for attempt in self._variants.get(tuple(value), ()):
                if attempt(value, pieces):
                    return
        except TypeError:
            del pieces[before:]
            self._without_none(value, pieces)
        else:
            self._first_time(value, pieces)

    def _first_time(self, value: Any, pieces: list[str]) -> None:
        """Write a value unlike all before, and keep a function for the next like it."""
        self._check(value)
        if None in value.values():
            self._without_none(value, pieces)
            return
        keys = tuple(value)
        if self._count < MAX_VARIANTS and len(self._variants.get(keys, ())) < MAX_ALIKE:
            self._count += 1
            attempt = generate(self._model, self._name, self._tag, value, self._element)
            self._variants.setdefault(keys, []).append(attempt)
        self._general(value, pieces)

    def _without_none(self, value: Any, pieces: list[str]) -> None:
        self._check(value)
        present = {key: entry for key, entry in value.items() if entry is not None}
        if len(present) == len(value):
            self._general(value, pieces)
        else:
            self.write(present, pieces)

    def _check(self, value: Any) -> None:
        if not isinstance(value, Mapping):
            raise TypeError(f"{self._name}: not a mapping but {type(value).__name__}")

    def _general(self, value: Mapping[str, Any], pieces: list[str]) -> None:
        """Write a value of any keys, member by member."""
        shape = self._model.shape(self._name)
        if self._tag:
            pieces.append(f"<{self._tag}>")
        for key, entry in value.items():
            check_key(shape, self._name, key)
            self._element(shape.members[key].shape, shape.answer_name(key))(entry, pieces)
        if self._tag:
            pieces.append(f"</{self._tag}>")
