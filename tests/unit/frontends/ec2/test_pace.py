"""Long lists are written in slices, and looked through once, however many machines there are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from deltaic.frontends.ec2 import volumes
from deltaic.frontends.http import pace
from deltaic.model.instance import InstanceState
from deltaic.model.volume import Volume
from tests.unit.frontends.conftest import CLUSTER, DEFAULT, Gateway

MACHINES = 20


@pytest.fixture
def many(gateway: Gateway) -> Gateway:
    """A cloud with many machines."""
    for number in range(MACHINES):
        id_ = f"{number:08x}-49fe-4f22-ac6f-ff526e8b82be"
        gateway.driver.instances.add(
            InstanceState.STOPPED, id_, name=f"m{number}", zone_id=CLUSTER.id, data_center_id=DEFAULT.id
        )
    return gateway


async def turns(gateway: Gateway, action: str, **parameters: Any) -> int:
    """How often others had their turn while an action was served."""
    found = 0

    async def bystander() -> None:
        nonlocal found
        while True:
            found += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(bystander())
    await gateway.client.call(action, **parameters)
    task.cancel()
    return found


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("DescribeInstances", {}),
        ("DescribeInstances", {"Filters": [{"Name": "instance-state-name", "Values": ["terminated"]}]}),
        ("DescribeNetworkInterfaces", {}),
    ],
)
async def test_others_have_their_turn(
    many: Gateway, monkeypatch: pytest.MonkeyPatch, action: str, parameters: dict[str, Any]
) -> None:
    monkeypatch.setattr(pace, "SLICE", 3600.0)
    at_once = await turns(many, action, **parameters)
    monkeypatch.setattr(pace, "SLICE", -1.0)
    assert await turns(many, action, **parameters) >= at_once + MACHINES


async def test_volumes_are_looked_through_once_for_all_machines(many: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    machines = volumes._machines

    def spy(found: Sequence[Volume]) -> set[str]:
        looked.append(len(found))
        return machines(found)

    monkeypatch.setattr(volumes, "_machines", spy)
    await many.client.call("DescribeVolumes")
    assert looked == [2]
