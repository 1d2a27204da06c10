"""Systems from template to removal: by links and operations alone, in both formats.

What counts in the end is what the engine has.
"""

from __future__ import annotations

from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, operation, verbs
from tests.clients.gateway import WORKSHOP, Gateway
from tests.support.processes import until

TYPE = "http://schemas.dmtf.org/cimi/1"
TARGETS = {"machines": "machine", "volumes": "volume", "credentials": "credential", "networks": "network",
           "systems": "system", "addresses": "address", "networkPorts": "networkPort"}  # fmt: skip


@pytest.fixture(params=list(Format), ids=[form.value for form in Format])
def follower(demo: Gateway, request: pytest.FixtureRequest) -> Follower:
    return Follower(CimiClient(demo), request.param)


def component(name: str, kind: str, template: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "type": f"{TYPE}/{kind}", f"{kind[0].lower()}{kind[1:]}Template": template, **more}


def ident(document: dict[str, Any]) -> str:
    return str(document["id"]).rpartition("/")[2]


def typed(attribute: str) -> str:
    return f"{attribute[0].upper()}{attribute[1:]}"


class Shop:
    """One system and what is in it, read again at each look."""

    def __init__(self, follower: Follower, document: dict[str, Any]) -> None:
        self.follower = follower
        self.uri = document["id"]

    @property
    def document(self) -> dict[str, Any]:
        return self.follower.read(self.uri, "System")

    def items(self, collection: str) -> list[dict[str, Any]]:
        target = TARGETS[collection]
        found = self.follower.items(self.document[collection]["href"], f"System{typed(target)}")
        assert found["count"] == len(found["items"])
        items: list[dict[str, Any]] = found["items"]
        return items

    def members(self, collection: str) -> list[dict[str, Any]]:
        target = TARGETS[collection]
        return [self.follower.read(one[target]["href"], typed(target)) for one in self.items(collection)]

    def reached(self, *states: str) -> dict[str, Any]:
        until(lambda: self.document["state"] in states)
        return self.document

    def act(self, verb: str, **more: Any) -> None:
        given = {"action": f"{TYPE}/action/{verb}", **more}
        answer = self.follower.send("POST", operation(self.document, verb), "Action", given)
        assert answer.status == 202, answer.text
        self.over(answer.headers["cimi-job-uri"])

    def over(self, job_uri: str, state: str = "SUCCESS") -> dict[str, Any]:
        until(lambda: self.follower.read(job_uri, "Job")["state"] not in ("RUNNING", "QUEUED"))
        job = self.follower.read(job_uri, "Job")
        assert job["state"] == state, job.get("statusMessage")
        return job

    def removed(self) -> None:
        answer = self.follower.send("DELETE", operation(self.document, "delete"))
        assert answer.status == 200, answer.text
        assert self.follower.send("GET", self.uri).status == 404
        assert self.uri not in [one["id"] for one in self.follower.collection("System")["items"]]
        self.over(answer.headers["cimi-job-uri"])


def made(follower: Follower, template: dict[str, Any], name: str = "shop") -> tuple[Shop, dict[str, Any]]:
    """A system and the Job that made it, which is over."""
    collection = follower.collection("System")
    wanted = {"name": name, "description": "sold out", "properties": {"a": "b"}, "systemTemplate": template}
    answer = follower.send("POST", operation(collection, "add"), "SystemCreate", wanted)
    assert answer.status == 201, answer.text
    document = follower.document(answer, "System")
    assert answer.headers["location"] == document["id"]
    assert document["state"] == "CREATING"
    shop = Shop(follower, document)
    return shop, shop.over(answer.headers["cimi-job-uri"])


def engine(follower: Follower, path: str, key: str) -> dict[str, dict[str, Any]]:
    """What the engine has of a kind, by id."""
    return {one["id"]: one for one in follower.client.gateway.engine.get(path).get(key, [])}


def attached(follower: Follower, machine: dict[str, Any]) -> set[str]:
    found = follower.client.gateway.engine.get(f"/vms/{ident(machine)}/diskattachments")
    return {one["id"] for one in found.get("disk_attachment", [])}


