"""Named sizes."""

from __future__ import annotations

from deltaic.conformance.case import case
from deltaic.conformance.checks import ensure, equal
from deltaic.conformance.machines import machine
from deltaic.conformance.trial import Trial


@case("instance_types_list")
async def sizes_are_listed_smallest_first(trial: Trial) -> None:
    """Named sizes come smallest first, each once, with memory and processors."""
    found = await trial.driver.instance_types.list(trial.context())
    ensure("there is a size", found)
    equal("ids that are there twice", len({one.id for one in found}), len(found))
    equal("sizes without a name, memory or processor", [one for one in found if _is_empty(one)], [])
    memory = [one.memory for one in found]
    equal("order of the sizes by memory", memory, sorted(memory))


def _is_empty(one: object) -> bool:
    return not all(getattr(one, member) for member in ("id", "name", "memory", "cpus"))


@case("instance_types_list", "instances_create_with_instance_type", "instances_delete")
async def a_machine_has_the_size_that_was_asked_for(trial: Trial) -> None:
    """A machine of a named size has its memory and processors, and tells its name."""
    found = await trial.driver.instance_types.list(trial.context())
    wanted = next((one for one in found if one.id == trial.site.instance_type_id), found[0])
    made = await machine(trial, instance_type_id=wanted.id)
    equal(
        "size of the machine", (made.instance_type_id, made.memory, made.cpus), (wanted.id, wanted.memory, wanted.cpus)
    )


@case("instances_create_with_size", "instances_delete")
async def a_machine_has_an_open_size(trial: Trial) -> None:
    """A machine made by memory and processors has just these."""
    made = await machine(trial, memory=256 << 20, cpus=2)
    equal("size of the machine", (made.instance_type_id, made.memory, made.cpus), ("", 256 << 20, 2))
