"""How a job stands, from what its flows and parts say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from deltaic.model.job import FlowLink, Job, JobState
from deltaic.ports.operations import CALLED_OFF, FlowStatus
from deltaic.services.job_ends import GRACE, Facts, derive
from tests.unit.store.records import MINUTE, NOON

LATER = NOON + GRACE + MINUTE
DONE = FlowStatus("launch:1", "launch", "done", result=b"vm-1", began=NOON, ended=NOON + MINUTE)
FAILED = FlowStatus("launch:2", "launch", "failed", "no host", "capacity", began=NOON, ended=NOON + 2 * MINUTE)
RUNNING = FlowStatus("launch:3", "launch", "running", began=NOON)


def job(flows: int = 0, **more: object) -> Job:
    known = Job("j", "me", "add", "machines", NOON, NOON, settled=True)
    return replace(known, flows=tuple(FlowLink(f"launch:{n}", NOON) for n in range(flows)), **more)


def part(state: JobState, **more: object) -> Job:
    return replace(Job("p", "me", "add", "machines", NOON, NOON + MINUTE, state=state, progress=100), **more)


@pytest.mark.parametrize(
    ("flows", "state", "progress"),
    [
        ((RUNNING,), JobState.RUNNING, 50),
        ((DONE, RUNNING, RUNNING), JobState.RUNNING, 50),
        ((FAILED, RUNNING), JobState.RUNNING, 66),
        ((DONE,), JobState.SUCCESS, 100),
        ((DONE, FAILED), JobState.FAILED, 100),
        ((replace(DONE, result=CALLED_OFF),), JobState.STOPPED, 100),
    ],
)
def test_it_is_as_its_flows_are(flows: tuple[FlowStatus, ...], state: JobState, progress: int) -> None:
    found = derive(job(len(flows)), Facts(flows), LATER)
    assert (found.state, found.progress) == (state, progress)


def test_a_failure_is_the_flows_own() -> None:
    found = derive(job(2), Facts((DONE, FAILED)), LATER)
    assert (found.error, found.message, found.changed_at) == ("capacity", "no host", NOON + 2 * MINUTE)


def test_what_is_over_stays_as_it_is() -> None:
    ended = job(1, state=JobState.FAILED)
    assert derive(ended, Facts((DONE,)), LATER) == ended


def test_an_unsettled_request_goes_on_for_a_while() -> None:
    asked = job(1, settled=False)
    assert derive(asked, Facts((DONE,)), NOON + MINUTE).state is JobState.RUNNING
    found = derive(asked, Facts((DONE,)), LATER)
    assert (found.state, found.affected) == (JobState.SUCCESS, ("machines/vm-1",))


def test_what_the_answer_named_is_what_is_affected() -> None:
    assert derive(job(1, affected=("machines/x",)), Facts((DONE,)), LATER).affected == ("machines/x",)
    assert derive(job(1, action="edit"), Facts((DONE,)), LATER).affected == ()


@pytest.mark.parametrize(
    ("given", "facts"),
    [(job(settled=False), Facts()), (job(1, settled=False), Facts((None,))), (job(2), Facts((DONE, None)))],
    ids=["nothing begun", "the flow never began", "one of two never began"],
)
def test_a_gateway_that_died_is_told_after_a_while(given: Job, facts: Facts) -> None:
    assert derive(given, facts, NOON + timedelta(seconds=1)).state is JobState.RUNNING
    found = derive(given, facts, LATER)
    assert (found.state, found.error) == (JobState.FAILED, "unavailable")
    assert "gateway was stopped" in found.message


@pytest.mark.parametrize(
    ("parts", "flows", "state"),
    [
        ((part(JobState.SUCCESS), part(JobState.SUCCESS)), (DONE,), JobState.SUCCESS),
        ((part(JobState.SUCCESS), part(JobState.RUNNING)), (DONE,), JobState.RUNNING),
        ((part(JobState.SUCCESS), part(JobState.FAILED, error="quota", message="full")), (DONE,), JobState.FAILED),
        ((part(JobState.STOPPED, message="off"),), (DONE,), JobState.FAILED),
        ((part(JobState.SUCCESS),), (FAILED,), JobState.FAILED),
    ],
)
def test_a_job_succeeds_only_with_all_its_parts(
    parts: tuple[Job, ...], flows: tuple[FlowStatus, ...], state: JobState
) -> None:
    assert derive(job(1), Facts(flows, parts), LATER).state is state


def test_the_first_unfit_part_is_told() -> None:
    parts = (part(JobState.SUCCESS), part(JobState.FAILED, error="quota", message="The limit is reached"))
    found = derive(job(1), Facts((DONE,), parts), LATER)
    assert (found.error, found.message) == ("quota", "1 of 2 parts did not succeed: The limit is reached")


def test_a_part_waits_as_long_as_the_flow_above_may_begin_it() -> None:
    waiting = job(settled=False, parent="above")
    assert derive(waiting, Facts(driven=True), LATER).state is JobState.RUNNING
    assert derive(waiting, Facts(), LATER).state is JobState.FAILED


def test_stopping_stays_until_the_flow_ends() -> None:
    stopping = job(1, state=JobState.STOPPING)
    assert derive(stopping, Facts((RUNNING,)), LATER).state is JobState.STOPPING
    assert derive(stopping, Facts((DONE,)), LATER).state is JobState.SUCCESS
