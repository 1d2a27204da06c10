"""Our documents hold everything that the original's answers hold, in its order and under its names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.deltacloud.errors import DeltacloudError, from_error, write_error
from deltaic.protocols.deltacloud.families import compute, entry, network, state, storage
from deltaic.protocols.deltacloud.families.links import Link, Reference
from deltaic.protocols.deltacloud.negotiation import Format
from deltaic.protocols.deltacloud.writing import write_api, write_many, write_one, write_states

ORIGINALS = Path(__file__).parents[3] / "data" / "deltacloud" / "original"
BASE = "http://127.0.0.1:3001/api"


def ref(collection: str, id_: str) -> Reference:
    return Reference(id_, f"{BASE}/{collection}/{id_}")


def instance(id_: str, name: str, image: str, profile: str, **more: Any) -> compute.Instance:
    href = f"{BASE}/instances/{id_}"
    return compute.Instance(
        id_,
        href,
        name,
        "mockuser",
        ref("images", image),
        ref("realms", "us"),
        "RUNNING",
        ref("hardware_profiles", profile),
        actions=(
            Link("reboot", f"{href}/reboot"),
            Link("stop", f"{href}/stop"),
            Link("run", f"{href}/run;id={id_}"),
            Link("create_image", f"{BASE}/images;instance_id={id_}"),
        ),
        public_addresses=(compute.Address(f"img1.{id_}.public.com", "hostname"),),
        private_addresses=(compute.Address(f"img1.{id_}.private.com", "hostname"),),
        **more,
    )


def profile(id_: str, *properties: compute.Property) -> compute.HardwareProfile:
    return compute.HardwareProfile(id_, f"{BASE}/hardware_profiles/{id_}", id_, properties)


INSTANCES = f"{BASE}/instances"
MEMORY = compute.Property("memory", "MB", "12288")

DOCUMENTS: dict[str, tuple[str, Any]] = {
    "realms_show": ("realm", entry.Realm("us", f"{BASE}/realms/us", "United States", "AVAILABLE")),
    "drivers_show_mock": ("driver", entry.Driver("mock", f"{BASE}/drivers/mock", "Mock")),
    "drivers_show_rhevm": ("driver", entry.Driver("rhevm", f"{BASE}/drivers/rhevm", "RHEVM")),
    "images_show": (
        "image",
        compute.Image(
            "img1",
            f"{BASE}/images/img1",
            "img1",
            "Fedora 10",
            "fedoraproject",
            "x86_64",
            "AVAILABLE",
            "Thu Oct 25 14:27:53 CEST 2012",
            "transient",
            tuple(ref("hardware_profiles", name) for name in ("m1-small", "m1-large", "m1-xlarge", "opaque")),
            (
                Link("create_instance", f"{BASE}/instances;image_id=img1"),
                Link("destroy_image", f"{BASE}/images/img1", "delete"),
            ),
        ),
    ),
    "hardware_profiles_show": (
        "hardware_profile",
        profile(
            "m1-large",
            compute.Property("cpu", "count", "1", "range", "1", "6", href=INSTANCES),
            compute.Property("memory", "MB", "10240", "range", "7680", "15360", href=INSTANCES),
            compute.Property("storage", "GB", "850", "enum", entries=("850", "1024"), href=INSTANCES),
            compute.Property("architecture", "label", "x86_64"),
        ),
    ),
    "hardware_profiles_show_opaque": ("hardware_profile", profile("opaque")),
    "instances_show_inst1": (
        "instance",
        instance(
            "inst1", "MockUserInstance", "img3", "m1-small", network_interfaces=(ref("network_interfaces", "nic1"),)
        ),
    ),
    "storage_volumes_show": (
        "storage_volume",
        storage.StorageVolume(
            "vol1",
            f"{BASE}/storage_volumes/vol1",
            "",
            "1",
            "AVAILABLE",
            ref("realms", "us"),
            "Thu Jul 30 14:35:11 UTC 2009",
        ),
    ),
    "storage_snapshots_show": (
        "storage_snapshot",
        storage.StorageSnapshot(
            "snap1",
            f"{BASE}/storage_snapshots/snap1",
            "",
            "COMPLETED",
            ref("storage_volumes", "vol1"),
            "Wed Jul 29 18:15:24 UTC 2009",
        ),
    ),
    "networks_show": (
        "network",
        network.Network(
            "net1",
            f"{BASE}/networks/net1",
            "network1",
            "UP",
            ("192.168.0.0/16",),
            (ref("subnets", "subnet1"), ref("subnets", "subnet2")),
            (Link("destroy", f"{BASE}/networks/net1", "delete"),),
        ),
    ),
    "subnets_show": (
        "subnet",
        network.Subnet(
            "subnet1",
            f"{BASE}/subnets/subnet1",
            "subnet1",
            "UP",
            ref("networks", "net1"),
            "192.168.1.0/24",
            "PRIVATE",
            (Link("destroy", f"{BASE}/subnets/subnet1", "delete"),),
        ),
    ),
    "network_interfaces_show": (
        "network_interface",
        network.NetworkInterface(
            "nic1",
            f"{BASE}/network_interfaces/nic1",
            "nic1",
            ref("instances", "inst1"),
            Reference("subnet1", f"{BASE}/subnets/subnet1"),
            "192.168.1.2",
            actions=(Link("destroy", f"{BASE}/network_interfaces/nic1", "delete"),),
        ),
    ),
}

#: What is otherwise on purpose: element path or JSON path, by file.
DELIBERATE: dict[str, dict[str, str]] = {
    "network_interfaces_show.xml": {"network@rel": "it leads to a network, whatever the original's rel said"},
    "network_interfaces_show.json": {"network.href": "the original's JSON gave a subnet's id a network's address"},
    "storage_volumes_show.json": {
        "name": "null in the original's JSON; the XML falls back to the id, and XML wins",
        "capacity": "a number or a text in the original's JSON, always a text here",
    },
    "storage_snapshots_show.json": {},
}


def original(name: str) -> bytes:
    return (ORIGINALS / name).read_bytes()


def missing_xml(golden: etree._Element, ours: etree._Element, path: str = "") -> list[str]:
    """What of the original's element is not in ours; children are looked for in order."""
    lacks = [f"{path}@{name}" for name, value in golden.attrib.items() if ours.get(name) != value]
    if (golden.text or "").strip() != (ours.text or "").strip():
        lacks.append(f"{path}#text")
    left = iter(list(ours))
    for child in golden:
        place = f"{path}/{child.tag}".strip("/")
        found = next((one for one in left if one.tag == child.tag), None)
        lacks += [place] if found is None else missing_xml(child, found, place)
    return lacks


