"""Engine logins: one SSO token per user and password, kept, renewed once when the engine forgot it.

The cache is keyed by user *and* a keyed hash of the password, so a wrong password never meets the token that a
right one got. Failed logins are not kept. Source page: oVirt SSO, `/ovirt-engine/sso/oauth/token`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from deltaic.drivers.http.cache import SingleFlight
from deltaic.drivers.http.session import HttpSession, Response
from deltaic.drivers.ovirt.errors import nonsense
from deltaic.model.context import Context, Principal
from deltaic.model.errors import Error, ErrorKind

SCOPE = "ovirt-app-api"
#: A password is asked for again after this time: one that was changed in the engine must not work for ever.
TOKEN_SECONDS = 600.0
LOGIN_SECONDS = 30.0
LOGOUT_SECONDS = 2.0
ANSWER_LIMIT = 64 * 1024

#: SSO error codes that mean "who asks is not known"; every other one is a fault of the engine or of ours.
REFUSALS = frozenset({"access_denied", "invalid_grant"})

#: The engine compares Accept with exactly this text.
HEADERS = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}

Key = tuple[str, bytes]


class Granted(Struct, frozen=True):
    """A token and when it was granted."""

    token: str
    at: float

    def __repr__(self) -> str:
        return "Granted(***)"


class _Answer(Struct):
    access_token: str = ""
    error_code: str = ""
    error: str = ""


_decode = msgspec.json.Decoder(_Answer, strict=False).decode


class Tokens:
    """Tokens of at most `size` logins; the least recently used are logged out."""

    def __init__(
        self, session: HttpSession, root_url: str, *, size: int = 1024, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._session = session
        self._login_url = f"{root_url}/sso/oauth/token"
        self._logout_url = f"{root_url}/services/sso-logout"
        self._size = size
        self._pepper = secrets.token_bytes(32)
        self._tokens: OrderedDict[Key, Granted] = OrderedDict()
        self._flight: SingleFlight[Key, str] = SingleFlight()
        self._leaving: set[asyncio.Task[None]] = set()

    async def token(self, context: Context) -> str:
        """The principal's token; UNAUTHENTICATED when the engine refuses the login."""
        if not context.principal.user or not context.principal.password.reveal():
            raise _refused()
        key = self._key(context.principal)
        found = self._tokens.get(key)
        if found is not None and self._clock() - found.at < TOKEN_SECONDS:
            self._tokens.move_to_end(key)
            return found.token
        seconds = context.remaining()
        return await self._flight.run(key, lambda: self._login(key, context.principal), seconds=seconds)

    def forget(self, context: Context, token: str) -> None:
        """Drop a token that the engine does not know any more, unless a newer one took its place."""
        key = self._key(context.principal)
        found = self._tokens.get(key)
        if found is not None and found.token == token:
            del self._tokens[key]

    async def close(self) -> None:
        """Log out everywhere; best effort."""
        tokens = [granted.token for granted in self._tokens.values()]
        self._tokens.clear()
        await asyncio.gather(*self._leaving, *(self._logout(token) for token in tokens))

    def _key(self, principal: Principal) -> Key:
        password = principal.password.reveal().encode("utf-8", "surrogatepass")
        # Unlike `hmac.digest` this keeps the interpreter's lock, which every request would wait for again.
        return principal.user, hashlib.blake2b(password, key=self._pepper, digest_size=32).digest()

    async def _login(self, key: Key, principal: Principal) -> str:
        form = {
            "grant_type": "password",
            "scope": SCOPE,
            "username": principal.user,
            "password": principal.password.reveal(),
        }
        answer = await self._session.request(
            "POST", self._login_url, headers=HEADERS, body=_form(form), seconds=LOGIN_SECONDS, limit=ANSWER_LIMIT
        )
        old = self._tokens.pop(key, None)
        if old is not None:
            self._leave(old.token)
        token = _read_token(answer)
        self._tokens[key] = Granted(token, self._clock())
        while len(self._tokens) > self._size:
            self._leave(self._tokens.popitem(last=False)[1].token)
        return token

    def _leave(self, token: str) -> None:
        task = asyncio.ensure_future(self._logout(token))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _logout(self, token: str) -> None:
        form = _form({"token": token, "scope": SCOPE})
        with contextlib.suppress(Error):
            await self._session.request(
                "POST", self._logout_url, headers=HEADERS, body=form, seconds=LOGOUT_SECONDS, limit=ANSWER_LIMIT
            )


def _form(values: dict[str, str]) -> bytes:
    return urlencode(values, errors="replace").encode("ascii")


def _read_token(response: Response) -> str:
    status = response.status
    if status >= 500 or status in (404, 429):
        kind = ErrorKind.RATE_LIMITED if status == 429 else ErrorKind.UNAVAILABLE
        message = f"The engine's login service answered with status {status}"
        raise Error(kind, message, retry_after=response.retry_after)
    try:
        answer = _decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise nonsense(f"its login service answered status {status} without JSON") from None
    if status == 200 and answer.access_token.isascii() and answer.access_token.isprintable() and answer.access_token:
        return answer.access_token
    if answer.error_code in REFUSALS or answer.error in REFUSALS or status in (401, 403):
        raise _refused()
    raise Error(
        ErrorKind.UNAVAILABLE,
        f"The engine's login service refused the request: {(answer.error_code or answer.error)[:60]}",
        retryable=False,
    )


def _refused() -> Error:
    return Error(ErrorKind.UNAUTHENTICATED, "The engine refused the user name or the password")
