"""The graph of an instance's states, in every form in which it can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from deltaic.protocols.deltacloud.elements import Element, element


class Transition(Struct, frozen=True):
    """A way from one state to another: by an action of the client, or by itself."""

    to: str
    action: str = ""


class State(Struct, frozen=True):
    """A state and where it leads."""

    name: str
    transitions: tuple[Transition, ...] = ()


def states_xml(states: Sequence[State]) -> Element:
    """The element `states`."""
    return element(
        "states",
        *(element("state", *map(_transition_xml, state.transitions), name=state.name) for state in states),
    )


def _transition_xml(one: Transition) -> Element:
    return (
        element("transition", action=one.action, to=one.to)
        if one.action
        else element("transition", auto="true", to=one.to)
    )


def states_json(states: Sequence[State]) -> list[dict[str, Any]]:
    """The list."""
    return [
        {"name": state.name, "transitions": [_transition_json(one) for one in state.transitions]} for state in states
    ]


def _transition_json(one: Transition) -> dict[str, Any]:
    return {"to": one.to, "action": one.action} if one.action else {"to": one.to, "auto": "true"}


def states_graphviz(states: Sequence[State]) -> bytes:
    """The graph in the language of GraphViz."""
    lines = [f'  "{state.name}" [shape=box, style=rounded];' for state in states]
    lines += [
        f'  "{state.name}" -> "{one.to}" [label="{one.action or "auto"}"{"" if one.action else ", style=dashed"}];'
        for state in states
        for one in state.transitions
    ]
    return "\n".join(("digraph instance_states {", "  rankdir=LR;", *lines, "}", "")).encode()
