"""What a plain user sees of a VM that a permission reaches, and of the networks that everybody may use."""

from tests.sim.core.support import UP_VM, Api


async def test_the_parts_of_a_visible_vm(api: Api) -> None:
    await api.login("user@internal")
    counts = {}
    for rel in ("statistics", "graphicsconsoles", "reporteddevices", "nics", "diskattachments", "snapshots"):
        document = await api.read(f"vms/{UP_VM}/{rel}")
        counts[rel] = len(next(iter(document.values()), []))
    assert counts == {
        "statistics": 16,
        "graphicsconsoles": 1,
        "reporteddevices": 1,
        "nics": 1,
        "diskattachments": 1,
        "snapshots": 1,
    }


async def test_every_user_may_use_the_networks_of_the_seed(api: Api) -> None:
    await api.login("user@internal")
    profiles = (await api.read("vnicprofiles"))["vnic_profile"]
    assert sorted(one["name"] for one in profiles) == ["bcn-guests", "ovirtmgmt", "ovirtmgmt", "workshop"]
    networks = (await api.read("networks"))["network"]
    assert {one["name"] for one in networks} == {"bcn-guests", "ovirtmgmt", "workshop"}
