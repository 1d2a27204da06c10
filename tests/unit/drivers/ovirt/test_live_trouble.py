"""What goes wrong on the way to an engine, and what must not follow from it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from deltaic.drivers.http.session import HttpSession
from deltaic.layers import wrap
from deltaic.model.annotation import Annotation, Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceSpec, InstanceState
from ovirt_engine_sim.server import Server
from tests.unit.drivers.ovirt.conftest import DESKTOP, RUNNING_VM, SERVERS, STOPPED_VM, World


class Wire:
    """Watches every request of the process: what is asked, and how many are on the way at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.flying = 0
        self.most = 0
        send = HttpSession._send

        async def watched(session: HttpSession, method: str, url: str, *rest: Any) -> Any:
            self.asked.append(f"{method} {url.partition('/ovirt-engine')[2].partition('?')[0]}")
            self.flying += 1
            self.most = max(self.most, self.flying)
            try:
                return await send(session, method, url, *rest)
            finally:
                self.flying -= 1

        monkeypatch.setattr(HttpSession, "_send", watched)

    def take(self) -> list[str]:
        asked, self.asked = self.asked, []
        return asked


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(monkeypatch)


LOGIN = "POST /sso/oauth/token"


class TestLogin:
    async def test_one_login_for_many_requests(self, world: World, wire: Wire) -> None:
        await asyncio.gather(*(world.driver.instance_types.list(world.context()) for _ in range(12)))
        assert wire.take().count(LOGIN) == 1

    @pytest.mark.parametrize("what", ["expire_tokens", "restart"])
    async def test_one_new_login_when_the_engine_forgot(self, world: World, wire: Wire, what: str) -> None:
        await world.driver.instance_types.list(world.context())
        wire.take()
        world.engine.faults.order(what, match={"path": "instancetypes"})
        found = await world.driver.instance_types.list(world.context())
        assert len(found) == 5
        assert wire.take() == ["GET /api/instancetypes", LOGIN, "GET /api/instancetypes"]

    async def test_many_requests_share_the_new_login(self, world: World, wire: Wire) -> None:
        await world.driver.instance_types.list(world.context())
        wire.take()
        world.engine.sessions.clear()
        await asyncio.gather(*(world.driver.instance_types.list(world.context()) for _ in range(6)))
        assert wire.take().count(LOGIN) == 1

    async def test_an_engine_that_refuses_for_good(self, world: World, wire: Wire) -> None:
        world.engine.faults.order("status", match={"path": "instancetypes"}, status=401, times=9)
        with pytest.raises(Error) as caught:
            await world.driver.instance_types.list(world.context())
        assert caught.value.kind is ErrorKind.UNAUTHENTICATED
        assert wire.take().count("GET /api/instancetypes") == 2

    @pytest.mark.parametrize(
        ("user", "password"),
        [("admin@internal", "wrong"), ("admin@internal", ""), ("", "deltaic"), ("nobody@internal", "deltaic")],
    )
    async def test_a_wrong_password_is_never_taken_for_the_right_one(
        self, world: World, user: str, password: str
    ) -> None:
        await world.driver.instances.list(world.context())
        for _ in range(2):
            with pytest.raises(Error) as caught:
                await world.driver.instances.list(world.context(user=user, password=password))
            assert caught.value.kind is ErrorKind.UNAUTHENTICATED
            if password:
                assert password not in str(caught.value)

    async def test_a_changed_password_is_noticed(self, world: World, wire: Wire) -> None:
        now = 0.0
        tokens = world.driver._client.tokens  # type: ignore[attr-defined]
        tokens._clock = lambda: now
        await world.driver.instance_types.list(world.context())
        world.engine.users["admin@internal"] = "changed"
        now = 599.0
        await world.driver.instance_types.list(world.context())
        now = 600.0
        for _ in range(2):
            with pytest.raises(Error) as caught:
                await world.driver.instance_types.list(world.context())
            assert caught.value.kind is ErrorKind.UNAUTHENTICATED
        assert len(await world.driver.instance_types.list(world.context(password="changed"))) == 5

    async def test_tokens_are_bounded(self, world: World) -> None:
        tokens = world.driver._client.tokens  # type: ignore[attr-defined]
        tokens._size = 1
        await world.driver.instance_types.list(world.context())
        await world.driver.instance_types.list(world.context(user="user@internal"))
        assert len(tokens._tokens) == 1
        await world.driver.close()
        assert len(world.engine.sessions._sessions) == 0

    async def test_tokens_are_given_back(self, world: World) -> None:
        driver = world.new_driver()
        await driver.login(world.context())
        assert len(world.engine.sessions._sessions) == 1
        await driver.close()
        assert len(world.engine.sessions._sessions) == 0


