"""The brake on guessing at passwords, one for all doors: whoever tries many has to wait, wherever they knock."""

from __future__ import annotations

import hashlib
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.services.guesses import Guesses, site_of

#: Different wrong passwords within a minute: of an account from one address, of an account, and from one address.
MOST_OF_BOTH: Final = 10
MOST_OF_ACCOUNT: Final = 30
MOST_OF_ADDRESS: Final = 100
#: Logins that were right last time and so need not wait.
MOST_KNOWN: Final = 10_000

#: What texts have that look alike or that some clouds overlook: accents and other marks, blanks, controls.
_OVERLOOKED: Final = frozenset({"Mn", "Me", "Zs", "Zl", "Zp", "Cc", "Cf"})


class Brake:
    """Counts wrong passwords by account, by address, and by both; one node's own count, in memory.

    A password that was right last time never waits, whoever else guesses; so clients that poll notice nothing. Only
    keyed digests are kept.
    """

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = hashlib.blake2b(secret, person=b"password-brake").digest()
        self._both = Guesses(MOST_OF_BOTH, clock)
        self._accounts = Guesses(MOST_OF_ACCOUNT, clock)
        self._addresses = Guesses(MOST_OF_ADDRESS, clock)
        self._known: OrderedDict[bytes, None] = OrderedDict()

    @contextmanager
    def trying(self, cloud: str, account: str, password: Secret, address: str) -> Iterator[None]:
        """A login is tried inside the block, which says by UNAUTHENTICATED that it was wrong.

        `account` is the cloud's one form of the user, `address` where the request came from. RATE_LIMITED, with the
        seconds to wait, without trying.
        """
        guess = self._digest(cloud, account, password.reveal())
        whom, where = self._digest(cloud, _likeness(account)), self._digest(site_of(address))
        doors = ((self._both, self._digest(whom, where)), (self._accounts, whom), (self._addresses, where))
        known = guess in self._known
        if not known:
            self._check(max(counter.wait(door, guess) for counter, door in doors))
            for counter, door in doors:
                counter.begin(door, guess)
        wrong = False
        try:
            yield
            self._remember(guess)
        except Error as error:
            wrong = error.kind is ErrorKind.UNAUTHENTICATED
            if wrong:
                self._known.pop(guess, None)
            raise
        finally:
            for counter, door in doors:
                counter.end(door, guess, wrong=wrong)

    def _check(self, seconds: int) -> None:
        if seconds:
            message = f"Too many failed logins: please wait {seconds} seconds"
            raise Error(ErrorKind.RATE_LIMITED, message, retry_after=seconds)

    def _remember(self, guess: bytes) -> None:
        self._known[guess] = None
        self._known.move_to_end(guess)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def _digest(self, *parts: str | bytes) -> bytes:
        found = hashlib.blake2b(key=self._key, digest_size=16)
        for part in parts:
            content = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
            found.update(len(content).to_bytes(8) + content)
        return found.digest()


def _likeness(account: str) -> str:
    """One text for all accounts that look alike: each spelling that a cloud overlooks would be as many tries more."""
    apart = unicodedata.normalize("NFKD", account)
    return "".join(sign for sign in apart if unicodedata.category(sign) not in _OVERLOOKED).casefold()
