"""Creating machines: markers, names, and references that are wrong."""

from __future__ import annotations

import asyncio

from deltaic.conformance.case import Provision, case
from deltaic.conformance.checks import ensure, equal, refused
from deltaic.conformance.machines import created, gone, machine, reached, spec
from deltaic.conformance.trial import Trial
from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState

MAKES = ("instances_list", "instances_create", "instances_delete")
WRONG = (ErrorKind.NOT_FOUND, ErrorKind.INVALID)
#: An id with a dot stands for a snapshot, which not every cloud makes machines of.
ODD = (*WRONG, ErrorKind.MALFORMED_ID, ErrorKind.UNSUPPORTED)


@case(*MAKES)
async def a_launch_is_found_by_its_marker(trial: Trial) -> None:
    """A machine is found by its own marker from the moment of its creation, and by no other."""
    marker = trial.marker()
    made = await created(trial, annotation=Annotation(launch=marker))
    other = await created(trial)
    equal("machines with its marker", await _marked(trial, marker), [made.id])
    for wrong in (trial.marker(), marker[:-1], marker + "0", ""):
        equal(f"machines with the marker '{wrong}'", await _marked(trial, wrong), [])
    equal("machines with the other marker", await _marked(trial, other.annotation.launch), [other.id])


async def _marked(trial: Trial, marker: str) -> list[str]:
    return [one.id for one in await trial.driver.instances.find_launch(trial.context(), marker)]


@case(*MAKES)
async def what_a_launch_notes_is_there(trial: Trial) -> None:
    """Everything that an annotation holds at the creation is read back, one by one and in lists."""
    note = Annotation(
        tags={"Name": "Wéb server", "empty": "", "quote": 'a"b\\c\nd', "a.b/c:d": "x" * 255},
        key_name="ann's key",
        launch=trial.marker(),
        launch_index=3,
        reservation="r-1",
        client_token="token 1",  # noqa: S106 - a client's name for its request
        instance_type="m1.small",
        owner="123456789012",
        launched_at=1_790_000_000,
        monitored=True,
        traits={"class": "GOLD"},
    )
    made = await created(trial, annotation=note)
    equal("annotation of the creation's answer", made.annotation, note)
    found = await reached(trial, made.id, InstanceState.RUNNING, InstanceState.STOPPED)
    equal("annotation when it is made", found.annotation, note)
    listed = [one.annotation for one in await trial.driver.instances.list(trial.context()) if one.id == made.id]
    equal("annotation in the list", listed, [note])


@case(*MAKES)
async def machines_of_one_name(trial: Trial) -> None:
    """A second machine of a name is refused for it, or is another one: never the first."""
    first = await created(trial)
    try:
        second = await created(trial, name=first.name)
    except Error as error:
        equal("refusal of a taken name", (error.kind, error.field), (ErrorKind.ALREADY_EXISTS, "name"))
    else:
        ensure("the second machine is another one", second.id != first.id)


@case(*MAKES)
async def wrong_references_are_named(trial: Trial) -> None:
    """A machine of an image, in a zone, of a size or on a network that there is not: refused, the field is named."""
    nothing = trial.site.unknown_id
    wrong: dict[str, object] = {"image_id": nothing, "zone_id": nothing}
    if trial.driver.capability.instances_create_with_instance_type:
        wrong["instance_type_id"] = nothing
    if trial.driver.capability.instances_create_with_networks:
        wrong["network_ids"] = (nothing,)
    names = []
    for field, value in wrong.items():
        wanted = await spec(trial, **{field: value})
        names.append(wanted.name)
        async with refused(f"creation with a wrong {field}", *WRONG, fields=[field]):
            await trial.driver.instances.create(trial.context(), wanted)
    found = [one.name for one in await trial.driver.instances.list(trial.context(), details=False)]
    equal("machines of refused creations", [name for name in names if name in found], [])


