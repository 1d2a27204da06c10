"""The gateway is killed while it copies volumes and removes the machines that have them.

Whatever the moment: every copy that was begun is finished once, nothing of its helpers is left, and no volume goes with
a machine. Nobody repeats a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.gateway import WORKSHOP
from tests.e2e.cimi_site import CimiSite, running
from tests.e2e.site import Engine
from tests.support.processes import until


class Site(CimiSite):
    """With a running machine that has a volume."""

    def __init__(self, engine: Engine, root: Path, **variables: str) -> None:
        super().__init__(engine, root, **variables)
        config = {"volumeConfig": {"capacity": 2_000_000}}
        self.volume = self.made("/volumes", {"name": "precious", "volumeTemplate": config})
        template = {"initialState": "STARTED", "machineImage": {"href": f"machine_images/{WORKSHOP}"}}
        template["volumes"] = [{"href": f"volumes/{self.volume}"}]
        until(lambda: self.disk(self.volume)["status"] == "ok")
        self.machine = self.made("/machines", {"name": "has-it", "machineTemplate": template})
        until(lambda: self.machine_state() == "up", 60)

    def disks(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.reader.get("/disks").get("disk", [])}

    def disk(self, disk: str) -> dict[str, Any]:
        return self.disks().get(disk, {"status": "gone"})

    def machine_state(self) -> str:
        return self.status(self.machine)

    def snapshots(self) -> list[dict[str, Any]]:
        found = self.reader.get(f"/vms/{self.machine}/snapshots")["snapshot"]
        return [one for one in found if one["snapshot_type"] != "active"]

    def helpers(self) -> list[dict[str, Any]]:
        return [one for one in self.reader.machines() if one["name"].startswith("gw1-")]

    def unfinished(self) -> list[dict[str, Any]]:
        return [one for one in self.disks().values() if ".gw1-snapshot-" in one["alias"]]

    def copies(self) -> int:
        """How many copies are finished."""
        marked = [one for one in self.disks().values() if '"kind":"snapshot"' in one.get("description", "")]
        return len(marked) - len(self.unfinished())

    def images(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.read("/volume_images").get("volumeImages", [])
        return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running(Site, tmp_path) as site:
        yield site


def test_copies_of_a_volume_in_use_are_finished_once(site: Site) -> None:
    moments: dict[str, Callable[[], bool]] = {
        "snapshot": lambda: bool(site.snapshots()),
        "helper": lambda: bool(site.helpers()),
        "copied": lambda: any(one["status"] == "down" for one in site.helpers()),
        "helper gone": lambda: any(one["status"] == "ok" for one in site.unfinished()) and not site.helpers(),
    }
    for number, (name, moment) in enumerate(moments.items(), 1):
        document = {"name": name, "imageLocation": f"volumes/{site.volume}"}
        # Some moments are short: a slow test may be too late for them.
        site.killed("POST", "/volume_images", document, lambda: moment() or site.copies() == number)  # noqa: B023
        done = lambda: [one["state"] for one in site.images()] == ["AVAILABLE"] * number  # noqa: B023, E731
        until(lambda: done() and not site.helpers() and not site.snapshots(), 60)  # noqa: B023
    assert sorted(one["name"] for one in site.images()) == sorted(moments)
    assert (site.copies(), site.unfinished()) == (len(moments), [])
    assert site.machine_state() == "up"


@pytest.mark.parametrize("moment", ["at once", "stopped", "locked"])
def test_a_removed_machine_leaves_its_volume(site: Site, moment: str) -> None:
    body = {"description": "by hand", "persist_memorystate": "false"}
    site.reader.post(f"/vms/{site.machine}/snapshots", body)
    until(lambda: [one["snapshot_status"] for one in site.snapshots()] == ["ok"])
    reached = {"at once": lambda: True, "stopped": lambda: site.machine_state() != "up",
               "locked": lambda: site.machine_state() in ("image_locked", "gone")}  # fmt: skip
    own = {one["id"] for one in site.reader.get(f"/vms/{site.machine}/diskattachments")["disk_attachment"]}
    site.killed("DELETE", f"/machines/{site.machine}", None, reached[moment])
    if moment == "at once" and site.machine_state() == "up":
        site.send("DELETE", f"/machines/{site.machine}")
    until(lambda: site.machine_state() == "gone", 90)
    assert site.disk(site.volume)["status"] == "ok"
    until(lambda: not (own - {site.volume}) & set(site.disks()))
    shown = site.read(f"/volumes/{site.volume}")
    assert (shown["name"], shown["state"]) == ("precious", "AVAILABLE")
