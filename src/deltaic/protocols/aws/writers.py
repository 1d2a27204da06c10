"""Writers compiled from output shapes: a plain dict in, XML text out.

Strategy: dicts of one kind nearly always have the same keys in the same order. So a structure's writer
keeps generated functions (`generated`) for the key sequences it has met, found by `tuple(value)`; a few
per sequence, for nested values may differ too. What fits none of them is written member by member.

A None stands for an absent key. The generated functions don't look for it: every conversion raises
TypeError on None, and only then it is looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any, Final

from deltaic.protocols.aws.generated import Attempt, Writer, check_key, define_scalar, generate, wrap
from deltaic.protocols.aws.model import Member, service_model

__all__ = ["Fragment", "Writer", "element_writer", "members_writer"]

#: Generated functions per shape and tag, and per sequence of keys.
MAX_VARIANTS: Final = 256
MAX_ALIKE: Final = 4


class Fragment(str):
    """XML of one element, tag included, rendered ahead of time; it may stand where that element's value does."""

    __slots__ = ()


@cache
def element_writer(service: str, name: str, tag: str) -> Writer:
    """The writer of one element of shape `name` with that tag."""
    shape = service_model(service).shape(name)
    if shape.type == "structure":
        return Structure(service, name, tag).write
    if shape.item is not None:
        return _list(service, shape.item, tag)
    return define_scalar(shape.type, tag)


def members_writer(service: str, name: str) -> Writer:
    """The writer of a structure's members without an element around them."""
    return element_writer(service, name, "")


def _list(service: str, ref: Member, tag: str) -> Writer:
    item = element_writer(service, ref.shape, ref.answer)

    def write(value: Any) -> str:
        if type(value) is Fragment:
            return value
        if isinstance(value, (str, Mapping)):
            raise TypeError(f"{tag}: not a list but {type(value).__name__}")
        return wrap(tag, "".join(map(item, value)))

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

    def write(self, value: Any) -> str:
        """The element of a value: a mapping with the shape's member names, or a Fragment.

        Raises ValueError for a key that the shape does not have, TypeError for a value of another type.
        """
        if type(value) is Fragment:
            return value
        try:
            for attempt in self._variants.get(tuple(value), ()):
                text = attempt(value)
                if text is not None:
                    return text
        except TypeError:
            return self._without_none(value)
        return self._first_time(value)

    def _first_time(self, value: Any) -> str:
        """Write a value unlike all before, and keep a function for the next like it."""
        self._check(value)
        if None in value.values():
            return self._without_none(value)
        keys = tuple(value)
        if self._count < MAX_VARIANTS and len(self._variants.get(keys, ())) < MAX_ALIKE:
            self._count += 1
            attempt = generate(self._model, self._name, self._tag, value, self._element)
            self._variants.setdefault(keys, []).append(attempt)
        return self._general(value)

    def _without_none(self, value: Any) -> str:
        self._check(value)
        present = {key: entry for key, entry in value.items() if entry is not None}
        return self._general(value) if len(present) == len(value) else self.write(present)

    def _check(self, value: Any) -> None:
        if not isinstance(value, Mapping):
            raise TypeError(f"{self._name}: not a mapping but {type(value).__name__}")

    def _general(self, value: Mapping[str, Any]) -> str:
        return wrap(self._tag, "".join(self._members(value)))

    def _members(self, value: Mapping[str, Any]) -> Iterator[str]:
        shape = self._model.shape(self._name)
        for key, entry in value.items():
            check_key(shape, self._name, key)
            yield self._element(shape.members[key].shape, shape.answer_name(key))(entry)
