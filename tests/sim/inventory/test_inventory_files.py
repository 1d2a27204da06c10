"""Inventory files: what loads, and what the error says when one does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from ovirt_engine_sim.inventory import InventoryError, derived_id, load_inventory

SMALL = """
[[data_centers]]
name = "dc"
[[clusters]]
name = "c1"
data_center = "dc"
[[storage_domains]]
name = "sd"
data_center = "dc"
[[networks]]
name = "net"
data_center = "dc"
[[vnic_profiles]]
name = "net"
network = "net"
[[tags]]
name = "green"
[[vms]]
name = "vm1"
cluster = "c1"
tags = ["green"]
creation_time = 2024-05-01T10:00:00Z
[[vms.disks]]
name = "d"
provisioned_size = 1073741824
[[vms.nics]]
name = "nic1"
vnic_profile = "net"
"""


def write(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "world.json"
    path.write_text(json.dumps(content))
    return path


def test_toml_with_names_as_references_becomes_ids(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(SMALL)
    inventory = load_inventory(path)
    vm = inventory.vms[0]
    assert vm.cluster == inventory.clusters[0].id == derived_id("clusters", "dc", "c1", "")
    assert vm.disks[0].storage_domain == inventory.storage_domains[0].id
    assert vm.nics[0].vnic_profile == inventory.vnic_profiles[0].id
    assert vm.nics[0].mac == "56:6f:1a:2b:00:00"
    assert vm.tags == [tag.id for tag in inventory.tags if tag.name == "green"]
    assert inventory.data_centers[0].mac_pool == "58ca604b-017d-0374-0220-00000000014e"
    assert [template.name for template in inventory.templates] == ["Blank"]
    assert load_inventory(path).vms[0].id == vm.id


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"vmz": []}, "unknown field `vmz`"),
        ({"data_centers": [{"name": "d", "colour": 1}]}, r"unknown field `colour` - at `\$.data_centers\[0\]`"),
        ({"clusters": [{"name": "c"}]}, "missing required field `data_center`"),
        ({"clusters": [{"name": "c", "data_center": "x"}]}, "clusters 'c': data_center: 'x' names nothing"),
        ({"data_centers": [{"name": "d", "id": "7"}]}, "data_centers: id '7' is not a UUID"),
        ({"data_centers": [{"name": "d"}, {"name": "d"}]}, "data_centers: id .* is used twice"),
        ({"data_centers": [{"name": 5}]}, r"Expected `str`, got `int` - at `\$.data_centers"),
        (
            {"permissions": [{"role": "UserRole", "user": "admin@internal", "object_type": "moon", "object": "x"}]},
            "object_type: 'moon' is not known",
        ),
        ({"permissions": [{"role": "UserRole"}]}, "name either a user or the group Everyone"),
        ({"permissions": [{"role": "UserRole", "group": "staff"}]}, "name either a user or the group Everyone"),
        ({"vms": [{"name": "v"}]}, "vms 'v': cluster is missing"),
        ({"vms": [{"name": "v", "status": "flying"}]}, r"Invalid enum value 'flying' - at `\$.vms\[0\].status`"),
        ({"mac_pools": [{"name": "p", "default_pool": True, "ranges": [["x", "y"]]}]}, "'x' is not a MAC address"),
        ({"vms": [{"name": "v", "template": "Blnk"}]}, "vms 'v': template: 'Blnk' names nothing in templates"),
    ],
)
def test_errors_name_the_file_and_the_key(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InventoryError, match=message) as caught:
        load_inventory(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_name_that_two_records_have_is_ambiguous(tmp_path: Path) -> None:
    content = {
        "data_centers": [{"name": "a"}, {"name": "b"}],
        "clusters": [{"name": "c", "data_center": "a"}, {"name": "c", "data_center": "b"}],
        "vms": [{"name": "v", "cluster": "c"}],
    }
    with pytest.raises(InventoryError, match="vms 'v': cluster: 'c' is ambiguous in clusters"):
        load_inventory(write(tmp_path, content))


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b""])
def test_files_that_are_no_json(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(InventoryError, match=r"broken.json: "):
        load_inventory(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="No such file"):
        load_inventory(tmp_path / "none.toml")
