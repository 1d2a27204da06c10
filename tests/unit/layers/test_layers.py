"""What wraps every driver."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import MagicMock

import pytest
from prometheus_client import REGISTRY

from deltaic.layers import wrap
from deltaic.layers.base import NOUNS, layered
from deltaic.layers.capability import CapabilityLayer
from deltaic.layers.coalesce import CoalesceLayer
from deltaic.layers.retry import RetryLayer
from deltaic.layers.timeout import TimeoutLayer
from deltaic.model.annotation import Annotation
from deltaic.model.capability import Capability
from deltaic.model.context import Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceSpec
from tests.unit.layers.worlds import EVERYTHING, ScriptedDriver, context


async def echo(verb: str) -> str:
    return verb


def failing(*kinds: ErrorKind | None, retryable: bool | None = None) -> Any:
    """A script that fails with these kinds in turn; None answers."""
    rest = list(kinds)

    async def script(verb: str) -> str:
        kind = rest.pop(0)
        if kind is not None:
            raise Error(kind, "scripted", retryable=retryable)
        return verb

    return script


async def no_sleep(seconds: float) -> None:
    """Not even a turn of the loop."""


def spec(**members: Any) -> InstanceSpec:
    return InstanceSpec("web", "image", "zone", **members)


def required(noun: str, verb: Callable[..., Any]) -> dict[str, Any]:
    """Something for every parameter that a verb has no default for."""
    made: Any = spec() if noun == "instances" else MagicMock()
    given: dict[str, Any] = {"spec": made, "changes": None, "edit": None}
    parameters = list(inspect.signature(verb).parameters.values())[2:]
    return {one.name: given.get(one.name, "i") for one in parameters if one.default is inspect.Parameter.empty}


class TestWholeStack:
    @pytest.mark.parametrize("noun", sorted(NOUNS))
    async def test_every_verb_reaches_the_driver(self, noun: str) -> None:
        driver = ScriptedDriver(echo)
        wrapped = wrap(driver)
        verbs = [name for name in vars(NOUNS[noun]) if not name.startswith("_")]
        for verb in verbs:
            given = required(noun, getattr(NOUNS[noun], verb))
            assert await getattr(getattr(wrapped, noun), verb)(context(), **given) == f"{noun}.{verb}"
        assert driver.calls == [f"{noun}.{verb}" for verb in verbs]

    async def test_own_verbs(self) -> None:
        driver = ScriptedDriver(echo)
        wrapped = wrap(driver)
        assert (wrapped.name, wrapped.capability) == ("scripted", EVERYTHING)
        assert await wrapped.login(context()) == "login"
        await wrapped.close()
        assert driver.calls == ["login", "close"]

    async def test_metrics_count_outcomes(self) -> None:
        def count(outcome: str) -> float:
            labels = {"driver": "scripted", "verb": "instances.start", "outcome": outcome}
            return REGISTRY.get_sample_value("deltaic_driver_seconds_count", labels) or 0.0

        before = count("ok"), count("busy")
        wrapped = wrap(ScriptedDriver(failing(None, ErrorKind.BUSY)))
        await wrapped.instances.start(context(), "i")
        with pytest.raises(Error, match="scripted"):
            await wrapped.instances.start(context(), "i")
        assert (count("ok"), count("busy")) == (before[0] + 1, before[1] + 1)


class TestCapability:
    @pytest.mark.parametrize(
        ("verb", "flag"),
        [("list", "instances_list"), ("create", "instances_create"), ("reboot", "instances_reboot")],
    )
    async def test_a_verb_that_is_off(self, verb: str, flag: str) -> None:
        driver = ScriptedDriver(echo, Capability())
        wrapped = layered(driver, [CapabilityLayer(driver.capability)])
        given = {"create": (spec(),), "reboot": ("i",)}.get(verb, ())
        with pytest.raises(Error) as caught:
            await getattr(wrapped.instances, verb)(context(), *given)
        assert (caught.value.kind, caught.value.operation) == (ErrorKind.UNSUPPORTED, f"instances.{verb}")
        assert driver.calls == []

    @pytest.mark.parametrize(
        ("member", "value"),
        [("user_data", b"x"), ("authorized_keys", ("k",)), ("instance_type_id", "t"), ("memory", 1), ("network_ids", ("n",))],  # noqa: E501
    )  # fmt: skip
    async def test_an_argument_that_is_off(self, member: str, value: Any) -> None:
        driver = ScriptedDriver(echo, Capability(instances_create=True))
        wrapped = layered(driver, [CapabilityLayer(driver.capability)])
        assert await wrapped.instances.create(context(), spec()) == "instances.create"
        with pytest.raises(Error) as caught:
            await wrapped.instances.create(context(), spec(**{member: value}))
        assert (caught.value.kind, caught.value.field) == (ErrorKind.UNSUPPORTED, member)

    async def test_force_that_is_off(self) -> None:
        driver = ScriptedDriver(echo, Capability(instances_stop=True))
        wrapped = layered(driver, [CapabilityLayer(driver.capability)])
        await wrapped.instances.stop(context(), "i")
        with pytest.raises(Error) as caught:
            await wrapped.instances.stop(context(), "i", force=True)
        assert caught.value.field == "force"

    async def test_a_paused_start_that_is_off(self) -> None:
        driver = ScriptedDriver(echo, Capability(instances_start=True))
        wrapped = layered(driver, [CapabilityLayer(driver.capability)])
        await wrapped.instances.start(context(), "i")
        with pytest.raises(Error) as caught:
            await wrapped.instances.start(context(), "i", paused=True)
        assert (caught.value.kind, caught.value.field) == (ErrorKind.UNSUPPORTED, "paused")

    async def test_limits(self) -> None:
        wrapped = layered(ScriptedDriver(echo), [CapabilityLayer(EVERYTHING)])
        assert await wrapped.instances.create(context(), spec(user_data=b"x" * 16)) == "instances.create"
        with pytest.raises(Error) as caught:
            await wrapped.instances.create(context(), spec(user_data=b"x" * 17))
        assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "user_data")


class TestRetry:
    def wrapped(self, driver: ScriptedDriver) -> Any:
        return layered(driver, [RetryLayer(sleep=no_sleep)])

    async def test_a_read_is_repeated(self) -> None:
        driver = ScriptedDriver(failing(ErrorKind.UNAVAILABLE, ErrorKind.RATE_LIMITED, None))
        assert await self.wrapped(driver).instances.list(context()) == "instances.list"
        assert len(driver.calls) == 3

    async def test_but_not_for_ever(self) -> None:
        driver = ScriptedDriver(failing(*[ErrorKind.UNAVAILABLE] * 9))
        with pytest.raises(Error, match="scripted"):
            await self.wrapped(driver).instances.list(context())
        assert len(driver.calls) == 4

    @pytest.mark.parametrize("verb", ["create", "start", "delete", "reboot", "suspend"])
    async def test_a_change_is_not(self, verb: str) -> None:
        driver = ScriptedDriver(failing(ErrorKind.UNAVAILABLE, None))
        with pytest.raises(Error, match="scripted"):
            await getattr(self.wrapped(driver).instances, verb)(context(), spec() if verb == "create" else "i")
        assert len(driver.calls) == 1

    async def test_a_safe_change_is(self) -> None:
        driver = ScriptedDriver(failing(ErrorKind.UNAVAILABLE, None))
        await self.wrapped(driver).instances.annotate(context(), "i", lambda old: Annotation(text=old.text))
        assert len(driver.calls) == 2

    @pytest.mark.parametrize("kind", [ErrorKind.BUSY, ErrorKind.TIMEOUT, ErrorKind.NOT_FOUND, ErrorKind.INTERNAL])
    async def test_faults_that_do_not_pass(self, kind: ErrorKind) -> None:
        driver = ScriptedDriver(failing(kind, None))
        with pytest.raises(Error, match="scripted"):
            await self.wrapped(driver).instances.list(context())
        assert len(driver.calls) == 1

    async def test_a_fault_that_says_so_is_final(self) -> None:
        driver = ScriptedDriver(failing(ErrorKind.UNAVAILABLE, None, retryable=False))
        with pytest.raises(Error, match="scripted"):
            await self.wrapped(driver).instances.list(context())
        assert len(driver.calls) == 1

    async def test_no_attempt_after_the_deadline(self) -> None:
        driver = ScriptedDriver(failing(ErrorKind.UNAVAILABLE, None))
        with pytest.raises(Error, match="scripted"):
            await self.wrapped(driver).instances.list(context(seconds=0.0))
        assert len(driver.calls) == 1


class TestRetryAfter:
    """A cloud that says when to ask again."""

    async def asked(self, *retry_after: int, verb: str = "list", seconds: float = 60.0) -> tuple[list[float], Any]:
        """The pauses that were made before the answer, which may be an error."""
        told = [Error(ErrorKind.RATE_LIMITED, "slow down", retry_after=one) for one in reversed(retry_after)]
        pauses: list[float] = []

        async def script(called: str) -> str:
            if told:
                raise told.pop()
            return called

        async def pause(length: float) -> None:
            pauses.append(length)

        instances = layered(ScriptedDriver(script), [RetryLayer(sleep=pause)]).instances
        try:
            return pauses, await getattr(instances, verb)(context(seconds=seconds), *(["i"] if verb != "list" else []))
        except Error as error:
            return pauses, error

    @pytest.mark.parametrize("retry_after", [1, 2, 5])
    async def test_is_not_asked_before(self, retry_after: int) -> None:
        pauses, answer = await self.asked(retry_after)
        assert answer == "instances.list"
        assert len(pauses) == 1
        assert retry_after < pauses[0] <= retry_after + 0.1

    async def test_without_a_time_the_usual_pause_is_made(self) -> None:
        pauses, answer = await self.asked(0)
        assert answer == "instances.list"
        assert 0.05 <= pauses[0] <= 0.1

    @pytest.mark.parametrize(("retry_after", "seconds"), [(6, 60.0), (3600, 7200.0), (5, 4.0), (5, 5.0), (1, 1.05)])
    async def test_a_time_too_long_to_wait_for_is_told_at_once(self, retry_after: int, seconds: float) -> None:
        pauses, error = await self.asked(retry_after, seconds=seconds)
        assert pauses == []
        assert (error.kind, error.retry_after) == (ErrorKind.RATE_LIMITED, retry_after)

    async def test_short_times_add_up(self) -> None:
        pauses, answer = await self.asked(1, 2, 2)
        assert answer == "instances.list"
        assert 5 < sum(pauses) <= 5 + 2.1
        pauses, error = await self.asked(2, 2, 2)
        assert (len(pauses), error.retry_after) == (2, 2)

    async def test_a_change_is_not_repeated_but_told_when_it_may_be(self) -> None:
        pauses, error = await self.asked(2, verb="delete")
        assert (pauses, error.retry_after) == ([], 2)


class TestTimeout:
    async def test_the_deadline_ends_a_verb(self) -> None:
        async def forever(verb: str) -> None:
            await asyncio.Event().wait()

        wrapped = layered(ScriptedDriver(forever), [TimeoutLayer()])
        with pytest.raises(Error) as caught:
            await wrapped.instances.list(context(seconds=0.01))
        assert (caught.value.kind, caught.value.operation) == (ErrorKind.TIMEOUT, "instances.list")


class Gate:
    """A script that answers only when it is let go."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.begun = 0

    async def __call__(self, verb: str) -> Any:
        self.begun += 1
        number = self.begun
        await self.open.wait()
        return [number]