def template_of(follower: Follower) -> str:
    """The address of the machine template for the image of the talk."""
    [href] = [one["id"] for one in follower.collection("MachineTemplate")["items"] if one["id"].endswith(WORKSHOP)]
    return str(href)


def test_the_life_of_two_machines_and_what_they_share(follower: Follower) -> None:
    machine = {
        "href": template_of(follower),
        "credential": {"href": "#login"},
        "networkInterfaces": [{"network": {"href": "#lan"}, "state": "ACTIVE"}],
    }
    name = f"lan-{follower.form.value}"
    template = {
        "name": "shop template",
        "componentDescriptors": [
            component("web", "Machine", machine, quantity=2, properties={"tier": "front"}),
            component("db", "Machine", machine | {"volumes": [{"href": "#data"}]}),
            component("login", "Credential", {"userName": "joe"}),
            component("data", "Volume", {"volumeConfig": {"capacity": 1_000_000}}),
            component("lan", "Network", {"networkConfig": {"mtu": 1400}}),
        ],
    }
    template["componentDescriptors"][4]["name"] = name  # networks of a data center have different names
    machine["networkInterfaces"][0]["network"]["href"] = f"#{name}"  # type: ignore[index]
    kept = follower.add("SystemTemplate", template)
    shop, job = made(follower, {"href": kept["id"]})

    document = shop.document
    assert (document["name"], document["description"], document["properties"]) == ("shop", "sold out", {"a": "b"})
    assert (document["state"], verbs(document)) == ("STOPPED", {"start", "restart", "edit", "delete"})
    machines = shop.members("machines")
    assert [one["name"] for one in machines] == ["web1", "web2", "db"]
    assert [one.get("properties") for one in machines] == [{"tier": "front"}, {"tier": "front"}, None]
    [volume], [network], [credential] = (shop.members(one) for one in ("volumes", "networks", "credentials"))
    assert (volume["name"], volume["capacity"], network["name"]) == ("data", 1_000_000, name)
    assert (credential["name"], credential["userName"]) == ("login", "joe")

    parts = [follower.read(one["href"], "Job") for one in job["nestedJobs"]]
    assert [(one["state"], one["parentJob"]["href"]) for one in parts] == [("SUCCESS", job["id"])] * 6
    affected = {one["href"] for part in parts for one in part["affectedResources"]}
    assert affected >= {one["id"] for one in (*machines, volume, network, credential)}

    assert ident(volume) in attached(follower, machines[2])
    assert ident(volume) not in attached(follower, machines[0]) | attached(follower, machines[1])
    for one in machines:
        vm = follower.client.gateway.engine.get(f"/vms/{ident(one)}")
        assert vm["initialization"]["user_name"] == "joe"
        [interface] = follower.items(one["networkInterfaces"]["href"], "MachineNetworkInterface")["items"]
        assert interface["network"] == {"href": network["id"]}

    shop.act("start")
    document = shop.reached("STARTED")
    assert verbs(document) == {"stop", "restart", "suspend", "edit", "delete"}
    assert {engine(follower, "/vms", "vm")[ident(one)]["status"] for one in machines} == {"up"}
    shop.act("suspend")
    shop.reached("SUSPENDED")
    shop.act("start")
    shop.reached("STARTED")
    shop.act("stop", force=True)
    shop.reached("STOPPED")

    shop.removed()
    until(lambda: not {ident(one) for one in machines} & engine(follower, "/vms", "vm").keys())
    assert ident(volume) not in engine(follower, "/disks", "disk")
    assert ident(network) not in engine(follower, "/networks", "network")
    assert follower.send("GET", credential["id"]).status == 404
    assert follower.send("DELETE", operation(kept, "delete")).status == 200


