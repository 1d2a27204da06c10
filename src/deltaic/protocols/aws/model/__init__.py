"""AWS's service models, cut down to the served actions (generated JSON beside this file) and typed.

`tools/generate_aws_model.py` writes the data and describes its form.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

#: Shape names that are types; every other shape is an entry of `ServiceModel.shapes`.
SCALARS: Final = frozenset({"string", "integer", "long", "boolean", "blob", "timestamp", "double", "float"})


class Member(msgspec.Struct, array_like=True, frozen=True):
    """A reference to a shape: from a structure's member or from a list to its items."""

    shape: str
    answer: str = ""
    request: str = ""


class Shape(msgspec.Struct, frozen=True):
    """A structure (`members`, `required`), a list (`item`) or a limited integer (`min`, `max`)."""

    type: str
    members: dict[str, Member] = {}
    required: tuple[str, ...] = ()
    item: Member | None = None
    min: int | None = None
    max: int | None = None

    def request_name(self, name: str) -> str:
        """What a request calls the member `name`."""
        member = self.members[name]
        return member.request or capitalised(self.answer_name(name))

    def answer_name(self, name: str) -> str:
        """What an answer calls the member `name`."""
        return self.members[name].answer or name


class Action(msgspec.Struct, frozen=True):
    """Shape names of an action's input and output, and which output member is paged."""

    input: str = ""
    output: str = ""
    page: str = ""


class ServiceModel(msgspec.Struct, frozen=True):
    """The served part of one service."""

    service: str
    version: str
    actions: dict[str, Action]
    shapes: dict[str, Shape]

    def shape(self, name: str) -> Shape:
        """The shape of that name; a scalar's shape has only a type."""
        return Shape(type=name) if name in SCALARS else self.shapes[name]


def capitalised(name: str) -> str:
    """The rule by which the ec2 protocol makes request names of answer names."""
    return name[:1].upper() + name[1:]


@cache
def service_model(service: str) -> ServiceModel:
    """The model of `ec2` or `sts`, read once."""
    data = files(__package__).joinpath(f"{service}.json").read_bytes()
    return msgspec.json.decode(data, type=ServiceModel)