class TestCoalesce:
    def setup_method(self) -> None:
        self.gate = Gate()
        self.driver = ScriptedDriver(self.gate)
        self.wrapped = layered(self.driver, [TimeoutLayer(), CoalesceLayer()])

    async def begin(self, *readers: Any) -> list[asyncio.Task[Any]]:
        tasks = [asyncio.ensure_future(reader) for reader in readers]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return tasks

    async def test_identical_reads_share_one_call(self) -> None:
        list_ = self.wrapped.instances.list
        tasks = await self.begin(*(list_(context(), ids=["a", "b"]) for _ in range(10)))
        self.gate.open.set()
        answers = await asyncio.gather(*tasks)
        assert (answers, self.gate.begun) == ([[1]] * 10, 1)
        answers[0].append("mine")
        assert answers[1] == [1]

    async def test_others_do_not(self) -> None:
        list_ = self.wrapped.instances.list
        tasks = await self.begin(
            list_(context()),
            list_(context(password="other")),
            list_(context(user="bob")),
            list_(context(scope=Scope("default", "x"))),
            list_(context(), ids=("a",)),
            list_(context(), details=False),
            self.wrapped.volumes.list(context()),
        )
        self.gate.open.set()
        assert await asyncio.gather(*tasks) == [[number] for number in range(1, 8)]

    async def test_a_read_after_a_change_does_not_join_one_from_before(self) -> None:
        (before,) = await self.begin(self.wrapped.instances.list(context()))
        (change,) = await self.begin(self.wrapped.instances.start(context(), "i"))
        self.gate.open.set()
        await change
        assert await self.wrapped.instances.list(context()) == [3]
        assert await before == [1]

    async def test_a_caller_who_leaves_does_not_spoil_it(self) -> None:
        first, second = await self.begin(*(self.wrapped.instances.list(context()) for _ in range(2)))
        first.cancel()
        await asyncio.sleep(0)
        self.gate.open.set()
        assert await second == [1]

    async def test_when_the_last_one_leaves_the_call_ends(self) -> None:
        (only,) = await self.begin(self.wrapped.instances.list(context()))
        only.cancel()
        with pytest.raises(asyncio.CancelledError):
            await only
        (again,) = await self.begin(self.wrapped.instances.list(context()))
        self.gate.open.set()
        assert await again == [2]

    async def test_an_impatient_leader_does_not_fail_the_others(self) -> None:
        tasks = await self.begin(
            self.wrapped.instances.list(context(seconds=0.02)), self.wrapped.instances.list(context())
        )
        with pytest.raises(Error) as caught:
            await tasks[0]
        assert caught.value.kind is ErrorKind.TIMEOUT
        self.gate.open.set()
        assert await tasks[1] == [1]

    async def test_failures_are_shared_and_forgotten(self) -> None:
        wrapped = layered(ScriptedDriver(failing(ErrorKind.UNAVAILABLE, None)), [CoalesceLayer()])
        results = await asyncio.gather(*(wrapped.zones.list(context()) for _ in range(3)), return_exceptions=True)
        assert [type(result) for result in results] == [Error, Error, Error]
        assert await wrapped.zones.list(context()) == "zones.list"


