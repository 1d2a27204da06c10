"""Python source for writing one structure with exactly the keys of an example.

The example's nested structures are folded into the same f-string, with a guard that a value's keys are the
same there; texts are checked for characters that need escaping all at once, joined, because one scan of a
long text costs less than many scans of short ones. The source holds only names of the shipped model,
never anything of a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from deltaic.protocols.aws.model import ServiceModel, Shape
from deltaic.protocols.aws.scalars import EXPRESSIONS, NAMES
from deltaic.protocols.aws.text import has_special

#: Gives the XML text of a value.
Writer: TypeAlias = Callable[[Any], str]
#: The same, or None for a value that is not like the example it was made from.
Attempt: TypeAlias = Callable[[Any], "str | None"]
#: Makes the writer of an element from a shape's name and a tag.
Element: TypeAlias = Callable[[str, str], Writer]

_GLOBALS: Final = {**NAMES, "special": has_special, "join": "".join}


def generate(model: ServiceModel, name: str, tag: str, example: Mapping[str, Any], element: Element) -> Attempt:
    """The function for structures of shape `name` with the example's keys, in its order.

    It returns None when a nested value has other keys, and raises TypeError for a None anywhere. Raises
    ValueError when the example has a key that the shape does not have.
    """
    source = _Source(model, element)
    content = source.structure(name, "v", example)
    return source.define(wrap(tag, content))


def define_scalar(kind: str, tag: str) -> Writer:
    """The writer of a scalar's element."""
    content = wrap(tag, f"{{{EXPRESSIONS[kind].format('v')}}}")
    return _execute(f"def write(v):\n return f'{content}'\n", {})


def wrap(tag: str, content: str) -> str:
    """An element around content; no element without a tag."""
    return f"<{tag}>{content}</{tag}>" if tag else content


def check_key(shape: Shape, name: str, key: str) -> None:
    """Refuse a key that the shape does not have."""
    if key not in shape.members:
        raise ValueError(f"{name} has no member {key!r}")


class _Source:
    """Source in the making: statements, the locals that hold texts, and the objects it refers to."""

    def __init__(self, model: ServiceModel, element: Element) -> None:
        self._model = model
        self._element = element
        self._lines: list[str] = []
        self._texts: list[str] = []
        self._names: dict[str, Any] = {}

    def structure(self, name: str, variable: str, example: Mapping[str, Any]) -> str:
        """Add what reads a structure out of `variable`; return the f-string's part for its members."""
        shape = self._model.shape(name)
        parts = []
        for key, value in example.items():
            check_key(shape, name, key)
            parts.append(self._member(shape, key, f'{variable}["{key}"]', value))
        return "".join(parts)

    def _member(self, shape: Shape, key: str, access: str, value: Any) -> str:
        name, tag = shape.members[key].shape, shape.answer_name(key)
        inner = self._model.shape(name)
        if inner.type == "string":
            self._texts.append(self._local(access))
            return wrap(tag, f"{{{self._texts[-1]}}}")
        if inner.type in EXPRESSIONS:
            return wrap(tag, f"{{{EXPRESSIONS[inner.type].format(access)}}}")
        if inner.type == "structure" and type(value) is dict:
            local = self._local(access)
            keys = self._name(tuple(value))
            self._guard(f"type({local}) is not dict or tuple({local}) != {keys}")
            return wrap(tag, self.structure(name, local, value))
        if inner.item is not None and type(value) is list:
            local = self._local(access)
            self._guard(f"type({local}) is not list")
            item = self._name(self._element(inner.item.shape, inner.item.answer))
            return wrap(tag, f"{{join(map({item}, {local}))}}")
        return f"{{{self._name(self._element(name, tag))}({access})}}"

    def _local(self, access: str) -> str:
        name = f"x{len(self._lines)}"
        self._lines.append(f"{name} = {access}")
        return name

    def _guard(self, different: str) -> None:
        self._lines.append(f"if {different}: return None")

    def _name(self, thing: Any) -> str:
        name = f"n{len(self._names)}"
        self._names[name] = thing
        return name

    def define(self, content: str) -> Attempt:
        """The function that all this source makes."""
        lines = list(self._lines)
        if self._texts:
            texts = ", ".join(self._texts) + ","
            lines.append(f"if special(join(({texts}))): {texts} = map(escape, ({texts}))")
        lines.append(f"return f'{content}'")
        return _execute("def write(v):\n" + "".join(f" {line}\n" for line in lines), self._names)


def _execute(source: str, names: dict[str, Any]) -> Writer:
    space: dict[str, Any] = {**_GLOBALS, **names}
    exec(source, space)  # noqa: S102 - the source is made of the shipped model's names alone
    writer: Writer = space["write"]
    return writer
