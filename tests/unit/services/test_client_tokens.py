"""Client tokens: what is asked for under one is done once, whatever fails in between."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deltaic.model.context import Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.services.client_tokens import ClientTokens
from tests.unit.services.conftest import World


class Maker:
    """Makes things, or fails; remembers its markers."""

    def __init__(self, *failures: ErrorKind) -> None:
        self.failures = list(failures)
        self.markers: list[str] = []

    async def __call__(self, marker: str) -> bytes:
        self.markers.append(marker)
        if self.failures:
            raise Error(self.failures.pop(), "no")
        return f"thing {len(self.markers)}".encode()


async def test_a_token_is_used_once(world: World) -> None:
    tokens, make = ClientTokens(world.store), Maker()
    for _ in range(2):
        assert await tokens.once(world.context, "volume", "t", "f", make) == b"thing 1"
    # Another verb has tokens of its own, and no token at all means something new each time.
    assert await tokens.once(world.context, "snapshot", "t", "f", make) == b"thing 2"
    assert await tokens.once(world.context, "volume", "", "f", make) == b"thing 3"
    assert await tokens.once(world.context, "volume", "", "f", make) == b"thing 4"
    assert len(set(make.markers)) == 4


async def test_a_token_is_another_one_elsewhere(world: World) -> None:
    tokens, make = ClientTokens(world.store), Maker()
    places = (Scope("default"), Scope("default", "dc-2"), Scope("default", view="shop"), Scope("other"))
    contexts = [replace(world.context, scope=place) for place in places]
    for number, context in enumerate(contexts * 2):
        made = await tokens.once(context, "volume", "t", "f", make)
        assert made == f"thing {number % len(places) + 1}".encode()


async def test_another_request_under_it_is_refused(world: World) -> None:
    tokens = ClientTokens(world.store)
    await tokens.once(world.context, "volume", "t", "f", Maker())
    with pytest.raises(Error) as caught:
        await tokens.once(world.context, "volume", "t", "other", Maker())
    assert (caught.value.kind, caught.value.field) == (ErrorKind.IDEMPOTENCY_MISMATCH, "client_token")


@pytest.mark.parametrize(("kind", "same"), [(ErrorKind.TIMEOUT, True), (ErrorKind.QUOTA, False)])
async def test_what_timed_out_is_met_again_and_what_failed_is_begun_anew(
    world: World, kind: ErrorKind, same: bool
) -> None:
    tokens, make = ClientTokens(world.store), Maker(kind)
    with pytest.raises(Error) as caught:
        await tokens.once(world.context, "volume", "t", "f", make)
    assert caught.value.kind is kind
    assert await tokens.once(world.context, "volume", "t", "f", make) == b"thing 2"
    assert (make.markers[0] == make.markers[1]) is same
