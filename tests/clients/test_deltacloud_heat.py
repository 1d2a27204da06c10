"""Heat's Nova adaptor over Deltacloud (deltacloud-heat 0.1.0 from PyPI), the proof of concept that the talk names.

Its two files are Python 2's. They are translated here by the standard fixers of `lib2to3` (in their kept-up copy,
`fissix`) and run like that: `print` becomes a function, one import says that it is relative, nothing else changes.
What the adaptor can't do with any server is told by tests of its own below.
"""

from __future__ import annotations

import importlib
import sys
import types
import urllib
import urllib.parse
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import deltacloud
import pytest
from fissix.refactor import RefactoringTool
from novaclient.exceptions import NotFound

from tests.clients.deltacloud_client import DeltacloudClient
from tests.clients.gateway import WORKSHOP, Gateway
from tests.support.processes import PASSWORD, USER, until

USER_DATA = "#cloud-config\nbootcmd: [heat-was-here]\n"
FIXERS = ["fissix.fixes.fix_print", "fissix.fixes.fix_import"]


@pytest.fixture(scope="module")
def adaptor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[types.ModuleType]:
    """The package, translated."""
    found = distribution("deltacloud-heat")
    assert found.version == "0.1.0"
    root = tmp_path_factory.mktemp("heat")
    package = root / "deltacloud_heat"
    package.mkdir()
    tool = RefactoringTool(FIXERS)
    originals = [file for file in found.files or [] if file.parts[0] == "deltacloud_heat" and file.suffix == ".py"]
    for file in originals:
        # The fixer of imports looks for neighbours of the file.
        (package / file.name).write_text(file.read_text())
    for file in originals:
        path = package / file.name
        path.write_text(str(tool.refactor_string(path.read_text() + "\n", str(path))))
    sys.path.insert(0, str(root))
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("deltacloud_heat")}
    try:
        yield importlib.import_module("deltacloud_heat")
    finally:
        sys.path.remove(str(root))
        for name in [name for name in sys.modules if name.startswith("deltacloud_heat")]:
            del sys.modules[name]
        sys.modules.update(kept)


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python 2 had and deltacloud 0.9.1 uses."""
    monkeypatch.setattr(urllib, "quote_plus", urllib.parse.quote_plus, raising=False)


@pytest.fixture
def clients(adaptor: Any, demo: Gateway) -> Any:
    """What Heat's engine holds: the adaptor's own `Clients`."""
    return adaptor.Clients(types.SimpleNamespace(auth_url=f"http://{demo.host}/api", username=USER, password=PASSWORD))


def test_only_what_must_be_is_translated(adaptor: Any) -> None:
    """Line by line: what changed between the release and what runs here."""
    changed = []
    for file in distribution("deltacloud-heat").files or []:
        if file.parts[0] == "deltacloud_heat" and file.suffix == ".py":
            ours = (Path(str(adaptor.__file__)).parent / file.name).read_text().splitlines()
            theirs = file.read_text().splitlines()
            changed += [line for line in ours if line not in theirs and line]

    assert sorted(changed) == [
        '        print("Creating storage volume: %s" % opts)',
        "from .client import Clients",
    ]


def test_logging_in(clients: Any) -> None:
    assert clients.authenticated() is True


def test_lists(clients: Any) -> None:
    nova = clients.nova()

    assert WORKSHOP in {image.id for image in nova.images.list()}
    assert {"SERVER", "DESKTOP", "Small"} <= {flavor.name for flavor in nova.flavors.list()}
    assert nova.keypairs.list() == []


def test_life_of_a_server(clients: Any, demo: Gateway, lent: None) -> None:
    native = DeltacloudClient(demo, "json")
    key = native.create("keys", name="heat-key")
    nova = clients.nova()
    try:
        assert "heat-key" in {one.name for one in nova.keypairs.list()}
        made = nova.servers.create(
            name="heat-server",
            flavor="SERVER",
            image=WORKSHOP,
            key_name="heat-key",
            userdata="#cloud-config\nbootcmd: [heat-was-here]\n",
        )
        assert (made.name, made.status) == ("heat-server", "BUILD")

        # As on the original over oVirt, a new instance rests until somebody starts it; the adaptor never does.
        until(lambda: made.get() or made.status == "DELETED")
        assert made.dc_instance.start() is True
        server = nova.servers.get(made.id)
        until(lambda: server.get() or server.status == "ACTIVE")
        assert server.networks == {"private": []}
        assert "heat-was-here" in str(demo.engine.get(f"/vms/{made.id}?all_content=true"))

        # `delete` stops and destroys at once: while it is still stopping nothing offers to destroy it.
        server.delete()
        until(lambda: native.get(server.dc_instance.instance["href"]).state == "STOPPED")
        server.get()
        server.delete()
        with pytest.raises(NotFound):
            nova.servers.get(made.id)
    finally:
        native.send("DELETE", key.href)


def test_a_server_that_is_not_there(clients: Any, lent: None) -> None:
    with pytest.raises(NotFound):
        clients.nova().servers.get("00000000-0000-4000-8000-000000000000")


def test_volumes_need_a_client_that_was_never_released(clients: Any) -> None:
    """The adaptor calls what no release of the client has: nothing that a server could mend."""
    assert not hasattr(deltacloud.Deltacloud, "create_storage_volume")
    with pytest.raises(AttributeError, match="create_storage_volume"):
        clients.nova("volume").volumes.create(1, display_name="v", display_description="d")


class LaterClient(deltacloud.Deltacloud):  # type: ignore[misc]
    """What the adaptor expects of a client: the calls for volumes, written here in the manner of the released ones."""

    def create_storage_volume(self, options: dict[str, Any]) -> Any:
        _, document = self.request(self.entrypoints["storage_volumes"], options, "post")
        return StorageVolume(self, document["storage_volume"])

    def storage_volumes(self, id: str) -> Any:
        _, document = self.request(f"{self.entrypoints['storage_volumes']}/{id}")
        return StorageVolume(self, document["storage_volume"])


class StorageVolume:
    """A volume as the adaptor uses it."""

    def __init__(self, client: Any, volume: dict[str, Any]) -> None:
        self.client, self.volume = client, volume

    @property
    def id(self) -> str:
        return str(self.volume["id"])

    @property
    def state(self) -> str:
        return str(self.volume["state"])

    def refresh(self) -> None:
        self.volume = self.client.request(self.volume["href"])[1]["storage_volume"]

    def attach(self, instance: Any, device: str) -> None:
        self._act("attach", {"instance_id": instance.id, "device": device})

    def detach(self) -> None:
        self._act("detach", None)

    def delete(self) -> None:
        self._act("destroy", None)

    def _act(self, rel: str, parameters: dict[str, str] | None) -> None:
        self.refresh()
        link = next(one for one in self.volume["actions"] if one["rel"] == rel)
        self.client.request(link["href"], parameters, link["method"])


def test_life_of_a_volume_with_such_a_client(clients: Any, demo: Gateway, lent: None) -> None:
    clients.deltacloud_client = LaterClient(f"http://{demo.host}/api", USER, PASSWORD)
    native = DeltacloudClient(demo, "json")
    volumes = clients.nova("volume").volumes
    server = native.create("instances", image_id=WORKSHOP, name="heat-holder")
    native.until(server.href, "STOPPED")
    try:
        made = volumes.create(2, display_name="heat-volume", display_description="")
        href = made.dc_volume.volume["href"]
        native.until(href, "AVAILABLE")
        volumes.create_server_volume(server_id=server.id, volume_id=made.id, device="/dev/vdc")
        native.until(href, "IN-USE")
        assert volumes.get(made.id).status == "in-use"
        volumes.delete_server_volume(server.id, made.id)
        native.until(href, "AVAILABLE")
        assert volumes.get(made.id).status == "available"
        volumes.dc_volume.delete()
        native.gone(href)
    finally:
        native.send("DELETE", server.href)
