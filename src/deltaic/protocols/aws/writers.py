"""Writers compiled from output shapes: a plain dict in, XML text out.

Strategy: dicts of one kind nearly always have the same keys in the same order. So a structure's writer
keeps one generated function per key sequence it has met, in which every element is folded into a single
f-string; the function is found by `tuple(value)`. Texts are checked for characters that need escaping all
at once, joined, because one scan of a long text costs less than twenty scans of short ones. Past
`MAX_VARIANTS` key sequences a shape falls back to one small writer per member.

A None stands for an absent key. The generated functions don't look for it: every conversion raises
TypeError on None, and only then the dict is copied without its Nones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from deltaic.protocols.aws.model import ServiceModel, Shape
from deltaic.protocols.aws.text import escape, find_special
from deltaic.protocols.aws.user_data import encode_base64

Writer: TypeAlias = Callable[[Any], str]

MAX_VARIANTS: Final = 256


class Fragment(str):
    """XML of one element, tag included, rendered ahead of time; it may stand where that element's value does."""

    __slots__ = ()


def timestamp(value: datetime | str) -> str:
    """`YYYY-MM-DDThh:mm:ss.mmmZ`; a moment without zone is UTC, text is taken as it is.

    Raises TypeError for anything else.
    """
    if isinstance(value, str):
        return escape(value)
    if not isinstance(value, datetime):
        raise TypeError(f"not a time: {type(value).__name__}")
    if value.tzinfo is not None and value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return f"{value.isoformat(timespec='milliseconds')[:23]}Z"


def blob(value: bytes) -> str:
    """Base64 of bytes; raises TypeError for anything else."""
    return encode_base64(value)


def number(value: float) -> str:
    """The shortest text that reads back as the same number; raises TypeError for anything else."""
    return repr(float(value)) if not isinstance(value, str) else _refuse(value)


def _refuse(value: object) -> str:
    raise TypeError(f"not a number: {type(value).__name__}")


#: What the generated source says for a scalar of each type; `{0}` is the value.
_EXPRESSIONS: Final = {
    "string": "{0}",  # a local variable, escaped before
    "integer": "{0}:d",
    "long": "{0}:d",
    "boolean": "BOOLEAN[{0}]",
    "timestamp": "timestamp({0})",
    "blob": "blob({0})",
    "double": "number({0})",
    "float": "number({0})",
}
_GLOBALS: Final = {
    "BOOLEAN": ("false", "true"),
    "timestamp": timestamp,
    "blob": blob,
    "number": number,
    "find": find_special,
    "escape": escape,
    "join": "".join,
}


def compile_element(model: ServiceModel, name: str, tag: str) -> Writer:
    """The writer of one element of shape `name` with that tag."""
    shape = model.shape(name)
    if shape.type == "structure":
        return _structure(model, name, shape, tag)
    if shape.type == "list":
        return _list(model, shape, tag)
    return _scalar(shape.type, tag)


def compile_members(model: ServiceModel, name: str) -> Writer:
    """The writer of a structure's members without an element around them."""
    return _structure(model, name, model.shape(name), "")


def _scalar(kind: str, tag: str) -> Writer:
    value = "escape(v)" if kind == "string" else _EXPRESSIONS[kind].format("v")
    return _define(f"def write(v):\n return f'<{tag}>{{{value}}}</{tag}>'\n", {})


def _list(model: ServiceModel, shape: Shape, tag: str) -> Writer:
    assert shape.item is not None
    item = compile_element(model, shape.item.shape, shape.item.answer)
    opening, closing, join = f"<{tag}>", f"</{tag}>", "".join

    def write(value: Any) -> str:
        if type(value) is Fragment:
            return value
        if isinstance(value, (str, Mapping)):
            raise TypeError(f"{tag}: not a list but {type(value).__name__}")
        return opening + join([item(entry) for entry in value]) + closing

    return write


def _structure(model: ServiceModel, name: str, shape: Shape, tag: str) -> Writer:
    variants: dict[tuple[str, ...], Writer] = {}
    find = variants.get
    members: dict[str, Writer] = {}

    def member(key: str) -> Writer:
        """The writer of one member, compiled when it is first met (shapes may refer to themselves)."""
        writer = members.get(key)
        if writer is None:
            if key not in shape.members:
                raise ValueError(f"{name} has no member {key!r}")
            writer = members[key] = compile_element(model, shape.members[key].shape, shape.answer_name(key))
        return writer

    def general(value: Mapping[str, Any]) -> str:
        text = "".join([member(key)(entry) for key, entry in value.items()])
        return f"<{tag}>{text}</{tag}>" if tag else text

    def variant(value: Any) -> Writer:
        if not isinstance(value, Mapping):
            raise TypeError(f"{name}: not a mapping but {type(value).__name__}")
        if len(variants) >= MAX_VARIANTS:
            return general
        keys = tuple(value)
        writer = variants[keys] = _variant(model, shape, tag, keys, member)
        return writer

    def write(value: Any) -> str:
        if type(value) is Fragment:
            return value
        writer = find(tuple(value)) or variant(value)
        try:
            return writer(value)
        except TypeError:
            present = {key: entry for key, entry in value.items() if entry is not None}
            if len(present) == len(value):
                raise
            return (find(tuple(present)) or variant(present))(present)

    return write


def _variant(
    model: ServiceModel, shape: Shape, tag: str, keys: tuple[str, ...], member: Callable[[str], Writer]
) -> Writer:
    """The generated function for values with exactly these keys, in this order.

    Its source holds only names from the model, never from a value.
    """
    texts: list[str] = []
    names: dict[str, Any] = {}
    body: list[str] = []
    for index, key in enumerate(keys):
        writer = member(key)  # also proves that the key is the model's
        kind = model.shape(shape.members[key].shape).type
        if kind == "string":
            texts.append(f"t{index}")
            body.append(_element(shape.answer_name(key), f"t{index}"))
        elif kind in _EXPRESSIONS:
            expression = _EXPRESSIONS[kind].format(f'v["{key}"]')
            body.append(_element(shape.answer_name(key), expression))
        else:
            names[f"w{index}"] = writer
            body.append(f'{{w{index}(v["{key}"])}}')
    lines = [f' t{index} = v["{key}"]\n' for index, key in enumerate(keys) if f"t{index}" in texts]
    if texts:
        every = ", ".join(texts)
        lines.append(f" if find(join(({every},))) is not None:\n")
        lines.append(f"  {every}, = map(escape, ({every},))\n")
    content = "".join(body)
    content = f"<{tag}>{content}</{tag}>" if tag else content
    return _define(f"def write(v):\n{''.join(lines)} return f'{content}'\n", names)


def _element(tag: str, expression: str) -> str:
    return f"<{tag}>{{{expression}}}</{tag}>"


def _define(source: str, names: dict[str, Any]) -> Writer:
    space: dict[str, Any] = {**_GLOBALS, **names}
    exec(source, space)  # noqa: S102 - the source is made of the shipped model's names alone
    writer: Writer = space["write"]
    return writer