async def test_a_driver_need_not_check_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ScriptedDriver, "verify")
    with pytest.raises(Error) as caught:
        await layered(ScriptedDriver(echo), []).verify(context(), MagicMock())
    assert (caught.value.kind, caught.value.operation) == (ErrorKind.UNSUPPORTED, "verify")


async def test_edits_wait_for_their_turn_and_nothing_else_does() -> None:
    turns: list[str] = []

    @asynccontextmanager
    async def alone(thing: str) -> AsyncIterator[None]:
        turns.append(f"{thing} begins")
        yield
        turns.append(f"{thing} ends")

    driver = ScriptedDriver(echo)
    wrapped = wrap(driver, alone)
    await wrapped.instances.get(context(), "machine")
    await wrapped.instances.stop(context(), "machine")
    assert turns == []
    await wrapped.instances.annotate(context(), "machine", lambda note: note)
    await wrapped.images.annotate(context(), "image", lambda note: note)
    assert turns == ["machine begins", "machine ends", "image begins", "image ends"]


async def test_nobody_waits_for_the_pause_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that is not given back for seconds counts as that of a dead gateway."""
    seen: list[str] = []

    @asynccontextmanager
    async def alone(thing: str) -> AsyncIterator[None]:
        seen.append("turn")
        try:
            yield
        finally:
            seen.append("end")

    async def pause(seconds: float) -> None:
        seen.append("pause")

    monkeypatch.setattr("deltaic.layers.RetryLayer", lambda: RetryLayer(sleep=pause))
    driver = ScriptedDriver(failing(ErrorKind.RATE_LIMITED, None))
    await wrap(driver, alone).instances.annotate(context(), "machine", lambda note: note)
    assert seen == ["turn", "end", "pause", "turn", "end"]