class TestConnections:
    async def test_eight_in_flight_at_most(self, world: World, wire: Wire) -> None:
        world.engine.faults.order("slow", match={"path": "instancetypes"}, times=30, seconds=0.01)
        await asyncio.gather(*(world.driver.instance_types.list(world.context()) for _ in range(30)))
        assert (wire.most, wire.take().count("GET /api/instancetypes")) == (8, 30)

    async def test_waiting_for_a_slot_ends_at_the_deadline(self, world: World) -> None:
        driver = world.new_driver(max_connections=1)
        await driver.instance_types.list(world.context())
        world.engine.faults.order("slow", match={"path": "instancetypes"}, times=2, seconds=5.0)
        slow = asyncio.ensure_future(driver.instance_types.list(world.context()))
        await asyncio.sleep(0)
        with pytest.raises(Error) as caught:
            await driver.instance_types.list(world.context(seconds=0.05))
        assert caught.value.kind is ErrorKind.TIMEOUT
        slow.cancel()
        await driver.close()

    async def test_a_slow_engine(self, world: World) -> None:
        await world.driver.login(world.context())
        world.engine.faults.order("slow", match={"path": "instancetypes"}, seconds=5.0)
        with pytest.raises(Error) as caught:
            await world.driver.instance_types.list(world.context(seconds=0.05))
        assert caught.value.kind is ErrorKind.TIMEOUT

    async def test_no_engine(self, world: World) -> None:
        lonely = World(world.engine, Server("127.0.0.1", 1)).driver
        with pytest.raises(Error) as caught:
            await lonely.zones.list(world.context())
        assert (caught.value.kind, caught.value.message) == (ErrorKind.UNAVAILABLE, "The cloud can't be reached")
        await lonely.close()

    async def test_a_redirect_is_not_followed(self, world: World, wire: Wire) -> None:
        world.engine.faults.order("status", match={"path": "instancetypes"}, status=302)
        with pytest.raises(Error, match="redirects elsewhere") as caught:
            await world.driver.instance_types.list(world.context())
        assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNAVAILABLE, False)
        assert wire.take().count("GET /api/instancetypes") == 1

    async def test_an_answer_that_is_too_large(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(HttpSession.request, "__kwdefaults__", {"body": None, "limit": 1000})
        with pytest.raises(Error, match="larger than 1000 bytes") as caught:
            await world.driver.instances.list(world.context())
        assert caught.value.kind is ErrorKind.UNAVAILABLE

    async def test_reads_are_repeated_by_the_layers(self, world: World) -> None:
        driver = wrap(world.driver)
        world.engine.faults.order("status", match={"path": "instancetypes"}, status=503)
        assert len(await driver.instance_types.list(world.context())) == 5


class TestDroppedCreation:
    async def test_it_is_found_by_its_marker_and_not_made_twice(self, world: World) -> None:
        spec = InstanceSpec("web", DESKTOP, SERVERS, annotation=Annotation(want=Want.RUNNING, launch="l-9:0"))
        driver = wrap(world.driver)
        await driver.login(world.context())
        world.engine.faults.order("drop", match={"method": "POST", "path": "vms"}, when="after")
        with pytest.raises(Error) as caught:
            await driver.instances.create(world.context(), spec)
        assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNAVAILABLE, True)
        found = await driver.instances.find_launch(world.context(), "l-9:0")
        assert [one.name for one in found] == ["web"]
        added = [event for event in world.engine.all("event") if event.data["code"] == 37]
        assert len(added) == 1

    async def test_its_events_carry_the_markers_correlation_id(self, world: World) -> None:
        spec = InstanceSpec("web", DESKTOP, SERVERS, annotation=Annotation(launch="l-9:0"))
        await world.driver.instances.create(world.context(), spec)
        await world.driver.instances.start(world.context(), STOPPED_VM)
        world.advance()
        by_code = {event.data["code"]: event.data["correlation_id"] for event in world.engine.all("event")}
        assert (len(by_code[37]), by_code[153]) == (36, "request-1")