@case(*MAKES)
async def references_that_can_not_be_ids_are_named(trial: Trial) -> None:
    """Texts that can't be ids are refused like unknown ones, whatever they would mean in a path or a query."""
    for text in ("../servers", "a b", "x" * 300, "a;b", "%00", "ä"):
        for field in ("image_id", "zone_id"):
            wanted = await spec(trial, **{field: text})
            async with refused(f"creation with the {field} '{text[:20]}'", *ODD, fields=[field]):
                await trial.driver.instances.create(trial.context(), wanted)


@case(*MAKES, provisions=(Provision.FAIL_CREATION,))
async def a_creation_that_fails_tells_why(trial: Trial) -> None:
    """A machine whose creation fails is gone or broken, and the cloud's own words about it can be asked for."""
    await trial.harness.cause(Provision.FAIL_CREATION)
    made = await created(trial)

    async def failed() -> bool:
        try:
            found = await trial.driver.instances.get(trial.context(), made.id)
        except Error as error:
            equal("kind of the error", error.kind, ErrorKind.NOT_FOUND)
            return True
        ensure("it does not come up", found.state not in (InstanceState.RUNNING, InstanceState.STOPPED))
        return found.state is InstanceState.ERROR

    await trial.until("the creation failed", failed)
    ensure("the cloud tells why", await trial.driver.instances.creation_failure(trial.context(), made.id))
    if await trial.driver.instances.list(trial.context(), ids=[made.id]):
        await trial.patiently(lambda: trial.driver.instances.delete(trial.context(), made.id))
        await gone(trial, made.id)


@case(*MAKES, provisions=(Provision.LOST_ANSWER,))
async def a_lost_answer_leaves_a_machine_that_is_found(trial: Trial) -> None:
    """A creation whose answer gets lost is not repeated by the driver; its machine is found by the marker."""
    await trial.harness.cause(Provision.LOST_ANSWER)
    wanted = await spec(trial)
    async with refused("creation without an answer", ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT):
        await trial.driver.instances.create(trial.context(), wanted)
    await trial.harness.heal()
    found = await _marked(trial, wanted.annotation.launch)
    equal("machines that it made", len(found), 1)
    await reached(trial, found[0], InstanceState.RUNNING, InstanceState.STOPPED)
    equal("machines of its name", await _named(trial, wanted.name), found)


async def _named(trial: Trial, name: str) -> list[str]:
    return [one.id for one in await trial.driver.instances.list(trial.context(), details=False) if one.name == name]


@case(*MAKES)
async def many_launches_at_once(trial: Trial) -> None:
    """Eight machines asked for at once are eight, each with its own marker; lists meanwhile have no doubles."""
    wanted = [await spec(trial) for _ in range(8)]
    making = [asyncio.ensure_future(trial.driver.instances.create(trial.context(), one)) for one in wanted]
    lists = [trial.driver.instances.list(trial.context()) for _ in range(4)]
    for listed in await asyncio.gather(*lists):
        equal("machines that are in a list twice", len({one.id for one in listed}), len(listed))
    made = [one.id for one in await asyncio.gather(*making)]
    equal("different machines", len(set(made)), len(wanted))
    for one, instance_id in zip(wanted, made, strict=True):
        equal("machines with its marker", await _marked(trial, one.annotation.launch), [instance_id])
    for instance_id in made:
        await reached(trial, instance_id, InstanceState.RUNNING, InstanceState.STOPPED)


@case(*MAKES, "networks_list", "instances_create_with_networks")
async def a_machine_is_on_the_networks_that_were_asked_for(trial: Trial) -> None:
    """Interfaces are on the networks that the creation named, in their order."""
    networks = [one.id for one in await trial.driver.networks.list(trial.context())]
    ensure("there is a network", networks)
    chosen = (trial.site.network_id or networks[0],)
    made = await machine(trial, InstanceState.RUNNING, network_ids=chosen)
    equal("networks of its interfaces", tuple(one.network_id for one in made.nics), chosen)
