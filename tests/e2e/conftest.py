"""Flows that die: a chain of processes and its engine, for the tests of one file."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.e2e.engine_reader import EngineReader
from tests.e2e.flow_chain import FlowChain, flow_chain
from tests.support.processes import PROCESSES

#: Lines of each process that a failed test shows.
_LAST_LINES = 40


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what its processes printed last, without the requests that went well."""
    report = yield
    if report.failed:
        for process in sorted(PROCESSES, key=lambda each: each.pid):
            title = f"deltaic {process.arguments[0]}, process {process.pid}"
            telling = [line for line in process.lines if '"status": 2' not in line]
            report.sections.append((title, "\n".join(telling[-_LAST_LINES:])))
    return report


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowChain]:
    """A chain with an engine of its own."""
    with flow_chain(tmp_path_factory.mktemp("chain")) as chain:
        yield chain


@pytest.fixture(scope="module")
def reader(chain: FlowChain) -> EngineReader:
    """What the chain's engine has."""
    return chain.reader