def missing_json(golden: Any, ours: Any, path: str = "") -> list[str]:
    """What of the original's value is not in ours."""
    if isinstance(golden, dict) and isinstance(ours, dict):
        return [
            lack
            for name, value in golden.items()
            for lack in (
                missing_json(value, ours[name], f"{path}.{name}".strip(".")) if name in ours else [f"{path}.{name}"]
            )
        ]
    if isinstance(golden, list) and isinstance(ours, list) and len(golden) == len(ours):
        return [
            lack
            for place, (one, other) in enumerate(zip(golden, ours, strict=True))
            for lack in missing_json(one, other, f"{path}[{place}]")
        ]
    return [] if golden == ours else [path]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_xml_holds_what_the_original_holds(name: str) -> None:
    kind, document = DOCUMENTS[name]
    ours = etree.fromstring(write_one(kind, document, Format.XML))
    golden = etree.fromstring(original(f"{name}.xml"))

    assert ours.tag == golden.tag
    assert missing_xml(golden, ours) == sorted(DELIBERATE.get(f"{name}.xml", {}))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_json_holds_what_the_original_holds(name: str) -> None:
    kind, document = DOCUMENTS[name]
    ours = json.loads(write_one(kind, document, Format.JSON))[kind]
    golden = json.loads(original(f"{name}.json"))[kind]

    assert missing_json(golden, ours) == list(DELIBERATE.get(f"{name}.json", {}))


def test_an_attached_volume_tells_where_it_is() -> None:
    golden = etree.fromstring(original("storage_volumes_attached_show.xml"))
    id_ = golden.get("id") or ""
    volume = storage.StorageVolume(
        id_,
        golden.get("href") or "",
        "gvol",
        "2",
        "IN-USE",
        ref("realms", "us"),
        golden.findtext("created") or "",
        device="/dev/sdc",
        instance=ref("instances", "inst10"),
    )

    assert missing_xml(golden, etree.fromstring(write_one("storage_volume", volume, Format.XML))) == []


