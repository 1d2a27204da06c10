"""Answers that never arrive, and what a repeated request finds of the first one."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest

from deltaic.drivers.http.session import HttpSession
from deltaic.drivers.openstack import microversions
from deltaic.drivers.openstack.interfaces import remove_stray_ports
from deltaic.drivers.openstack.plugging import Plugger
from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.nic import NicSpec
from deltaic.model.snapshot import SnapshotSpec
from deltaic.model.volume import VolumeSpec
from tests.openstack.driver.conftest import Desk

GIB = 1 << 30


@contextmanager
def lost(method: str, end: str) -> Iterator[None]:
    """The answer to the next request of this kind is lost."""
    send, left = HttpSession._send, [None]

    async def passed(session: HttpSession, asked: str, url: str, *rest: Any) -> Any:
        answer = await send(session, asked, url, *rest)
        if left and asked == method and url.partition("?")[0].endswith(end):
            left.clear()
            raise aiohttp.ServerDisconnectedError
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpSession, "_send", passed)
        yield
    assert not left


async def refused(verb: Any) -> ErrorKind:
    with pytest.raises(Error) as caught:
        await verb
    return caught.value.kind


async def ports_of(desk: Desk, server_id: str) -> list[Any]:
    return await desk.told(lambda: list(desk.cloud.network.ports(device_id=server_id)))


async def pulled_out(desk: Desk, server_id: str, nic_id: str) -> None:
    """Remove an interface and wait until it is no more."""
    try:
        await desk.driver.interfaces.delete(desk.context, server_id, nic_id)
    except Error as error:
        # A port of our own that compute is still letting go of.
        if error.kind is not ErrorKind.BUSY:
            raise
        await desk.until(lambda: port_or_none(desk, nic_id), lambda port: not port or not port.device_id)
        await desk.driver.interfaces.delete(desk.context, server_id, nic_id)
    await desk.until(lambda: port_or_none(desk, nic_id), lambda port: port is None)


async def port_or_none(desk: Desk, port_id: str) -> Any:
    return await desk.told(lambda: desk.cloud.network.find_port(port_id))


@pytest.mark.parametrize("newest", [microversions.KNOWN["compute"], (2, 69), (2, 1)])
async def test_an_interface_is_plugged_in_once(
    desk: Desk, server: Any, monkeypatch: pytest.MonkeyPatch, newest: tuple[int, int]
) -> None:
    monkeypatch.setitem(microversions.KNOWN, "compute", newest)
    before = {port.id for port in await ports_of(desk, server.id)}
    spec = NicSpec(desk.tenant.network_id, "extra")
    with lost("POST", "/os-interface"):
        assert await refused(desk.driver.interfaces.create(desk.context, server.id, spec)) is ErrorKind.UNAVAILABLE
    nic = await desk.driver.interfaces.create(desk.context, server.id, spec)
    assert {port.id for port in await ports_of(desk, server.id)} == before | {nic.id}
    assert nic.name == "extra"
    await pulled_out(desk, server.id, nic.id)


async def test_an_interface_that_was_not_named_is_named(desk: Desk, server: Any) -> None:
    before = {port.id for port in await ports_of(desk, server.id)}
    spec = NicSpec(desk.tenant.network_id, "extra", linked=False)
    with pytest.MonkeyPatch.context() as patch:
        named = type(desk.driver.interfaces)._named  # type: ignore[attr-defined]

        async def killed(*_: object) -> Any:
            raise Error(ErrorKind.INTERNAL, "killed")

        patch.setattr(type(desk.driver.interfaces), "_named", killed)
        assert await refused(desk.driver.interfaces.create(desk.context, server.id, spec)) is ErrorKind.INTERNAL
        patch.setattr(type(desk.driver.interfaces), "_named", named)
        nic = await desk.driver.interfaces.create(desk.context, server.id, spec)
    assert {port.id for port in await ports_of(desk, server.id)} == before | {nic.id}
    assert (nic.name, nic.linked) == ("extra", False)
    await pulled_out(desk, server.id, nic.id)


async def test_an_interface_that_is_asked_for_twice_at_once(desk: Desk, server: Any) -> None:
    before = {port.id for port in await ports_of(desk, server.id)}
    spec = NicSpec(desk.tenant.network_id, "extra")
    create = desk.driver.interfaces.create
    first, second = await asyncio.gather(*(create(desk.context, server.id, spec) for _ in range(2)))
    assert first.id == second.id
    await alone(desk, server.id, before, first.id)


async def test_an_interface_that_is_asked_for_again_meanwhile(
    desk: Desk, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One attempt is answered after the other one has looked, and before that one has a port."""
    before = {port.id for port in await ports_of(desk, server.id)}
    spec = NicSpec(desk.tenant.network_id, "extra")
    plug_in, answered = Plugger.plug_in, list[str]()

    async def overtaken(plugger: Plugger, *given: Any) -> str:
        monkeypatch.setattr(Plugger, "plug_in", plug_in)
        answered.append((await desk.driver.interfaces.create(desk.context, server.id, spec)).id)
        return await plug_in(plugger, *given)

    monkeypatch.setattr(Plugger, "plug_in", overtaken)
    made = await desk.driver.interfaces.create(desk.context, server.id, spec)
    assert answered == [made.id]
    await alone(desk, server.id, before, made.id)


