"""What a killed gateway leaves behind: every flow that it accepted ends, once, and nothing is left over."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from deltaic.conformance.case import Provision, case
from deltaic.conformance.cases.attachments import attached
from deltaic.conformance.checks import among, ensure, equal
from deltaic.conformance.gateway import Answer, Gateway, gateway_of
from deltaic.conformance.machines import gone, is_free, listed_volume, machine, volume
from deltaic.conformance.trial import Trial
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceState
from deltaic.model.snapshot import SnapshotState
from deltaic.model.volume import Volume, VolumeState

LIFE = ("instances_list", "instances_create", "instances_start", "instances_stop", "instances_delete")
PROVISIONS = (Provision.GATEWAY,)
GIB = 1 << 30
#: How many requests are on their way when the gateway dies.
CROWD = 3

Moment = Callable[[], Awaitable[object]]


async def killed(
    trial: Trial, gateway: Gateway, work: Sequence[Awaitable[Answer | None]], moment: Moment
) -> list[bool]:
    """Send requests, kill the gateway at a moment and start it again; which of the requests were answered."""
    asked = [asyncio.ensure_future(one) for one in work]
    await trial.until("the moment to die", moment)
    await gateway.kill()
    answers = await asyncio.gather(*asked)
    await gateway.start()
    wrong = [one.error for one in answers if one and one.error]
    equal("errors of a gateway that was about to die", wrong, [])
    return [one is not None for one in answers]


def launch(trial: Trial, gateway: Gateway, token: str) -> Awaitable[Answer | None]:
    """Ask for one machine; its token is its name, too."""
    return gateway.ask(
        "RunInstances", ImageId=trial.site.image_id, MinCount="1", MaxCount="1", ClientToken=token,
        TagSpecification_1_ResourceType="instance", TagSpecification_1_Tag_1_Key="Name",
        TagSpecification_1_Tag_1_Value=token,
    )  # fmt: skip


def terminate(gateway: Gateway, instance_id: str) -> Awaitable[Answer | None]:
    """Ask for the removal of a machine."""
    return gateway.ask("TerminateInstances", InstanceId_1=instance_id)


async def named(trial: Trial, name: str) -> list[Instance]:
    """The machines that a gateway called so."""
    found = await trial.driver.instances.list(trial.context(), details=False)
    return [one for one in found if one.annotation.tags.get("Name") == name]


@case(*LIFE, provisions=PROVISIONS)
async def launches_survive(trial: Trial) -> None:
    """Launches whose gateway dies are carried on; asked for again with its token, each is one running machine."""
    async with gateway_of(trial) as gateway:
        tokens: list[str] = []
        for moment in (_accepted, _made):
            crowd = [trial.name("vm") for _ in range(CROWD)]
            tokens += crowd
            work = [launch(trial, gateway, one) for one in crowd]
            done = await killed(trial, gateway, work, lambda: moment(trial, crowd))  # noqa: B023
            for token, answered in zip(crowd, done, strict=True):
                if not answered:
                    await _repeated(launch(trial, gateway, token))
        for token in tokens:
            await trial.until(f"one running machine {token}", lambda: _one_runs(trial, token))  # noqa: B023
        everything = {token: len(await named(trial, token)) for token in tokens}
        equal("machines of each request", everything, dict.fromkeys(tokens, 1))


@case(*LIFE, provisions=PROVISIONS)
async def whole_lives_survive(trial: Trial) -> None:
    """A gateway that dies at random moments of launches and removals ends them all the same."""
    # Moments, no secrets.
    seed = random.randrange(1 << 32)  # noqa: S311
    chance = random.Random(seed)  # noqa: S311

    async def some_time() -> bool:
        await asyncio.sleep(chance.uniform(0.0, 1.5))
        return True

    try:
        async with gateway_of(trial) as gateway:
            tokens = [trial.name("vm") for _ in range(CROWD)]
            done = await killed(trial, gateway, [launch(trial, gateway, one) for one in tokens], some_time)
            for token in [one for one, answered in zip(tokens, done, strict=True) if not answered]:
                await _repeated(launch(trial, gateway, token))
            for token in tokens:
                await trial.until(f"one running machine {token}", lambda: _one_runs(trial, token))  # noqa: B023
            ids = [one.id for token in tokens for one in await named(trial, token)]
            done = await killed(trial, gateway, [terminate(gateway, one) for one in ids], some_time)
            for instance_id in [one for one, answered in zip(ids, done, strict=True) if not answered]:
                await _repeated(terminate(gateway, instance_id), "InvalidInstanceID.NotFound")
            for instance_id in ids:
                await gone(trial, instance_id)
    except Exception as fault:
        fault.add_note(f"the moments came from the seed {seed}")
        raise


async def _repeated(request: Awaitable[Answer | None], *allowed: str) -> None:
    """A request that is sent again must be answered, without an error or with one of these."""
    answer = await request
    among("error of the repeated request", answer.error if answer else "no answer", ("", *allowed))


async def _accepted(trial: Trial, tokens: Sequence[str]) -> bool:
    return any([await named(trial, token) for token in tokens])


async def _made(trial: Trial, tokens: Sequence[str]) -> bool:
    found = [one for token in tokens for one in await named(trial, token)]
    return any(one.state is not InstanceState.CREATING for one in found)


async def _one_runs(trial: Trial, token: str) -> bool:
    """Whether the flow ended: its machine runs, and nothing is wanted of it any more."""
    found = await named(trial, token)
    ensure(f"there is at most one machine {token}", len(found) < 2)
    return [(one.state, one.annotation.want) for one in found] == [(InstanceState.RUNNING, None)]


@case(*LIFE, "volumes_create", "volumes_delete", "volumes_attach", provisions=PROVISIONS)
async def removals_survive(trial: Trial) -> None:
    """Removals whose gateway dies are carried on: the machines go, and the volumes that stood for themselves stay."""
    async with gateway_of(trial) as gateway:
        for moment in (_runs_no_more, _at_once):
            host, data = await machine(trial, InstanceState.RUNNING), await volume(trial)
            await attached(trial, data.id, host.id)
            work = [terminate(gateway, host.id)]
            if await killed(trial, gateway, work, lambda: moment(trial, host.id)) == [False]:  # noqa: B023
                await _repeated(terminate(gateway, host.id), "InvalidInstanceID.NotFound")
            await gone(trial, host.id)
            await trial.until("the volume is free", lambda: _is_free(trial, data.id))  # noqa: B023


async def _at_once(trial: Trial, instance_id: str) -> bool:
    return True


async def _runs_no_more(trial: Trial, instance_id: str) -> bool:
    try:
        found = await trial.driver.instances.get(trial.context(), instance_id, details=False)
    except Error as error:
        equal("kind of the error", error.kind, ErrorKind.NOT_FOUND)
        return True
    return found.state is not InstanceState.RUNNING


async def _is_free(trial: Trial, volume_id: str) -> bool:
    found = await listed_volume(trial, volume_id)
    ensure("the volume is still there", found)
    return found is not None and is_free(found)


@case("volumes_list", "volumes_create", "volumes_delete", "zones_list", provisions=PROVISIONS)
async def creations_of_volumes_survive(trial: Trial) -> None:
    """Volumes whose gateway dies while it makes them are finished; asked for again, each is there once."""
    zone = await trial.zone_id()
    size = str(max(1, trial.site.volume_size // GIB))
    async with gateway_of(trial) as gateway:
        crowd = [trial.name("vol") for _ in range(CROWD)]

        def create(token: str) -> Awaitable[Answer | None]:
            return gateway.ask(
                "CreateVolume", AvailabilityZone=zone, Size=size, ClientToken=token,
                TagSpecification_1_ResourceType="volume", TagSpecification_1_Tag_1_Key="Name",
                TagSpecification_1_Tag_1_Value=token,
            )  # fmt: skip

        async def first() -> bool:
            return any([await _volumes(trial, token) for token in crowd])

        done = await killed(trial, gateway, [create(token) for token in crowd], first)
        for token, answered in zip(crowd, done, strict=True):
            if not answered:
                await _repeated(create(token))

        async def all_there() -> bool:
            states = [[one.state for one in await _volumes(trial, token)] for token in crowd]
            return states == [[VolumeState.AVAILABLE]] * len(crowd)

        await trial.until("each volume is there once", all_there)


async def _volumes(trial: Trial, name: str) -> list[Volume]:
    found = await trial.driver.volumes.list(trial.context())
    return [one for one in found if name in (one.name, one.tags.get("Name"))]


@case(
    "volumes_create", "volumes_delete", "snapshots_list", "snapshots_create", "snapshots_delete", provisions=PROVISIONS
)
async def snapshots_survive(trial: Trial) -> None:
    """A snapshot whose gateway dies while it takes it is finished, once, without being asked for again."""
    source = await volume(trial)
    async with gateway_of(trial) as gateway:

        async def taken() -> list[SnapshotState]:
            found = await trial.driver.snapshots.list(trial.context())
            return [one.state for one in found if one.volume_id == source.id]

        name = trial.name("snap")
        ask = gateway.ask(
            "CreateSnapshot", VolumeId=source.id, TagSpecification_1_ResourceType="snapshot",
            TagSpecification_1_Tag_1_Key="Name", TagSpecification_1_Tag_1_Value=name,
        )  # fmt: skip
        await killed(trial, gateway, [ask], taken)

        async def completed() -> bool:
            return await taken() == [SnapshotState.COMPLETED]

        await trial.until("there is one completed snapshot", completed)

        async def named() -> bool:
            # Tags may follow what the cloud has made already.
            # Other cases have snapshots, too, at the same time.
            return _names(await gateway.must("DescribeSnapshots", Owner_1="self")).count(name) == 1

        await trial.until("the gateway shows one snapshot with its name", named)


def _names(answer: Answer) -> list[str]:
    return [each.findtext("value") or "" for each in answer.root.findall("snapshotSet/item/tagSet/item")]