def test_what_is_put_into_a_system_stays_when_it_goes(follower: Follower) -> None:
    guest = follower.add(
        "Machine", {"name": "guest", "machineTemplate": {"href": template_of(follower)}}, "MachineCreate"
    )
    until(lambda: follower.read(guest["id"], "Machine")["state"] == "STOPPED")
    shop, _ = made(follower, {"componentDescriptors": [component("own", "Machine", {"href": template_of(follower)})]})
    machines = shop.document["machines"]["href"]
    item = follower.add("SystemMachine", {"machine": {"href": guest["id"]}}, uri=machines)
    assert [one["name"] for one in shop.members("machines")] == ["own", "guest"]
    assert verbs(item) == {"delete"}

    follower.send("POST", operation(follower.read(guest["id"], "Machine"), "start"), "Action",
                  {"action": f"{TYPE}/action/start"})  # fmt: skip
    until(lambda: follower.read(guest["id"], "Machine")["state"] == "STARTED")
    assert shop.document["state"] == "MIXED"
    shop.act("stop", force=True)
    shop.reached("STOPPED")

    own = shop.items("machines")[0]
    assert follower.send("DELETE", operation(own, "delete")).status == 200
    assert [one["name"] for one in shop.members("machines")] == ["guest"]
    shop.removed()
    assert follower.read(guest["id"], "Machine")["state"] == "STOPPED"
    left = follower.read(own["machine"]["href"], "Machine")
    for one in (left, guest):
        assert follower.send("DELETE", operation(follower.read(one["id"], "Machine"), "delete")).status == 200


def test_the_sample_can_be_used_as_it_is(follower: Follower) -> None:
    [sample] = [one for one in follower.collection("SystemTemplate")["items"] if not verbs(one)]
    shop, _ = made(follower, {"href": sample["id"]})
    assert [one["name"] for one in shop.members("machines")] == ["server", "client"]
    [volume] = shop.members("volumes")
    assert ident(volume) in attached(follower, shop.members("machines")[0])
    shop.removed()
    assert ident(volume) not in engine(follower, "/disks", "disk")


def test_systems_in_a_system_go_with_it(follower: Follower) -> None:
    one = component("one", "Machine", {"href": template_of(follower)})
    inner = component("inner", "System", {"componentDescriptors": [one]})
    shop, _ = made(follower, {"componentDescriptors": [one | {"name": "outer"}, inner]})
    [nested] = shop.members("systems")
    machines = [*shop.members("machines"), *Shop(follower, nested).members("machines")]
    assert [machine["name"] for machine in machines] == ["outer", "one"]
    shop.act("start")
    assert Shop(follower, nested).reached("STARTED")["name"] == "inner"
    shop.reached("STARTED")
    shop.removed()
    assert follower.send("GET", nested["id"]).status == 404
    until(lambda: not {ident(machine) for machine in machines} & engine(follower, "/vms", "vm").keys())


def test_a_member_that_the_engine_refuses_is_named_and_the_rest_can_be_removed(follower: Follower) -> None:
    taken = {"name": "ovirtmgmt", "type": f"{TYPE}/Network", "networkTemplate": {"networkConfig": {"mtu": 1400}}}
    machine = {"href": template_of(follower), "networkInterfaces": [
        {"network": {"href": "#ovirtmgmt"}, "state": "ACTIVE"}]}  # fmt: skip
    wanted = {"name": "broken", "systemTemplate": {"componentDescriptors": [
        component("data", "Volume", {"volumeConfig": {"capacity": 1_000_000}}), taken,
        component("never", "Machine", machine)]}}  # fmt: skip
    answer = follower.send("POST", operation(follower.collection("System"), "add"), "SystemCreate", wanted)
    assert answer.status == 201, answer.text
    shop = Shop(follower, follower.document(answer, "System"))
    job = shop.over(answer.headers["cimi-job-uri"], "FAILED")
    assert job["statusMessage"].startswith("The network 'ovirtmgmt' failed: ")
    assert (shop.document["state"], shop.members("machines")) == ("ERROR", [])
    [volume] = shop.members("volumes")
    assert [one for one in engine(follower, "/vms", "vm").values() if one["name"] == "never"] == []
    shop.removed()
    assert ident(volume) not in engine(follower, "/disks", "disk")