async def alone(desk: Desk, server_id: str, before: set[str], nic_id: str) -> None:
    """A machine gets no interface but this one; it is removed then."""

    async def ports() -> set[str]:
        return {port.id for port in await ports_of(desk, server_id)}

    assert await desk.until(ports, lambda seen: len(seen) == len(before) + 1) == before | {nic_id}
    await pulled_out(desk, server_id, nic_id)


async def test_a_port_of_a_machine_that_is_gone_is_swept(desk: Desk) -> None:
    network, gone = desk.cloud.network, str(uuid.uuid4())

    def port(description: str) -> Any:
        return network.create_port(network_id=desk.tenant.network_id, description=description)

    stray, kept = [await desk.told(port, text) for text in (f"deltaic:instance={gone}", "somebody's")]
    await remove_stray_ports(desk.driver._client, desk.context)  # type: ignore[attr-defined]
    assert await port_or_none(desk, stray.id) is None
    assert await port_or_none(desk, kept.id) is not None
    await desk.told(network.delete_port, kept)


async def test_volumes_and_snapshots_are_found_by_their_markers(desk: Desk) -> None:
    volumes, snapshots = desk.driver.volumes, desk.driver.snapshots
    with lost("POST", "/volumes"):
        spec = VolumeSpec("late", GIB, marker="v-late")
        assert await refused(volumes.create(desk.context, spec)) is ErrorKind.UNAVAILABLE
    (made,) = await volumes.find_marked(desk.context, "v-late")
    await desk.until(lambda: volumes.get(desk.context, made.id), lambda one: one.state == "available")
    with lost("POST", "/snapshots"):
        taken = SnapshotSpec(made.id, "late", marker="s-late")
        assert await refused(snapshots.create(desk.context, taken)) is ErrorKind.UNAVAILABLE
    (shot,) = await snapshots.find_marked(desk.context, "s-late")
    assert (made.name, shot.name, await volumes.find_marked(desk.context, "other")) == ("late", "late", [])
    await desk.until(lambda: snapshots.get(desk.context, shot.id), lambda one: one.state == "completed")
    await snapshots.delete(desk.context, shot.id)
    await desk.until(lambda: snapshots.list(desk.context), lambda left: not left)
    await volumes.delete(desk.context, made.id)
    await desk.until(lambda: volumes.list(desk.context), lambda left: not left)


async def test_what_an_image_inherited_is_taken_away_later(desk: Desk) -> None:
    """As compute leaves an image whose taker was killed before it could write what is its own."""
    images, note = desk.driver.images, Annotation(tags={"Name": "golden"}, launch="i-late")
    inherited = {"Name": "golden", "Colour": "red", "deltaic:launch": "i-late", "deltaic:id": "new"}

    def begun() -> Any:
        form = {"container_format": "bare", "disk_format": "raw"}
        made = desk.cloud.image.post("/images", json={"name": "golden", **form, **inherited}).json()
        # What is written of an image before it has its bytes, the end of their way would undo.
        kind = {"Content-Type": "application/octet-stream"}
        answer = desk.cloud.image.put(f"/images/{made['id']}/file", data=b"golden", headers=kind)
        assert answer.status_code == 204, answer.text
        return made

    made = await desk.told(begun)
    (found,) = await images.find_marked(desk.context, "i-late")
    assert (found.id, found.annotation.tags) == (made["id"], {"Name": "golden", "Colour": "red"})
    await images.annotate(desk.context, found.id, lambda _: note)
    (found,) = await images.find_marked(desk.context, "i-late")
    assert found.annotation == note
    shown = await desk.told(lambda: desk.cloud.image.get(f"/images/{found.id}").json())
    assert ("Colour" in shown, shown["deltaic:id"]) == (False, found.id)
    await images.delete(desk.context, found.id)
