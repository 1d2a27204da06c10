"""Hardware profiles: those that are listed, and the one of machines whose size is gone."""

from __future__ import annotations

from msgspec.structs import replace

from tests.unit.frontends.deltacloud.conftest import BASE, Client


async def test_a_machine_without_a_named_size_leads_to_a_profile(deltacloud: Client) -> None:
    """Also before a cloud where images have no size of their own, and the machine's size was removed."""
    able = deltacloud.gateway.driver.capability
    deltacloud.gateway.driver.capability = replace(able, instances_create_with_image_size=False)
    machine = (await deltacloud.json("/instances"))["instances"][0]
    profile = machine["hardware_profile"]
    path = profile["href"].removeprefix(BASE)
    assert (profile["id"], path) == ("SERVER", "/hardware_profiles/SERVER")
    shown = await deltacloud.xml(path)
    assert (shown.get("id"), shown.findtext("name")) == ("SERVER", "SERVER")
    # Its figures are each machine's own, and nobody is offered to make another one like it.
    assert [one.get("name") for one in shown.iter("property")] == ["architecture"]
    assert "SERVER" not in await deltacloud.ids("hardware_profiles")
    assert (await deltacloud.send("GET", "/hardware_profiles/nope")).status == 404
