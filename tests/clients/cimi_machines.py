"""Machines that tests make by links and operations alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.clients.cimi_links import Follower
from tests.support.processes import until

Document = dict[str, Any]
Make = Callable[..., Document]


def workshop_image(follower: Follower) -> str:
    """The address of the image that machines are made from."""
    return follower.named("MachineImage", "Workshop template")


def new_machine(follower: Follower, name: str, state: str = "STOPPED", image: str = "", **template: Any) -> Document:
    """A machine that has reached its first state; `image` is an address, at first the workshop's."""
    image = image or workshop_image(follower)
    template |= {"initialState": state, "machineImage": {"href": image}}
    made = follower.add("Machine", {"name": name, "machineTemplate": template}, "MachineCreate")
    return follower.reached(made["id"], "Machine", state)


def remove_machine(follower: Follower, machine: Document) -> None:
    """Remove a machine; the engine has it no more."""
    follower.remove(machine["id"], "Machine")
    until(lambda: not follower.engine_has(machine))


@contextmanager
def machine_maker(follower: Follower) -> Iterator[Make]:
    """Makes machines as `new_machine` does; they are removed unless the test did."""
    made: list[Document] = []

    def make(state: str = "STOPPED", image: str = "", name: str = "made-for-a-test", **template: Any) -> Document:
        made.append(new_machine(follower, name, state, image, **template))
        return made[-1]

    yield make
    for one in made:
        if follower.send("GET", one["id"]).status == 200:
            remove_machine(follower, one)
