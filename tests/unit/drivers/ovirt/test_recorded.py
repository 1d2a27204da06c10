"""The decoder reads every recorded answer of real engines, in both JSON forms, with the recorded values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from deltaic.drivers.ovirt import errors, wire, wire_ovn, wire_storage, wire_watch
from deltaic.model.errors import ErrorKind
from tests.unit.drivers.ovirt.correspondence import to_json

DATA = Path(__file__).parents[3] / "data" / "ovirt"
XML = sorted(DATA.glob("*.xml"))
JSON = sorted(DATA.glob("*.json"))

KINDS: dict[str, type[msgspec.Struct]] = {
    "api": wire.Api,
    "applications": wire_storage.Applications,
    "cluster": wire.Cluster,
    "clusters": wire.Clusters,
    "data_center": wire.DataCenter,
    "data_centers": wire.DataCenters,
    "disk": wire.Disk,
    "disk_attachments": wire.DiskAttachments,
    "disks": wire.Disks,
    "files": wire_storage.Files,
    "host": wire_storage.Host,
    "host_nics": wire_storage.HostNics,
    "hosts": wire_storage.Hosts,
    "network_attachments": wire_storage.NetworkAttachments,
    "networks": wire.Networks,
    "nics": wire.Nics,
    "reported_devices": wire.ReportedDevices,
    "snapshots": wire_storage.MachineSnapshots,
    "statistics": wire_watch.Statistics,
    "storage_domain": wire_storage.StorageDomain,
    "storage_domains": wire_storage.StorageDomains,
    "template": wire.Template,
    "templates": wire.Templates,
    "vm": wire.Vm,
    "vms": wire.Vms,
    "vnic_profiles": wire.VnicProfiles,
}


def agree(decoded: Any, raw: Any, path: str) -> None:
    """Every member that was read has the recorded value; what the recording lacks has its default."""
    if isinstance(decoded, msgspec.Struct):
        for member, name in zip(decoded.__struct_fields__, decoded.__struct_encode_fields__, strict=True):
            if isinstance(raw, dict) and name in raw:
                agree(getattr(decoded, member), raw[name], f"{path}.{name}")
    elif isinstance(decoded, list):
        assert len(decoded) == len(raw), path
        for number, (one, other) in enumerate(zip(decoded, raw, strict=True)):
            agree(one, other, f"{path}[{number}]")
    elif isinstance(decoded, bool):
        assert str(decoded).lower() == str(raw).lower(), path
    elif isinstance(decoded, dict):
        assert decoded == raw, path
    else:
        assert str(decoded) == str(raw), path


def test_all_recordings_are_here() -> None:
    assert (len(XML), len(JSON)) == (87, 14)


@pytest.mark.parametrize("native", [False, True], ids=["strings", "native"])
@pytest.mark.parametrize("path", XML, ids=lambda path: path.stem)
def test_xml_recording_reads(path: Path, native: bool) -> None:
    root, raw = to_json(path.read_bytes(), native=native)
    kind = KINDS[root]
    decoded = msgspec.json.decode(msgspec.json.encode(raw), type=kind, strict=False)
    agree(decoded, raw, root)


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.stem)
def test_ovn_recording_reads(path: Path) -> None:
    kind = wire_ovn.OvnLogin if "tokens" in path.stem else wire_ovn.OvnAnswer
    body = path.read_bytes()
    agree(msgspec.json.decode(body, type=kind), msgspec.json.decode(body), path.stem)


def test_refused_login_page_is_no_fault_but_unauthenticated() -> None:
    body = (DATA / "api_get_root_401_1.txt").read_bytes()
    assert errors.to_error(401, "text/html", body).kind is ErrorKind.UNAUTHENTICATED


def test_both_forms_give_equal_machines() -> None:
    forms = []
    for native in (False, True):
        _, raw = to_json((DATA / "api_get_vms_3.xml").read_bytes(), native=native)
        forms.append(msgspec.json.decode(msgspec.json.encode(raw), type=wire.Vms, strict=False))
    assert forms[0] == forms[1]
    assert len(forms[0].vm) == (DATA / "api_get_vms_3.xml").read_text().count("<vm ")
