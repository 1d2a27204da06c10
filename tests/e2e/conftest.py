"""Flows that die: a chain of processes and its engine, for the tests of one file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.engine_reader import EngineReader
from tests.e2e.flow_chain import FlowChain, flow_chain


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowChain]:
    """A chain with an engine of its own."""
    with flow_chain(tmp_path_factory.mktemp("chain")) as chain:
        yield chain


@pytest.fixture(scope="module")
def reader(chain: FlowChain) -> EngineReader:
    """What the chain's engine has."""
    return chain.reader
