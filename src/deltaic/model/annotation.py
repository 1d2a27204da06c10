"""What the gateway keeps about an object inside the engine itself."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

#: Unix seconds of a day that calendars hold; a comment can be written by anybody who may edit the object.
Moment = Annotated[int, Meta(ge=0, le=253_402_300_799)]


class Want(StrEnum):
    """What an unfinished flow is driving an instance to."""

    RUNNING = "running"  # being launched
    STOPPED = "stopped"  # being created to stay down
    PAUSED = "paused"  # being launched to wait, powered up and frozen
    TERMINATED = "terminated"  # being removed


#: A launch is under way.
LAUNCHING: frozenset[Want | None] = frozenset({Want.RUNNING, Want.STOPPED, Want.PAUSED})


class GivenUp(Struct, frozen=True, omit_defaults=True):
    """Why the gateway gave up to bring a machine up: the kind of the `Error` and its sentence.

    `rest` tells since when the machine rested then (`Instance.rest`): once it ran, the reason is out of date.
    """

    kind: str
    message: str
    rest: int = 0


class Annotation(Struct, frozen=True, omit_defaults=True):
    """Gateway data carried in an engine object's comment, as one line of JSON.

    `reservation` groups what one launch call made; `launch` is `<launch id>:<index>`, the marker by which a
    repeated creation step finds what it already made. `launched_at` is Unix seconds, `first_run` the run that the
    launch began (`Instance.run`), `given_up` why there is none; `monitored` is a caller's wish that tools compare.
    A `promised` image was shown under its marker before the cloud had it.
    `traits` are what a protocol's clients said of the object that the cloud has no member for.
    `text` is a person's own text in the comment: it is kept apart from the JSON line and survives every edit.
    """

    tags: dict[str, str] = {}
    key_name: str = ""
    want: Want | None = None
    launch: str = ""
    launch_index: int = 0
    reservation: str = ""
    client_token: str = ""
    instance_type: str = ""
    owner: str = ""
    launched_at: Moment = 0
    first_run: int = 0
    given_up: GivenUp | None = None
    monitored: bool = False
    promised: bool = False
    traits: dict[str, str] = {}
    text: str = ""
