"""Access keys that a cloud issued: it checks each signature, and answers who signed.

The gateway holds no secret of theirs, so every request is checked by the cloud; only one that is the same to the
last byte is believed for some seconds. What is kept longer is the token that a good signature brought, so that the
caller's principal stays the same from request to request.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

import msgspec
from msgspec import Struct, structs

from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.model.signed_request import Grant, SignedRequest
from deltaic.ports.store import Store
from deltaic.services.gate import Gate
from deltaic.services.guesses import Guesses, site_of
from deltaic.services.identity import Clouds, now
from deltaic.services.shared_answers import SharedAnswers

#: Seconds for which the very same request is believed, or refused, without asking the cloud again.
SAME_SECONDS: Final = 5.0
#: Seconds for which a stranger's key that was refused is refused again, from where it came.
PAUSE_SECONDS: Final = 2.0
#: Seconds after which a key's token is exchanged for the one that its newest signature brought.
TOKEN_SECONDS: Final = 300.0
#: Seconds before its end from which a token is not used any more, at most half of its life.
MARGIN_SECONDS: Final = 300.0
#: Different strangers' keys of one address that a cloud may refuse within a minute before it is asked no more.
MOST_REFUSED: Final = 20
#: Wrong signatures with one key from one address within a minute, after which the key is a stranger from there.
MOST_FORGED: Final = 30
#: Seconds for which a key is no stranger after it was good.
KNOWN_SECONDS: Final = 3600.0
#: Questions to one cloud at a time, about keys that were good lately and about strangers', and how many may wait.
KNOWN_AT_ONCE: Final = 8
STRANGE_AT_ONCE: Final = 2
MOST_WAITING: Final = 64
MOST_KEPT: Final = 1024

#: A cloud, a key, and the network from which it is used.
Place = tuple[str, str, str]

K = TypeVar("K")
V = TypeVar("V")

_NOBODY: Final = Principal(id="", user="", password=Secret(""))


class _Kept(Struct, frozen=True):
    """The principal of a key, and until when (by the clock) its token is used."""

    principal: Principal
    until: float


class IssuedKeys:
    """Turns signed requests into principals, by asking the cloud of the request's scope."""

    def __init__(
        self,
        clouds: Clouds,
        store: Store,
        *,
        secret: bytes,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], datetime] = now,
    ) -> None:
        self._clouds = clouds
        self._store = store
        self._secret = secret
        self._clock = clock
        self._now = wall_clock
        self._answers: SharedAnswers[Grant] = SharedAnswers(SAME_SECONDS, MOST_KEPT, clock)
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._good: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._paused: OrderedDict[Place, float] = OrderedDict()
        self._refused = Guesses(MOST_REFUSED, clock)
        self._forged = Guesses(MOST_FORGED, clock)
        self._gates: dict[tuple[str, bool], Gate] = {}

    async def principal(
        self, claim: SignedRequest, scope: Scope, *, source: str, request_id: str, seconds: float
    ) -> tuple[Principal, Scope]:
        """Who signed, and the scope that their key is good for; `source` is where the request came from.

        Errors: UNAUTHENTICATED for a key or signature that the cloud refuses, or refused a moment ago; UNAVAILABLE,
        TIMEOUT, RATE_LIMITED where nobody can tell now, or too many keys from there were none.
        """
        key = (scope.provider, claim.access_key)
        place = (*key, site_of(source))
        known = self._is_known(key) and not self._forged.wait(*_forgery(place, claim))
        if not known and self._clock() < self._paused.get(place, float("-inf")):
            raise refused()
        self._check(place, claim, known)
        context = Context(_NOBODY, scope, request_id, time.monotonic() + seconds)
        try:
            grant = await self._answers.get(
                _digest(claim, scope), lambda: self._ask(context, claim, place, known), seconds=seconds
            )
        except Error as error:
            if error.kind is ErrorKind.UNAUTHENTICATED:
                self._pause(place)
            raise
        self._remember(self._good, key, self._clock() + KNOWN_SECONDS)
        return await self._keep(key, grant), structs.replace(scope, view=grant.view)

    def forget(self, principal: Principal) -> None:
        """Use a principal's token no more: the cloud refused it before its time."""
        for key, kept in list(self._kept.items()):
            if kept.principal == principal:
                del self._kept[key]
        self._answers.clear()

    async def _ask(self, context: Context, claim: SignedRequest, place: Place, known: bool) -> Grant:
        async with self._gate(context.scope.provider, known).passing():
            # Others from there may have been refused while this one waited.
            self._check(place, claim, known)
            try:
                return await self._clouds.of(context).verify(context, claim)
            except Error as error:
                if error.kind is ErrorKind.UNAUTHENTICATED:
                    self._refused.end(*_guess(place), wrong=not known)
                    self._forged.end(*_forgery(place, claim), wrong=known)
                raise

    def _check(self, place: Place, claim: SignedRequest, known: bool) -> None:
        """RATE_LIMITED for one more from where too many were wrong."""
        seconds = self._forged.wait(*_forgery(place, claim)) if known else self._refused.wait(*_guess(place))
        if seconds:
            message = f"Too many refused access keys: please wait {seconds} seconds"
            raise Error(ErrorKind.RATE_LIMITED, message, retry_after=seconds)

    def _is_known(self, key: tuple[str, str]) -> bool:
        return self._clock() < self._good.get(key, float("-inf"))

    def _gate(self, provider: str, known: bool) -> Gate:
        gate = self._gates.get((provider, known))
        if gate is None:
            gate = self._gates[provider, known] = Gate(KNOWN_AT_ONCE if known else STRANGE_AT_ONCE, MOST_WAITING)
        return gate

    def _pause(self, place: Place) -> None:
        self._remember(self._paused, place, self._clock() + PAUSE_SECONDS)

    async def _keep(self, key: tuple[str, str], grant: Grant) -> Principal:
        """The key's principal: as it was while its token is good, else with the new one."""
        principal_id = f"grant:{self._mark(*key, grant.user, grant.view)}"
        kept = self._kept.get(key)
        if kept is not None and kept.principal.id == principal_id and self._clock() < kept.until:
            return kept.principal
        principal = Principal(principal_id, grant.user, grant.token, token=True, expires_at=grant.expires_at)
        life = (grant.expires_at - self._now()).total_seconds()
        usable = min(TOKEN_SECONDS, life - min(MARGIN_SECONDS, life / 2))
        self._remember(self._kept, key, _Kept(principal, self._clock() + usable))
        # What is under way for the same principal goes on with the newer token.
        await self._store.logins.renew(principal)
        return principal

    def _remember(self, kept: OrderedDict[K, V], key: K, value: V) -> None:
        kept[key] = value
        kept.move_to_end(key)
        while len(kept) > MOST_KEPT:
            kept.popitem(last=False)

    def _mark(self, *parts: str) -> str:
        return hmac.new(self._secret, "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:32]


def refused() -> Error:
    """The error for a key that is not asked about."""
    return Error(
        ErrorKind.UNAUTHENTICATED,
        "The provided access credentials were not accepted",
        context={"reason": "unknown_key"},
    )


def _guess(place: Place) -> tuple[bytes, bytes]:
    """The door at which a stranger's key is tried, and the key: by cloud and address."""
    provider, access_key, site = place
    return f"{provider}\0{site}".encode(), access_key.encode()


def _forgery(place: Place, claim: SignedRequest) -> tuple[bytes, bytes]:
    """The door at which signatures with a known key are tried, and the signature."""
    return "\0".join(place).encode(), claim.signature.encode("utf-8", "surrogatepass")[:256]


def _digest(claim: SignedRequest, scope: Scope) -> bytes:
    text = msgspec.json.encode((scope.provider, scope.data_center, scope.view, *structs.astuple(claim)))
    return hashlib.sha256(text).digest()