def test_an_instance_tells_its_volumes_key_and_figures() -> None:
    golden = etree.fromstring(original("instances_with_volume_show.xml"))
    volume = golden.find("storage_volumes/storage_volume")
    assert volume is not None
    ours = instance(
        "inst10",
        "golden-xml",
        "img1",
        "m1-large",
        overrides=(MEMORY,),
        keyname="test-key",
        storage_volumes=(
            compute.AttachedVolume(Reference(volume.get("id") or "", volume.get("href") or ""), "/dev/sdc"),
        ),
    )

    assert missing_xml(golden, etree.fromstring(write_one("instance", ours, Format.XML))) == []


def test_the_answer_to_an_action_is_the_bare_object_in_json() -> None:
    ours = instance("inst1", "a", "img1", "m1-small")

    assert json.loads(write_one("instance", ours, Format.JSON, bare=True))["id"] == "inst1"
    assert "instance" not in json.loads(original("instances_stop.json"))


def test_a_collection_stands_under_its_name() -> None:
    realms = [
        entry.Realm("us", f"{BASE}/realms/us", "United States", "AVAILABLE"),
        entry.Realm("eu", f"{BASE}/realms/eu", "Europe", "AVAILABLE"),
    ]

    xml = etree.fromstring(write_many("realm", realms, Format.XML))
    assert missing_xml(etree.fromstring(original("realms_index.xml")), xml) == []
    assert json.loads(write_many("realm", realms, Format.JSON)) == json.loads(original("realms_index.json"))


def test_the_entry_point_lists_collections_with_their_features() -> None:
    golden = etree.fromstring(original("api_root.xml"))
    links = tuple(
        entry.CollectionLink(
            link.get("rel") or "",
            link.get("href") or "",
            tuple(
                entry.Feature(
                    feature.get("name") or "",
                    feature.get("rel") or "",
                    tuple(param.get("name") or "" for param in feature),
                )
                for feature in link
            ),
        )
        for link in golden
    )
    api = entry.Api("mock", links)

    assert missing_xml(golden, etree.fromstring(write_api(api, Format.XML))) == []
    assert json.loads(write_api(api, Format.JSON)) == json.loads(original("api_root.json"))


STATES = (
    state.State("start", (state.Transition("pending", "create"),)),
    state.State("pending", (state.Transition("running"),)),
    state.State("running", (state.Transition("running", "reboot"), state.Transition("stopped", "stop"))),
    state.State("stopped", (state.Transition("running", "start"), state.Transition("finish", "destroy"))),
    state.State("finish"),
)


def test_the_states_are_a_graph() -> None:
    xml = etree.fromstring(write_states(STATES, Format.XML))
    assert missing_xml(etree.fromstring(original("instance_states_index.xml")), xml) == []
    assert json.loads(write_states(STATES, Format.JSON)) == json.loads(original("instance_states_index.json"))
    assert b'"running" -> "stopped" [label="stop"];' in write_states(STATES, Format.GV)


def test_errors_tell_what_the_original_tells_but_no_backtrace() -> None:
    golden = etree.fromstring(original("error_400_create_instance_bad_hwp.xml"))
    error = DeltacloudError(400, "Hardware profile 'nope' does not exists.", "hwp_id")
    body = write_error(
        error,
        Format.XML,
        path="/api/instances",
        driver="mock",
        parameters={"image_id": "img1", "hwp_id": "nope", "password": "secret"},
    )
    lacks = missing_xml(golden, etree.fromstring(body))

    # The original shows values as Ruby inspects them, in quotes.
    assert lacks == ["request/param#text", "request/param#text"]
    assert b"secret" not in body
    ours = json.loads(write_error(error, Format.JSON, path="/api/instances", driver="mock"))
    assert missing_json(json.loads(original("error_400_create_instance_bad_hwp.json")), ours) == []


def test_a_missing_thing_is_not_found() -> None:
    error = from_error(Error(ErrorKind.NOT_FOUND, "The instance 'nope' does not exist"))
    golden = json.loads(original("error_404_instance.json"))
    ours = json.loads(write_error(error, Format.JSON, path="/api/instances/nope", driver="mock"))

    assert missing_json(golden, ours) == ["message"]


@pytest.mark.parametrize("text", ["<script>alert('1')</script>", "a & b", "\x00\x1b", "]]>", "\ud800", "x\r\ny"])
def test_hostile_text_stays_text(text: str) -> None:
    realm = entry.Realm(text, f"{BASE}/realms/x", text, "AVAILABLE")
    read = etree.fromstring(write_one("realm", realm, Format.XML))

    wanted = "".join(c if c in "\t\n\r" or " " <= c < "\ud800" else "\ufffd" for c in text)
    assert read.findtext("name") == wanted
    assert read.get("id") == wanted
