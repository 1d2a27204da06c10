"""A driver that does not fit the port is told so before anything is tried with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from deltaic.conformance import running
from deltaic.conformance.shape import misfits
from deltaic.driver import ABSENT, DriverConfig
from deltaic.drivers.registry import create, factories
from deltaic.model.errors import Error, ErrorKind

#: Drivers of this repository, and provider strings that they take.
PROVIDERS = {
    "openstack": "https://cloud.invalid/v3;RegionOne",
    "ovirt": "https://cloud.invalid/ovirt-engine/api;Default",
}
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def driver(example: Any) -> Any:
    return example[1].MemoryFactory().create(DriverConfig(provider="http://memory.invalid;attic"))


def test_drivers_that_fit(driver: Any) -> None:
    assert misfits(driver) == []
    assert {one.name for one in factories()} == PROVIDERS.keys()
    for name, provider in PROVIDERS.items():
        assert misfits(create(name, DriverConfig(provider=provider))) == [], name


def test_what_is_missing_is_named(driver: Any) -> None:
    driver.capability = structs.replace(driver.capability, volumes_list=True, instances_reboot=True)
    driver.capability = structs.replace(driver.capability, images_list=False)
    del driver.images, driver.zones
    assert misfits(driver) == [
        "it has no `zones`, `images`: where a cloud has no such thing, that is `deltaic.driver.ABSENT`",
        "`zones.data_centers` is missing, though `zones_list` is on",
        "`zones.list` is missing, though `zones_list` is on",
        "`instances.reboot` is missing, though `instances_reboot` is on",
        "`volumes.list` is missing, though `volumes_list` is on",
        "`volumes.get` is missing, though `volumes_list` is on",
    ]
    driver.capability = None
    assert misfits(driver) == ["it has no `capability`"]


def test_a_driver_without_members_of_its_own(driver: Any) -> None:
    class Empty:
        capability = structs.replace(driver.capability, **dict.fromkeys(driver.capability.__struct_fields__, False))

    for noun in ("zones", "images", "instance_types", "instances", "instance_snapshots", "volumes", "snapshots",
                 "networks", "interfaces", "metrics", "events", "key_pairs", "security_groups", "addresses",
                 "consoles"):  # fmt: skip
        setattr(Empty, noun, ABSENT)
    verbs = ("view", "account", "login", "doctor", "close")
    assert misfits(Empty()) == ["it has no `name`", *(f"`{verb}` is missing" for verb in verbs)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verb", "fits"),
    [
        ("lambda self, context, instance_id, *, paused=False, more=1: ...", True),
        ("lambda self, context, *rest, **named: ...", True),
        ("lambda self, context, instance_id, paused=False: ...", True),
        ("lambda self, context, instance_id: ...", False),
        ("lambda self, ctx, instance_id, *, paused=False: ...", False),
        ("lambda self, context, instance_id, *, paused: ...", False),
        ("lambda self, context, instance_id, more, *, paused=False: ...", False),
        ("lambda self, instance_id, context, *, paused=False: ...", False),
    ],
)
def test_parameters_are_the_ports(example: Any, driver: Any, verb: str, fits: bool, monkeypatch: Any) -> None:
    monkeypatch.setattr(example[0].Instances, "start", eval(verb))
    wrong = ["`instances.start` does not take (context, instance_id, paused)"]
    assert misfits(driver) == ([] if fits else wrong)


async def test_it_is_told_before_the_first_case(example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(example[0].Instances, "creation_failure")
    with pytest.raises(Error) as caught:
        async with running(example[1].MemoryHarness()):
            pass
    assert (caught.value.kind, caught.value.message) == (
        ErrorKind.INVALID,
        "The driver 'memory' does not fit the port: `instances.creation_failure` is missing, "
        "though `instances_create` is on",
    )
