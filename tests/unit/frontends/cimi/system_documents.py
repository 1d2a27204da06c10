"""Documents of systems, and what tests do with them."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.conftest import IMAGE

TYPE = "http://schemas.dmtf.org/cimi/1"
UNKNOWN = "77777777-1111-4222-8333-444455556666"
MACHINE = {
    "machineConfig": {"href": "machine_configurations/SERVER"},
    "machineImage": {"href": f"machine_images/{IMAGE}"},
}


def component(name: str, kind: str, template: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": f"{TYPE}/{kind}", f"{kind[0].lower()}{kind[1:]}Template": template, **more}


SHOP = [
    component("web", "Machine", MACHINE | {"credential": {"href": "#login"}}, quantity=2, properties={"tier": "front"}),
    component("login", "Credential", {"userName": "joe", "password": "secret"}, description="For both"),
]


def wanted(*components: dict[str, Any], name: str = "shop") -> dict[str, Any]:
    return {"name": name, "systemTemplate": {"componentDescriptors": list(components)}}


async def made(cimi: Client, *components: dict[str, Any]) -> Any:
    answer = await cimi.post("/systems", wanted(*components))
    assert answer.status == 201, answer.text
    document = json.loads(answer.body)
    assert document["id"] == answer.headers["location"]
    await cimi.gateway.operations.settle()
    return await cimi.get(document["id"].removeprefix(BASE))


async def below(cimi: Client, system: Any, collection: str) -> list[Any]:
    found = await cimi.get(system[collection]["href"].removeprefix(BASE))
    key = f"system{collection[0].upper()}{collection[1:]}"
    items: list[Any] = found.get(key, [])
    assert found["count"] == len(items)
    return items


async def machines(cimi: Client, system: Any) -> list[Any]:
    return [await cimi.get(one["machine"]["href"].removeprefix(BASE)) for one in await below(cimi, system, "machines")]


async def refused(cimi: Client, *components: dict[str, Any]) -> tuple[int, str]:
    answer = await cimi.post("/systems", wanted(*components))
    assert (await cimi.get("/systems"))["count"] == 0
    assert cimi.gateway.operations.started == []
    message = job(answer)["statusMessage"].partition(" (attribute 'componentDescriptors")[0]
    return answer.status, message


async def act(cimi: Client, system: Any, verb: str, **more: Any) -> int:
    href = next(one["href"] for one in system["operations"] if one["rel"].endswith(f"/{verb}"))
    answer = await cimi.post(href.removeprefix(BASE), {"action": f"{TYPE}/action/{verb}", **more})
    await cimi.gateway.operations.settle()
    return answer.status


async def reached(cimi: Client, system: Any, state: str) -> Any:
    """The system once its machines are in a state: each look brings those of the fake cloud nearer to it."""
    seen = []
    for _ in range(20):
        found = await cimi.get(system["id"].removeprefix(BASE))
        seen.append(found["state"])
        if found["state"] == state:
            return found
    raise AssertionError(seen)


def rels(document: Any) -> list[str]:
    return [one["rel"].rpartition("/")[2] for one in document["operations"]]
