"""Python source for writing one structure with exactly the keys of an example.

What the example holds is folded in: nested structures into the same f-string, lists of structures into
loops, each with a guard that a value has the same keys there. Texts are checked for characters that need
escaping all at once, joined, because one scan of a long text costs less than many scans of short ones. The
source holds only names of the shipped model, never anything of a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from deltaic.protocols.aws.model import Member, ServiceModel, Shape
from deltaic.protocols.aws.scalars import EXPRESSIONS, NAMES
from deltaic.protocols.aws.text import MAYBE_SPECIAL, SPECIAL_ASCII

#: Appends the XML of a value to a list of pieces.
Writer: TypeAlias = Callable[[Any, list[str]], object]
#: The same; True when done, None (and nothing appended) for a value unlike the example it was made from.
Attempt: TypeAlias = Callable[[Any, list[str]], "bool | None"]
#: Makes the writer of an element from a shape's name and a tag.
Element: TypeAlias = Callable[[str, str], Writer]

MAX_LOOPS: Final = 8
_GLOBALS: Final = {**NAMES, "SPECIAL_ASCII": SPECIAL_ASCII, "join": "".join}


def generate(model: ServiceModel, name: str, tag: str, example: Mapping[str, Any], element: Element) -> Attempt:
    """The function for structures of shape `name` with the example's keys, in its order.

    It raises TypeError for a None anywhere, when pieces may already be appended. Raises ValueError when the
    example has a key that the shape does not have.
    """
    source = _Source(model, element)
    _Scope(source, 1, "return None").element(name, tag, "v", example)
    source.lines.append(" return True")
    return _execute("def write(v, o):\n" + "\n".join(source.lines) + "\n", source.names)


def define_scalar(kind: str, tag: str) -> Writer:
    """The writer of a scalar's element."""
    content = f"<{tag}>{{{EXPRESSIONS[kind].format('v')}}}</{tag}>"
    return _execute(f"def write(v, o):\n o.append(f'{content}')\n", {})


def check_key(shape: Shape, name: str, key: str) -> None:
    """Refuse a key that the shape does not have."""
    if key not in shape.members:
        raise ValueError(f"{name} has no member {key!r}")


class _Source:
    """Source in the making: its lines and the objects that it refers to."""

    def __init__(self, model: ServiceModel, element: Element) -> None:
        self.model = model
        self.element = element
        self.lines: list[str] = []
        self.names: dict[str, Any] = {}
        self.locals = 0

    def name(self, thing: Any) -> str:
        """A global name for an object."""
        name = f"n{len(self.names)}"
        self.names[name] = thing
        return name

    def local(self) -> str:
        """A local name not used before."""
        self.locals += 1
        return f"x{self.locals}"


class _Scope:
    """One structure and all that is folded into its f-string: the function's own, or a loop's item.

    `otherwise` is what to do when a guard fails. All guards come before the first piece is appended.
    """

    def __init__(self, source: _Source, indent: int, otherwise: str) -> None:
        self._source = source
        self._indent = indent
        self._otherwise = otherwise
        self._texts: list[str] = []
        self._parts: list[str | Callable[[], None]] = []

    def element(self, name: str, tag: str, variable: str, example: Mapping[str, Any]) -> None:
        """Write the lines for the structure in `variable`."""
        self._open(tag)
        self._members(name, variable, example)
        self._close(tag)
        if self._texts:
            texts = ", ".join(self._texts) + ","
            self._line(f"t = join(({texts}))")
            self._line(f"if {MAYBE_SPECIAL.format('t')}: {texts} = map(escape, ({texts}))")
        content = ""
        for part in self._parts:
            if isinstance(part, str):
                content += part
            else:
                self._append(content)
                content = ""
                part()
        self._append(content)

    def _append(self, content: str) -> None:
        if content:
            self._line(f"o.append(f'{content}')")

    def _members(self, name: str, variable: str, example: Mapping[str, Any]) -> None:
        shape = self._source.model.shape(name)
        for key, value in example.items():
            check_key(shape, name, key)
            self._member(shape, key, f'{variable}["{key}"]', value)

    def _member(self, shape: Shape, key: str, access: str, value: Any) -> None:
        name, tag = shape.members[key].shape, shape.answer_name(key)
        inner = self._source.model.shape(name)
        if inner.type == "string":
            self._texts.append(self._read(access))
            self._parts.append(f"<{tag}>{{{self._texts[-1]}}}</{tag}>")
        elif inner.type in EXPRESSIONS:
            self._parts.append(f"<{tag}>{{{EXPRESSIONS[inner.type].format(access)}}}</{tag}>")
        elif inner.type == "structure" and type(value) is dict:
            local = self._read(access)
            self._line(self._guard(local, value, self._otherwise))
            self._open(tag)
            self._members(name, local, value)
            self._close(tag)
        elif inner.item is not None and type(value) is list:
            local = self._read(access)
            self._line(f"if type({local}) is not list: {self._otherwise}")
            self._open(tag)
            self._parts.append(self._loop(inner.item, local, value))
            self._close(tag)
        else:
            writer = self._source.name(self._source.element(name, tag))
            self._parts.append(lambda: self._line(f"{writer}({access}, o)"))

    def _loop(self, ref: Member, local: str, values: list[Any]) -> Callable[[], None]:
        """What writes the items of a list: in place when they are like the example's first, else by a call."""
        writer, item = self._source.name(self._source.element(ref.shape, ref.answer)), self._source.local()
        example = values[0] if values and type(values[0]) is dict else {}
        foldable = example and None not in example.values() and self._indent <= MAX_LOOPS

        def lines() -> None:
            call = f"{writer}({item}, o)"
            self._line(f"for {item} in {local}:")
            scope = _Scope(self._source, self._indent + 1, f"{call}; continue")
            if foldable:
                scope._line(scope._guard(item, example, scope._otherwise))
                scope.element(ref.shape, ref.answer, item, example)
            else:
                scope._line(call)

        return lines

    def _guard(self, variable: str, example: Mapping[str, Any], otherwise: str) -> str:
        keys = self._source.name(tuple(example))
        return f"if type({variable}) is not dict or tuple({variable}) != {keys}: {otherwise}"

    def _read(self, access: str) -> str:
        local = self._source.local()
        self._line(f"{local} = {access}")
        return local

    def _open(self, tag: str) -> None:
        if tag:
            self._parts.append(f"<{tag}>")

    def _close(self, tag: str) -> None:
        if tag:
            self._parts.append(f"</{tag}>")

    def _line(self, text: str) -> None:
        self._source.lines.append(" " * self._indent + text)


def _execute(source: str, names: dict[str, Any]) -> Attempt:
    space: dict[str, Any] = {**_GLOBALS, **names}
    exec(source, space)  # noqa: S102 - the source is made of the shipped model's names alone
    write: Attempt = space["write"]
    return write
