"""What a data center that enforces quotas refuses."""

from tests.sim.core.support import DEFAULT, DEFAULT_CENTER, WORKSHOP, Api

GIB = 1 << 30
QUOTAS = f"datacenters/{DEFAULT_CENTER}/quotas"


async def quota(api: Api, name: str = "small", **limits: float) -> str:
    """A quota without grace; limits are storage (GiB), cpus, memory (GiB)."""
    answer = await api.post(QUOTAS, {"name": name, "cluster_hard_limit_pct": 0, "storage_hard_limit_pct": 0})
    assert answer.status == 201, answer.body
    made = str(answer.json["id"])
    storage = await api.post(f"{QUOTAS}/{made}/quotastoragelimits", {"limit": limits.get("storage", -1)})
    assert storage.status == 201, storage.body
    body = {"vcpu_limit": limits.get("cpus", -1), "memory_limit": limits.get("memory", -1)}
    assert (await api.post(f"{QUOTAS}/{made}/quotaclusterlimits", body)).status == 201
    return made


async def enforce(api: Api, mode: str = "enabled") -> None:
    assert (await api.put(f"datacenters/{DEFAULT_CENTER}", {"quota_mode": mode})).status == 200


def disk(size: int, held: str = "") -> dict[str, object]:
    body: dict[str, object] = {
        "name": f"disk{size}",
        "provisioned_size": size * GIB,
        "format": "cow",
        "storage_domains": {"storage_domain": [{"name": "data1"}]},
    }
    return {**body, "quota": {"id": held}} if held else body


async def test_storage_of_disks(api: Api) -> None:
    held = await quota(api, storage=10)
    await enforce(api)
    assert (await api.post("disks", disk(8, held))).status == 202
    answer = await api.post("disks", disk(3, held))
    text = "[Cannot add Virtual Disk. Quota has insufficient storage resources.]"
    assert (answer.status, answer.detail) == (409, text)
    assert (await api.post("disks", disk(2, held))).status == 202
    limit = (await api.read(f"{QUOTAS}/{held}/quotastoragelimits"))["quota_storage_limit"][0]
    assert (limit["limit"], limit["usage"]) == ("10", 10.0)


async def test_a_disk_must_carry_a_quota_of_its_data_center(api: Api) -> None:
    await enforce(api)
    answer = await api.post("disks", disk(1))
    assert (answer.status, answer.detail) == (409, "[Cannot add Virtual Disk. Quota is not valid.]")


async def test_other_modes_refuse_nothing(api: Api) -> None:
    held = await quota(api, storage=1)
    for size, mode in ((5, "disabled"), (6, "audit")):
        await enforce(api, mode)
        assert (await api.post("disks", disk(size, held))).status == 202


async def test_grace_lets_a_little_more_in(api: Api) -> None:
    held = await quota(api, storage=10)
    assert (await api.put(f"{QUOTAS}/{held}", {"storage_hard_limit_pct": 20})).status == 200
    await enforce(api)
    assert (await api.post("disks", disk(12, held))).status == 202
    assert (await api.post("disks", disk(1, held))).status == 409


async def test_copies_count(api: Api) -> None:
    held = await quota(api, storage=10)
    await enforce(api)
    made = (await api.post("disks", disk(6, held))).json["id"]
    api.advance(10)
    answer = await api.post(f"disks/{made}/copy", {"storage_domain": {"name": "data1"}})
    assert (answer.status, answer.detail) == (
        409,
        "[Cannot copy Virtual Disk. Quota has insufficient storage resources.]",
    )


async def create(api: Api, name: str, held: str) -> int:
    body = {"name": name, "cluster": {"id": DEFAULT}, "template": {"id": WORKSHOP}, "quota": {"id": held}}
    answer = await api.post("vms", body)
    if answer.status == 409:
        assert answer.detail == "[Cannot add VM. Quota has insufficient storage resources.]"
    api.advance(10)
    return answer.status


async def test_machines_take_storage_of_their_quota(api: Api) -> None:
    held = await quota(api, storage=2)
    await enforce(api)
    assert [await create(api, name, held) for name in ("one", "two", "three")] == [202, 202, 409]
    assert (await api.read("vms?search=name%3Dthree")) == {}
    found = await api.read("disks?search=vm_names%3Done")
    assert found["disk"][0]["quota"]["id"] == held


async def test_starting_takes_cpus_and_memory(api: Api) -> None:
    held = await quota(api, cpus=2)
    await enforce(api)
    for name in ("one", "two"):
        assert await create(api, name, held) == 202
    ids = {vm["name"]: vm["id"] for vm in (await api.read("vms?search=name%3Done or name%3Dtwo"))["vm"]}
    assert (await api.post(f"vms/{ids['one']}/start")).status == 200
    answer = await api.post(f"vms/{ids['two']}/start")
    assert (answer.status, answer.detail) == (409, "[Cannot run VM. Quota has insufficient cluster resources.]")
    assert (await api.post(f"vms/{ids['one']}/stop")).status == 200
    api.advance(10)
    assert (await api.post(f"vms/{ids['two']}/start")).status == 200
