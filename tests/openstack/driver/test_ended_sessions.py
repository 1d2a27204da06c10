"""Tokens that Keystone has revoked while Nova or Cinder, who saw them a moment ago, still take them for good."""

from __future__ import annotations

import asyncio
from typing import Any

from deltaic.drivers.openstack.client import Client
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from tests.openstack.support.tenant import Tenant

#: What a service is asked for so that it knows a token: the one behind it does not.
SEEN = {"compute": "servers", "block-storage": "volumes"}


async def revoked(client: Client, me: Context, project: Tenant, service: str) -> str:
    """The token that `service`, and nobody else, will still believe."""
    token = (await client.login(me)).token
    await client.call(me, service, "GET", SEEN[service])
    administrator = project.plane.administrator().session
    url = f"{project.plane.keystone}/auth/tokens"
    answer = await asyncio.to_thread(administrator.delete, url, headers={"X-Subject-Token": token})
    assert answer.status_code == 204
    return token


async def test_a_machine_of_an_image(client: Client, project: Tenant, me: Context) -> None:
    old = await revoked(client, me, project, "compute")
    wish = {"name": "late", "flavorRef": next(iter(project.flavors.values())), "imageRef": project.image_id}
    body = {"server": wish | {"networks": [{"uuid": project.network_id}]}}
    made = (await client.create(me, "compute", "servers", body, dict[str, Any]))["server"]
    assert (await client.login(me)).token != old
    found = await asyncio.to_thread(lambda: [one.id for one in project.cloud.compute.servers()])
    assert found == [made["id"]]
    server = await asyncio.to_thread(project.cloud.compute.get_server, made["id"])
    assert (await asyncio.to_thread(project.cloud.compute.wait_for_server, server)).status == "ACTIVE"
    await client.remove(me, "compute", f"servers/{made['id']}")
    await asyncio.to_thread(project.cloud.compute.wait_for_delete, server)


async def test_a_volume_of_an_image(client: Client, project: Tenant, me: Context) -> None:
    storage = project.cloud.block_storage
    old = await revoked(client, me, project, "block-storage")
    body = {"volume": {"name": "late", "size": 1, "imageRef": project.image_id}}
    made = (await client.create(me, "block-storage", "volumes", body, dict[str, Any]))["volume"]
    assert (await client.login(me)).token != old
    found = await asyncio.to_thread(lambda: list(storage.volumes()))
    assert [one.id for one in found] == [made["id"]]
    await asyncio.to_thread(storage.wait_for_status, found[0], "available", ["error"], 1, 120)
    await client.remove(me, "block-storage", f"volumes/{made['id']}")
    await asyncio.to_thread(storage.wait_for_delete, found[0])


async def test_a_volume_into_a_machine(client: Client, project: Tenant, me: Context, server: Any) -> None:
    """Nova calls that a fault of its own: what came of it is not known, and the next attempt has a new token.

    A process of Nova that has not seen the token asks Keystone; then the first attempt has a new token already.
    """
    storage = project.cloud.block_storage
    volume = await asyncio.to_thread(lambda: storage.create_volume(name="late", size=1))
    await asyncio.to_thread(storage.wait_for_status, volume, "available", ["error"], 1, 120)
    old = await revoked(client, me, project, "compute")
    attachments, wish = f"servers/{server.id}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume.id}}
    try:
        made = await client.act(me, "compute", attachments, wish)
    except Error as error:
        if (error.kind, error.retryable) != (ErrorKind.UNAVAILABLE, True):
            raise
        made = await client.act(me, "compute", attachments, wish)
    assert (made.status, (await client.login(me)).token == old) == (200, False)
    await asyncio.to_thread(storage.wait_for_status, volume, "in-use", ["error"], 1, 120)
    await client.remove(me, "compute", f"{attachments}/{volume.id}")
    await asyncio.to_thread(storage.wait_for_status, volume, "available", ["error"], 1, 120)
    await asyncio.to_thread(storage.delete_volume, volume)
    await asyncio.to_thread(storage.wait_for_delete, volume)
