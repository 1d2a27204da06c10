"""Guessing at passwords: who has to wait, for how long, and who never does."""

from __future__ import annotations

import pytest

from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.services import brake, guesses
from deltaic.services.brake import MOST_OF_ACCOUNT, MOST_OF_ADDRESS, MOST_OF_BOTH, Brake
from deltaic.services.guesses import MOST_DOORS, MOST_REPEATS, SECONDS, Guesses, site_of
from deltaic.services.identity import Clouds, Identity
from tests.fakes.driver import FakeDriver
from tests.fakes.store import FakeStore

RIGHT = "the-right-one"


class Door:
    """A brake, and a clock that tests set."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.brake = Brake(b"s" * 32, lambda: self.time)
        self.asked = 0

    def knock(
        self, password: str, account: str = "ann", address: str = "192.0.2.1", cloud: str = "one",
        otherwise: ErrorKind = ErrorKind.UNAUTHENTICATED,
    ) -> int:  # fmt: skip
        """Log in; the seconds to wait, 0 where the cloud was asked."""
        try:
            with self.brake.trying(cloud, account, Secret(password), address):
                self.asked += 1
                if password != RIGHT:
                    raise Error(otherwise, "no")
        except Error as error:
            if error.kind is ErrorKind.RATE_LIMITED:
                return error.retry_after or -1
        return 0

    def guess(self, number: int, **where: str) -> list[int]:
        return [self.knock(f"guess-{one}", **where) for one in range(number)]


@pytest.fixture
def door() -> Door:
    return Door()


def test_who_guesses_has_to_wait_until_the_oldest_guess_is_old(door: Door) -> None:
    assert door.guess(MOST_OF_BOTH) == [0] * MOST_OF_BOTH
    assert door.knock("one-more") == SECONDS
    # Not even the right one is tried: the answer would tell that it is.
    assert (door.knock(RIGHT), door.asked) == (SECONDS, MOST_OF_BOTH)
    door.time += SECONDS - 1.5
    assert door.knock(RIGHT) == 2
    door.time += 1.5
    assert (door.knock(RIGHT), door.asked) == (0, MOST_OF_BOTH + 1)


def test_a_password_that_was_right_never_waits(door: Door) -> None:
    assert door.knock(RIGHT) == 0
    for one in range(2 * MOST_OF_ACCOUNT):
        door.knock(f"guess-{one}", address=f"192.0.2.{one}")
    assert [door.knock(RIGHT) for _ in range(100)] == [0] * 100
    assert door.knock(RIGHT, address="198.51.100.7") == 0
    assert door.knock("unheard-of", address="198.51.100.7") > 0


def test_a_password_that_is_right_no_more_is_a_guess_like_others(door: Door) -> None:
    door.knock(RIGHT)
    with pytest.raises(Error), door.brake.trying("one", "ann", Secret(RIGHT), "192.0.2.1"):
        raise Error(ErrorKind.UNAUTHENTICATED, "changed")
    assert door.guess(MOST_OF_BOTH)[-1] == SECONDS


def test_others_are_let_in_meanwhile(door: Door) -> None:
    door.guess(MOST_OF_BOTH + 1)
    assert door.knock(RIGHT, account="bob") == 0
    assert door.knock(RIGHT, address="192.0.2.2") == 0
    assert door.knock(RIGHT, cloud="two", account="ann") == 0


def test_an_old_password_that_a_program_repeats_keeps_nobody_out(door: Door) -> None:
    for _ in range(200):
        door.time += 1
        door.knock("the-old-one")
    assert door.knock("the-new-one") == 0
    assert door.knock(RIGHT) == 0
    # The cloud is spared most of it.
    assert door.asked < 200 / SECONDS * MOST_REPEATS + MOST_REPEATS


def test_many_addresses_are_no_way_around(door: Door) -> None:
    waits = [door.knock(f"guess-{one}", address=f"192.0.2.{one}") for one in range(MOST_OF_ACCOUNT + 1)]
    assert waits == [0] * MOST_OF_ACCOUNT + [SECONDS]


def test_many_accounts_are_no_way_around(door: Door) -> None:
    waits = [door.knock("Summer2030", account=f"user-{one}") for one in range(MOST_OF_ADDRESS + 1)]
    assert waits == [0] * MOST_OF_ADDRESS + [SECONDS]
    assert door.knock("Summer2030", account="user-0", address="192.0.2.2") == 0


@pytest.mark.parametrize("name", ["ANN", " ann", "ann\u200b", "a\u0301nn", "\uff41nn", "\xe1nn", "an n"])
def test_spellings_that_clouds_overlook_are_one_account(door: Door, name: str) -> None:
    door.guess(MOST_OF_BOTH)
    assert door.knock("one-more", account=name) == SECONDS


def test_an_address_of_ipv6_is_its_network(door: Door) -> None:
    waits = [door.knock(f"guess-{one}", address=f"2001:db8:0:1::{one:x}") for one in range(MOST_OF_BOTH + 1)]
    assert waits[-1] == SECONDS
    assert door.knock("one-more", address="2001:db8:0:2::1") == 0
    assert (site_of("::ffff:192.0.2.1"), site_of("fe80::1%eth0"), site_of("")) == ("192.0.2.1", "fe80::/64", "")


def test_guesses_at_once_count_before_they_are_answered(door: Door) -> None:
    under_way = [door.brake.trying("one", "ann", Secret(f"guess-{one}"), "192.0.2.1") for one in range(MOST_OF_BOTH)]
    for each in under_way:
        each.__enter__()
    assert door.knock("one-more") == 1
    for each in under_way:
        each.__exit__(None, None, None)
    assert door.knock("one-more") == 0


def test_one_password_many_times_at_once_is_one_guess(door: Door) -> None:
    for _ in range(50):
        door.brake.trying("one", "ann", Secret(RIGHT), "192.0.2.1").__enter__()
    assert door.knock(RIGHT) == 0


@pytest.mark.parametrize("kind", [ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT, ErrorKind.FORBIDDEN])
def test_a_cloud_that_did_not_say_no_proves_nothing(door: Door, kind: ErrorKind) -> None:
    for one in range(MOST_OF_BOTH * 3):
        assert door.knock(f"word-{one}", otherwise=kind) == 0
    assert door.knock("guess") == 0


def test_doors_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "MOST_DOORS", 3)
    counter = Guesses(1, lambda: 0.0)
    for number in range(4):
        counter.end(b"%d" % number, b"a", wrong=True)
    assert [counter.wait(b"%d" % number, b"b") > 0 for number in range(4)] == [False, True, True, True]
    counter.end(b"0", b"a", wrong=False)
    counter.end(b"9", b"a", wrong=False)
    assert MOST_DOORS == 10_000


def test_so_are_passwords_that_were_right(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brake, "MOST_KNOWN", 3)
    for number in range(4):
        door.knock(RIGHT, account=f"user-{number}")
    for number in range(4):
        door.guess(MOST_OF_BOTH, account=f"user-{number}")
    assert [door.knock(RIGHT, account=f"user-{number}") > 0 for number in range(4)] == [True, False, False, False]


class Refusing(FakeDriver):
    """A cloud that refuses every login, and knows its users by what stands before a plus."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def account(self, user: str, scope: Scope) -> tuple[str, Scope]:
        return user.partition("+")[0], scope

    async def login(self, context: Context) -> str:
        self.asked.append(context.principal.user)
        raise Error(ErrorKind.UNAUTHENTICATED, "no")


async def test_two_names_of_one_cloud_give_no_more_tries() -> None:
    """Two regions at one address have the same users; another address has its own."""
    drivers = {"north": Refusing(), "south": Refusing(), "else": Refusing()}
    addresses = {
        "north": "https://a.example/v3;N",
        "south": "https://A.example:443/v3;S",
        "else": "https://b.example/v3",
    }
    clouds = Clouds(drivers, {name: Provider.parse(text) for name, text in addresses.items()})
    identity = Identity(clouds, FakeStore(), login_secret=b"s" * 32)

    async def kind(cloud: str, number: int) -> ErrorKind:
        user, password = f"eve+{number}", Secret(f"guess-{number}")
        with pytest.raises(Error) as caught:
            await identity.basic(user, password, Scope(cloud), address="192.0.2.1")
        return caught.value.kind

    kinds = [await kind("north" if number % 2 else "south", number) for number in range(MOST_OF_BOTH + 2)]
    assert kinds == [ErrorKind.UNAUTHENTICATED] * MOST_OF_BOTH + [ErrorKind.RATE_LIMITED] * 2
    assert len(drivers["north"].asked + drivers["south"].asked) == MOST_OF_BOTH
    assert await kind("else", 1) is ErrorKind.UNAUTHENTICATED