class TestNumberOfCalls:
    PLAIN = "GET /api/vms"

    async def test_lists(self, world: World, wire: Wire) -> None:
        instances = world.driver.instances
        await instances.list(world.context())
        assert sorted(wire.take()) == sorted([
            LOGIN, "GET /api", "GET /api/datacenters", "GET /api/events", self.PLAIN,
            "GET /api/clusters", "GET /api/vnicprofiles"
        ])  # fmt: skip
        await instances.list(world.context())
        assert sorted(wire.take()) == ["GET /api/events", self.PLAIN]
        await instances.list(world.context(), details=False)
        assert wire.take() == [self.PLAIN]
        await instances.list(world.context(), ids=[RUNNING_VM, STOPPED_VM])
        assert wire.take() == [self.PLAIN]
        await instances.get(world.context(), RUNNING_VM)
        assert wire.take() == [self.PLAIN]

    async def test_verbs(self, world: World, wire: Wire) -> None:
        await world.driver.instances.list(world.context())
        wire.take()
        await world.driver.instances.stop(world.context(), RUNNING_VM)
        assert wire.take() == [f"POST /api/vms/{RUNNING_VM}/shutdown"]
        await world.driver.instances.start(world.context(), STOPPED_VM)
        assert wire.take() == [f"GET /api/vms/{STOPPED_VM}", f"POST /api/vms/{STOPPED_VM}/start"]

    async def test_identical_lists_share_their_calls(self, world: World, wire: Wire) -> None:
        driver = wrap(world.driver)
        await driver.instances.list(world.context())
        wire.take()
        answers = await asyncio.gather(*(driver.instances.list(world.context()) for _ in range(20)))
        assert sorted(wire.take()) == ["GET /api/events", self.PLAIN]
        assert all(answer == answers[0] for answer in answers)

    @pytest.mark.parametrize("what", ["volumes", "snapshots", "networks", "images", "instance_types", "zones"])
    async def test_other_lists(self, world: World, wire: Wire, what: str) -> None:
        expected = {"volumes": 4, "snapshots": 2, "networks": 2, "images": 1, "instance_types": 1, "zones": 0}
        await world.driver.instances.list(world.context())
        wire.take()
        await getattr(world.driver, what).list(world.context())
        assert len(wire.take()) == expected[what]

    async def test_reads_of_single_machines_share_their_calls(self, world: World, wire: Wire) -> None:
        driver = wrap(world.driver)
        await driver.instances.list(world.context())
        wire.take()
        reads = [driver.instances.get(world.context(), one, details=False) for one in (RUNNING_VM, STOPPED_VM) * 10]
        found = await asyncio.gather(*reads)
        assert [one.id for one in found] == [RUNNING_VM, STOPPED_VM] * 10
        assert len(wire.take()) <= 2

    async def test_a_read_never_joins_a_search_that_began_before_it(self, world: World) -> None:
        instances = world.driver.instances
        await instances.get(world.context(), STOPPED_VM)
        world.engine.faults.order("slow", match={"method": "GET", "path": "vms"}, seconds=0.05)
        early = asyncio.ensure_future(instances.get(world.context(), STOPPED_VM))
        await instances.start(world.context(), STOPPED_VM)
        assert (await instances.get(world.context(), STOPPED_VM)).state is InstanceState.STARTING
        await early

    async def test_a_failed_search_fails_all_that_asked(self, world: World) -> None:
        await world.driver.instances.list(world.context())
        world.engine.faults.order("status", match={"method": "GET", "path": "vms"}, status=503, times=2)
        reads = [world.driver.instances.get(world.context(), one) for one in (RUNNING_VM, STOPPED_VM)]
        failures = await asyncio.gather(*reads, return_exceptions=True)
        assert [type(one) for one in failures] == [Error, Error]
        world.engine.faults.clear()
        assert (await world.driver.instances.get(world.context(), RUNNING_VM)).id == RUNNING_VM
