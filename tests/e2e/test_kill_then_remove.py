"""The gateway is killed right after the engine made what was asked for; who removes it then has removed it.

What is left of the requests must not make anything once more.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clients.gateway import WORKSHOP
from tests.e2e.cimi_site import CimiSite, running
from tests.support.processes import until

#: What a request that died may still have been about to begin is over after one and a half times this, seconds.
REQUEST_TIMEOUT: Final = "8"
STOPPED: Final = {"initialState": "STOPPED", "machineImage": {"href": f"machine_images/{WORKSHOP}"}}
#: CIMI's collection and the engine's, with the name of the engine's members.
KINDS: Final = {
    "networks": ("networks", "network"),
    "machines": ("vms", "vm"),
    "volumes": ("disks", "disk"),
    "machine_images": ("templates", "template"),
}


class Site(CimiSite):
    """What the engine has that the requests are to make."""

    def there(self) -> dict[str, str]:
        """Collection to the engine's id, of what is called `gone`."""
        return {
            collection: one["id"]
            for collection, (path, member) in KINDS.items()
            for one in self.reader.get(f"/{path}").get(member, [])
            if one["name"] == "gone"
        }

    def cut_short(self, documents: dict[str, dict[str, Any]]) -> dict[str, str]:
        """Ask for these things, which the engine makes without saying so, and kill the gateway; what was made."""

        def ask(collection: str) -> None:
            with suppress(OSError, http.client.HTTPException):
                self.send("POST", f"/{collection}", {"name": "gone", **documents[collection]})

        for path, _ in KINDS.values():
            self.engine.order("slow", match={"method": "POST", "path": path}, seconds=30, when="after")
        with ThreadPoolExecutor(len(documents)) as pool:
            for collection in documents:
                pool.submit(ask, collection)
            until(lambda: self.there().keys() == documents.keys(), 20)
            self.gateway.process.kill()
        self.gateway.start()
        return self.there()

    def remove(self, collection: str, resource_id: str) -> None:
        """Remove something as soon as whoever works on it lets go of it."""
        until(lambda: self.send("DELETE", f"/{collection}/{resource_id}").status == 200, 60)

    def under_way(self) -> list[str]:
        """The paths of what jobs still work on."""
        found: list[dict[str, Any]] = self.read("/jobs").get("jobs", [])
        return [job["targetResource"]["href"] for job in found if job["state"] == "RUNNING"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running(Site, tmp_path, DELTAIC_REQUEST_TIMEOUT=REQUEST_TIMEOUT) as site:
        yield site


def test_what_was_removed_is_not_made_again(site: Site) -> None:
    original = site.made("/machines", {"name": "original", "machineTemplate": STOPPED})
    until(lambda: site.read(f"/machines/{original}")["state"] == "STOPPED", 60)
    made = site.cut_short(
        {
            "networks": {"networkTemplate": {"networkConfig": {"networkType": "PRIVATE"}}},
            "machines": {"machineTemplate": STOPPED},
            "volumes": {"volumeTemplate": {"volumeConfig": {"capacity": 2_000_000}}},
            "machine_images": {"type": "IMAGE", "imageLocation": f"machines/{original}"},
        }
    )
    assert made.keys() == KINDS.keys()
    with ThreadPoolExecutor(len(made)) as pool:
        list(pool.map(site.remove, made, made.values()))
    until(lambda: site.under_way() == [], 60)
    assert site.there() == {}
