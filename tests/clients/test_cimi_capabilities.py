"""Every capability that the metadata advertises is tried; one that nobody tries fails the last test."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clients.cimi_client import CimiClient
from tests.clients.gateway import DESKTOP, Gateway
from tests.support.processes import until

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
CAPABILITY = "http://schemas.dmtf.org/cimi/1/capability/"
MAPPED = "http://schemas.dmtf.org/cimi/1/mapped"
IMAGE = {"href": f"machine_images/{DESKTOP}"}
GIGABYTE = 10**6

#: What the tests below have tried.
TRIED: set[str] = set()
Test = Callable[..., None]


def proves(*capabilities: str) -> Callable[[Test], Test]:
    """Notes that a test tries these, by type and last word."""
    TRIED.update(capabilities)
    return lambda test: test


class Cloud:
    """The gateway in JSON; what is made is removed in the end, the last first."""

    def __init__(self, client: CimiClient) -> None:
        self.client = client
        self._made: list[str] = []

    def get(self, uri: str) -> Any:
        return json.loads(self.client.get(uri, "application/json").text)

    def make(self, path: str, document: Any) -> Any:
        answer = self.client.send("POST", path, json.dumps(document), JSON)
        assert answer.status == 201, answer.text
        made = json.loads(answer.text)
        self._made.append(made["id"])
        return made

    def machine(self, state: str = "STOPPED", **template: Any) -> Any:
        """A machine by value, once it is in its state."""
        made = self.make("/machines", {"name": "tried", "machineTemplate": {"machineImage": IMAGE} | template})
        until(lambda: self.get(made["id"])["state"] == state)
        return self.get(made["id"])

    def act(self, uri: str, verb: str, **more: Any) -> None:
        answer = self.client.send("POST", uri, json.dumps({"action": verb, **more}), JSON)
        assert answer.status == 202, answer.text

    def clear(self) -> None:
        for uri in reversed(self._made):
            until(lambda uri=uri: self.client.send("DELETE", uri).status in (200, 404))  # type: ignore[misc]


@pytest.fixture(scope="module")
def cimi(demo: Gateway) -> CimiClient:
    return CimiClient(demo)


@pytest.fixture
def cloud(cimi: CimiClient) -> Iterator[Cloud]:
    found = Cloud(cimi)
    yield found
    found.clear()


@pytest.fixture(scope="module")
def advertised(cimi: CimiClient) -> dict[str, Any]:
    """The values that are not false, by type and last word."""
    entries = json.loads(cimi.get("/resource_metadata", "application/json").text)["resourceMetadata"]
    return {
        one["uri"].removeprefix(CAPABILITY): one["value"]
        for entry in entries
        for one in entry.get("capabilities", ())
        if one["value"] is not False
    }


@proves("CloudEntryPoint/FilterParameter", "CloudEntryPoint/FirstParameter", "CloudEntryPoint/SelectParameter",
        "CloudEntryPoint/FormatParameter", "CloudEntryPoint/OrderByParameter", "CloudEntryPoint/ExpandParameter",
        "CloudEntryPoint/QueryPathNotation")  # fmt: skip
def test_query_parameters(cloud: Cloud) -> None:
    everyone = [one["name"] for one in cloud.get("/machine_images")["machineImages"]]
    assert len(everyone) > 2
    query = f"?$filter=name='{everyone[1]}' or name='{everyone[2]}'&$orderby=name:desc&$first=2&$select=name"
    answer = cloud.client.send("GET", f"/machine_images{query.replace(' ', '%20')}&$format=json")
    told = json.loads(answer.text)
    assert told["count"] == 2
    assert [one["name"] for one in told["machineImages"]] == [sorted(everyone[1:3])[0]]
    by_path = cloud.get("/machine_images?$select=machineImages/name,machineImages/state,count")
    assert [set(one) for one in by_path["machineImages"]] == [{"resourceURI", "name", "state"}] * len(everyone)
    template = cloud.get("/machine_templates?$expand=machineImage")["machineTemplates"][0]
    assert template["machineImage"]["name"] in everyone


@proves("CloudEntryPoint/MaxPropertyItems")
def test_as_many_properties_as_it_says(cloud: Cloud, advertised: dict[str, Any]) -> None:
    machine, most = cloud.machine(), advertised["CloudEntryPoint/MaxPropertyItems"]

    def put(count: int) -> int:
        document = {"name": "n", "properties": {f"k{n}": "v" for n in range(count)}}
        return cloud.client.send("PUT", machine["id"], json.dumps(document), JSON).status

    assert (put(most), len(cloud.get(machine["id"])["properties"])) == (200, most)
    assert put(most + 2) in (400, 403)


@proves("Machine/DefaultInitialState", "Machine/MachineTemplateByValue", "Machine/MachineImageByValue",
        "Machine/MachineConfigByValue", "Machine/MachineCredentialByValue", "Machine/MachineVolumeTemplatesByValue",
        "Machine/UserData")  # fmt: skip
def test_a_machine_all_by_value(cloud: Cloud, advertised: dict[str, Any]) -> None:
    machine = cloud.machine(
        advertised["Machine/DefaultInitialState"],
        machineImage={"imageLocation": f"urn:uuid:{DESKTOP}"},
        machineConfig={"cpu": 3, "memory": 3 << 20},
        credential={"userName": "tried", "password": "not-shown-77"},
        volumeTemplates=[{"volumeConfig": {"type": MAPPED, "capacity": GIGABYTE}}],
        userData=base64.b64encode(b"#cloud-config\n").decode(),
    )
    assert (machine["cpu"], machine["memory"]) == (3, 3 << 20)
    volumes = until(lambda: cloud.get(f"{machine['volumes']['href']}?$expand=volume").get("machineVolumes"))
    assert isinstance(volumes, list)
    assert [one["volume"]["capacity"] for one in volumes] == [GIGABYTE]
    engine = cloud.client.gateway.engine.get(f"/vms/{machine['id'].rpartition('/')[2]}")
    assert engine["initialization"]["user_name"] == "tried"
    assert advertised["Machine/UserData"] == "imgmod"
    assert cloud.client.send("DELETE", volumes[0]["id"]).status == 200
    until(lambda: "machineVolumes" not in cloud.get(machine["volumes"]["href"]))
    assert cloud.client.send("DELETE", volumes[0]["volume"]["id"]).status == 200


@proves("Machine/InitialStates", "Machine/MachineStopForce")
def test_initial_states_and_a_forced_stop(cloud: Cloud, advertised: dict[str, Any]) -> None:
    states = advertised["Machine/InitialStates"].split(",")
    assert set(states) >= {"STOPPED", "STARTED"}
    for state in states:
        machine = cloud.machine(state, initialState=state)
        if state == "STARTED":
            cloud.act(machine["id"], "stop", force=True)
            until(lambda uri=machine["id"]: cloud.get(uri)["state"] == "STOPPED")  # type: ignore[misc]


def test_a_machine_goes_back_to_its_snapshot_and_to_no_other_image(cloud: Cloud, advertised: dict[str, Any]) -> None:
    machine = cloud.machine()
    assert "Machine/RestoreFromImage" not in advertised
    body = json.dumps({"action": "restore", "image": IMAGE})
    assert cloud.client.send("POST", f"{machine['id']}/restore", body, JSON).status == 501
    image = cloud.make("/machine_images", {"type": "SNAPSHOT", "imageLocation": machine["id"]})
    until(lambda: cloud.get(image["id"])["state"] == "AVAILABLE")
    until(lambda: cloud.get(machine["id"])["state"] == "STOPPED")
    cloud.act(f"{machine['id']}/restore", "restore", image={"href": image["id"]})
    until(lambda: cloud.get(machine["id"]).get("latestSnapshot") == {"href": image["id"]})
    until(lambda: cloud.get(machine["id"])["state"] == "STOPPED")


@proves("Credential/CredentialTemplateByValue")
def test_a_credential_by_value(cloud: Cloud) -> None:
    made = cloud.make("/credentials", {"name": "c", "credentialTemplate": {"userName": "u", "password": "p-4711-x"}})
    assert (made["name"], "p-4711-x" in json.dumps(made)) == ("c", False)


@proves("Volume/VolumeConfigByValue", "Volume/VolumeTemplateByValue", "Volume/VolumeImageByValue",
        "Volume/VolumeSnapshot")  # fmt: skip
def test_volumes_by_value_and_their_snapshot(cloud: Cloud) -> None:
    config = {"type": MAPPED, "capacity": GIGABYTE}
    volume = cloud.make("/volumes", {"name": "v", "volumeTemplate": {"volumeConfig": config}})
    until(lambda: cloud.get(volume["id"])["state"] == "AVAILABLE")
    image = cloud.make("/volume_images", {"name": "i", "imageLocation": volume["id"]})
    until(lambda: cloud.get(image["id"])["state"] == "AVAILABLE")
    template = {"volumeConfig": config, "volumeImage": {"imageLocation": volume["id"]}}
    copy = cloud.make("/volumes", {"name": "w", "volumeTemplate": template})
    until(lambda: cloud.get(copy["id"])["state"] == "AVAILABLE")


@proves("Network/NetworkTemplateByValue", "Network/DefaultInitialState", "Network/InitialStates",
        "NetworkPort/NetworkPortTemplateByValue", "Address/AddressTemplateByValue")  # fmt: skip
def test_networks_ports_and_addresses_by_value(cloud: Cloud, advertised: dict[str, Any]) -> None:
    state = advertised["Network/InitialStates"]
    assert advertised["Network/DefaultInitialState"] == state
    template = {"networkConfig": {"networkType": "PRIVATE"}, "initialState": state}
    network = cloud.make("/networks", {"name": "tried-net", "networkTemplate": template})
    until(lambda: cloud.get(network["id"])["state"] == state)
    port = cloud.make("/network_ports", {"name": "p", "networkPortTemplate": {"network": {"href": network["id"]}}})
    assert port["network"] == {"href": network["id"]}
    address = cloud.make("/addresses", {"name": "a", "addressTemplate": {"ip": "10.88.0.7"}})
    assert (address["ip"], address["protocol"]) == ("10.88.0.7", "IPv4")


@proves("Meter/MeterTemplateByValue", "Meter/MeterConfigByValue", "EventLog/Linked")
def test_meters_by_value_and_a_log_that_goes_with_its_machine(cloud: Cloud) -> None:
    machine = cloud.machine()
    aspect = "http://schemas.dmtf.org/cimi/1/aspect/cpu"
    template = {"targetResource": {"href": machine["id"]}, "meterConfig": {"aspect": aspect, "sampleInterval": 60}}
    meter = cloud.make("/meters", {"name": "m", "meterTemplate": template})
    assert (meter["aspect"], meter["targetResource"]) == (aspect, {"href": machine["id"]})
    log = machine["eventLog"]["href"]
    assert cloud.get(log)["targetResource"] == {"href": machine["id"]}
    assert cloud.client.send("DELETE", machine["id"]).status == 200
    assert cloud.client.send("GET", log).status == 404


@proves("System/SystemComponentTemplateByValue")
def test_a_system_by_value(cloud: Cloud) -> None:
    component = {
        "name": "c",
        "type": "http://schemas.dmtf.org/cimi/1/Credential",
        "credentialTemplate": {"userName": "u", "password": "p-4711-x"},
    }
    system = cloud.make("/systems", {"name": "s", "systemTemplate": {"componentDescriptors": [component]}})
    until(lambda: cloud.get(f"{system['id']}/credentials").get("count") == 1)
    until(lambda: cloud.get(system["id"])["state"] != "CREATING")


@proves("Volume/SharedVolumeSupport")
def test_a_volume_of_several_machines(cloud: Cloud) -> None:
    engine = cloud.client.gateway.engine
    shared = engine.post("/disks", {
        "name": "shared", "provisioned_size": "1073741824", "format": "raw", "shareable": "true",
        "storage_domains": {"storage_domain": [{"id": engine.get("/storagedomains")["storage_domain"][0]["id"]}]},
    })  # fmt: skip
    volume = {"href": f"volumes/{shared['id']}"}
    until(lambda: cloud.get(f"/volumes/{shared['id']}")["state"] == "AVAILABLE")
    machines = [cloud.machine(), cloud.machine()]
    for machine in machines:
        cloud.make(machine["volumes"]["href"], {"initialLocation": "/dev/sdb", "volume": volume})
    for machine in machines:
        until(lambda uri=machine["volumes"]["href"]: cloud.get(uri).get("count") == 1)  # type: ignore[misc]


@proves("Job/JobRetention")
def test_a_job_is_kept(cloud: Cloud, advertised: dict[str, Any]) -> None:
    answer = cloud.client.send("POST", "/machine_templates", json.dumps({"machineImage": IMAGE}), JSON)
    cloud._made.append(answer.headers["location"])
    assert cloud.get(answer.headers["cimi-job-uri"])["state"] == "SUCCESS"
    assert advertised["Job/JobRetention"] == 2880


def test_everything_that_is_advertised_was_tried(advertised: dict[str, Any]) -> None:
    assert set(advertised) == TRIED


def test_every_action_that_is_advertised_is_a_place(cimi: CimiClient, cloud: Cloud) -> None:
    """What a type is said to know takes a POST below any of its items."""
    paths = {"Machine": "machines", "Job": "jobs", "Network": "networks", "NetworkPort": "network_ports",
             "Meter": "meters", "System": "systems", "Volume": "volumes"}  # fmt: skip
    told = cloud.get("/resource_metadata")["resourceMetadata"]
    tried = 0
    for entry in told:
        for action in entry.get("actions", ()):
            answer = cimi.send("OPTIONS", f"/{paths[entry['name']]}/any/{action['name']}")
            assert (answer.status, answer.headers["allow"]) == (204, "POST, OPTIONS"), (entry["name"], action["name"])
            assert action["uri"] == f"http://schemas.dmtf.org/cimi/1/action/{action['name']}"
            tried += 1
    assert tried >= 7
