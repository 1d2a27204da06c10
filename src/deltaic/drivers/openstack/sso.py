"""Logins at the identity service: one token per user, password, project and domain, kept and renewed in time.

The cache is keyed by user, place *and* a keyed hash of the password, so a wrong password never meets the token that
a right one got. Failed logins are not kept. Source page: Identity API v3, "Authentication and token management".
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import msgspec
from msgspec import Struct, structs

from deltaic.drivers.http.cache import SingleFlight
from deltaic.drivers.http.session import HttpSession, Response
from deltaic.drivers.openstack import accounts, wire_identity
from deltaic.drivers.openstack.accounts import service_context
from deltaic.drivers.openstack.catalog import useful
from deltaic.drivers.openstack.config import ServiceLogin
from deltaic.drivers.openstack.decoding import decoded
from deltaic.drivers.openstack.errors import nonsense
from deltaic.drivers.openstack.faults import read_fault
from deltaic.drivers.openstack.times import moment
from deltaic.drivers.openstack.views import View, completed, read_view
from deltaic.model.context import Context, Principal
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.secret import Secret

LOGIN_SECONDS = 30.0
ANSWER_LIMIT = 4 * 1024 * 1024
#: A password is asked for again after this time, however long its token would live.
MOST_SECONDS = 3600.0
#: A token is not used any more this long before its end: the services behind a call ask for it later.
MARGIN_SECONDS = 60.0

#: Tokens that signatures brought and nobody has shown yet; each is shown at once or never.
HANDED_OUT = 128

HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}

Key = tuple[str, bool, str, str, bytes]


class Login(Struct, frozen=True):
    """A token and what it stands for. `until` is a time of the cache's own clock."""

    token: str
    user: wire_identity.InDomain
    project: wire_identity.InDomain | None
    roles: tuple[str, ...]
    catalog: tuple[wire_identity.Service, ...]
    until: float

    @property
    def project_id(self) -> str:
        """The project of the token; empty without one."""
        return self.project.id if self.project else ""

    def __repr__(self) -> str:
        return f"Login({self.user.name!r}, ***)"


class Tokens:
    """Tokens of at most `size` logins; the least recently used are forgotten."""

    def __init__(
        self,
        session: HttpSession,
        identity_url: str,
        view: View,
        service: ServiceLogin | None = None,
        *,
        size: int = 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._url = identity_url
        self._view = view
        self._service = service
        self._size = size
        self._clock = clock
        self._pepper = secrets.token_bytes(32)
        self._logins: OrderedDict[Key, Login] = OrderedDict()
        self._handed_out: OrderedDict[Key, Login] = OrderedDict()
        self._flight: SingleFlight[Key, Login] = SingleFlight()

    async def login(self, context: Context) -> Login:
        """The principal's login; UNAUTHENTICATED when the identity service refuses it."""
        if not context.principal.user or not context.principal.password.reveal():
            raise _refused()
        view = self._view_of(context)
        key = self._key(context.principal, view)
        if key in self._handed_out:
            self._remember(key, self._handed_out.pop(key))
        found = self._logins.get(key)
        if found is not None and self._clock() < found.until:
            self._logins.move_to_end(key)
            return found
        principal = context.principal
        return await self._flight.run(key, lambda: self._renew(key, principal, view), seconds=context.remaining())

    def forget(self, context: Context, token: str) -> None:
        """Drop a token that the cloud does not know any more, unless a newer one took its place."""
        key = self._key(context.principal, self._view_of(context))
        found = self._logins.get(key)
        if found is not None and found.token == token:
            del self._logins[key]

    def keep(self, user: str, view: View, login: Login) -> None:
        """Remember what a token stands for that its user may be going to show.

        Each signed request brings one, most are never shown: they must not push out those that are.
        """
        principal = Principal(id="", user=user, password=Secret(login.token), token=True)
        self._handed_out[self._key(principal, completed(view, self._view))] = login
        while len(self._handed_out) > HANDED_OUT:
            self._handed_out.popitem(last=False)

    async def status_of(self, token: str, seconds: float) -> int:
        """What the identity service answers `token` about itself: 200, 401 when it is over, 403 if it may not ask."""
        headers = {"X-Auth-Token": token, "X-Subject-Token": token}
        return (await self._send("GET", "/auth/tokens", headers, seconds=min(seconds, LOGIN_SECONDS))).status

    def read(self, response: Response, *, fresh: bool = True, token: str = "") -> Login:
        """The login in an answer that issued (`fresh`) or examined a token."""
        name = token or response.headers.get("x-subject-token", "")
        try:
            answer = decoded(wire_identity.TokenAnswer, response.body).token
            seconds = _seconds(answer, response.headers.get("date", ""), fresh)
        except (Error, ValueError, OverflowError):
            raise nonsense("its identity service answered something that is no token") from None
        if not name or not name.isascii() or not name.isprintable():
            raise nonsense("its identity service answered without a token")
        usable = min(seconds - min(MARGIN_SECONDS, seconds / 10), MOST_SECONDS)
        return Login(
            token=name,
            user=answer.user,
            project=answer.project,
            roles=tuple(role.name for role in answer.roles),
            catalog=useful(answer.catalog),
            until=self._clock() + usable,
        )

    def _view_of(self, context: Context) -> View:
        return completed(read_view(context.scope.view), self._view)

    def _key(self, principal: Principal, view: View) -> Key:
        password = principal.password.reveal().encode("utf-8", "surrogatepass")
        # Unlike `hmac.digest` this keeps the interpreter's lock, which every request would wait for again.
        mark = hashlib.blake2b(password, key=self._pepper, digest_size=32).digest()
        return principal.user, principal.token, view.project, view.domain, mark

    async def _renew(self, key: Key, principal: Principal, view: View) -> Login:
        self._logins.pop(key, None)
        login = await self._ask(principal, view)
        if login.project is None:
            login = await self._in_only_project(login)
        self._remember(key, login)
        return login

    def _remember(self, key: Key, login: Login) -> None:
        self._logins[key] = login
        self._logins.move_to_end(key)
        while len(self._logins) > self._size:
            self._logins.popitem(last=False)

    async def _ask(self, principal: Principal, view: View) -> Login:
        secret = principal.password.reveal()
        account, place = accounts.read_login(principal.user, view)
        if principal.token:
            return self._there(place, _own(account, await self._examine(secret)))
        if account.credential:
            return self._there(place, await self._issue(accounts.application_login(account.credential, secret)))
        return _own(account, await self._issue(accounts.password_login(account, secret, place)))

    def _there(self, place: View, login: Login) -> Login:
        """The login when its project is the one that is asked for: some proofs are good for one project only."""
        if login.project is None or place.project in ("", login.project.id):
            return login
        if completed(accounts.view_of(login.project), self._view) != completed(place, self._view):
            message = f"This login is good for the project '{login.project.name}' only"
            raise Error(ErrorKind.FORBIDDEN, message, field="provider")
        return login

    async def _issue(self, body: accounts.Body) -> Login:
        return self.read(_checked(await self._send("POST", "/auth/tokens", {}, body)))

    async def _examine(self, token: str) -> Login:
        """What a token stands for."""
        if not token.isascii() or not token.isprintable():
            raise _refused()
        answer = await self._ask_about(token)
        if answer.status == 401 and self._service is not None:
            # The gateway's own token may have been forgotten.
            own = service_context(self._service, LOGIN_SECONDS)
            self.forget(own, (await self.login(own)).token)
            answer = await self._ask_about(token)
        if answer.status == 404 and answer.content_type == HEADERS["Accept"]:
            raise _refused()
        return self.read(_checked(answer), fresh=False, token=token)

    async def _ask_about(self, token: str) -> Response:
        asking = token
        if self._service is not None:
            # A token that a signature brought may not ask about itself: only a service may.
            asking = (await self.login(service_context(self._service, LOGIN_SECONDS))).token
        return await self._send("GET", "/auth/tokens", {"X-Auth-Token": asking, "X-Subject-Token": token})

    async def _in_only_project(self, login: Login) -> Login:
        """The same user in its project, for a user who has one and did not say which."""
        answer = _checked(await self._send("GET", "/auth/projects", {"X-Auth-Token": login.token}))
        try:
            found = [one for one in decoded(wire_identity.Projects, answer.body).projects if one.enabled]
        except Error:
            raise nonsense("its identity service answered something that is no list of projects") from None
        if not found:
            raise Error(ErrorKind.FORBIDDEN, "The user has no role in any project of the cloud")
        if len(found) > 1:
            names = ", ".join(sorted(project.name for project in found)[:20])
            message = (
                "The user has several projects: name one behind the user's name with '+', or in the provider string. "
                f"They are {names}"
            )
            raise invalid("provider", message)
        scoped = await self._issue(accounts.token_login(login.token, found[0].id))
        return structs.replace(scoped, until=min(scoped.until, login.until))

    async def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: accounts.Body | None = None,
        *,
        seconds: float = LOGIN_SECONDS,
    ) -> Response:
        content = None if body is None else _encode(body)
        return await self._session.request(
            method,
            self._url + path,
            headers={**HEADERS, **headers},
            body=content,
            seconds=seconds,
            limit=ANSWER_LIMIT,
        )


def _own(account: accounts.Account, login: Login) -> Login:
    """The login when it is that of `account`: a service that overlooks case knows a user under several names."""
    found = accounts.account_of(login.user)
    if found is None or (account.name, account.domain) != (found.name, found.domain):
        name = accounts.write_account(found) if found else login.user.name
        raise Error(ErrorKind.UNAUTHENTICATED, f"The cloud writes the name of this user '{name[:100]}'")
    return login


def _encode(body: accounts.Body) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        raise _refused() from None


def _seconds(token: wire_identity.Token, date: str, fresh: bool) -> float:
    """How long a token will still live, by the identity service's clock where it tells that."""
    end, begin = moment(token.expires_at), moment(token.issued_at)
    if end is None:
        raise ValueError("no end")
    if fresh and begin is not None:
        return (end - begin).total_seconds()
    return end.timestamp() - (parsedate_to_datetime(date).timestamp() if date else time.time())


def _checked(response: Response) -> Response:
    status = response.status
    if status in (200, 201):
        return response
    if status == 401 or (status in (400, 403) and "json" in response.content_type):
        raise _refused()
    again = response.retry_after
    if status == 429 or (status == 413 and again):
        message = "The cloud's identity service asks for a pause between logins"
        raise Error(ErrorKind.RATE_LIMITED, message, retry_after=again)
    words = read_fault(response.content_type, response.body).message[:200]
    message = f"The cloud's identity service answered with status {status}"
    if 300 <= status < 400:
        message += "; the provider string should hold the address that it redirects to"
    elif status < 500:
        message += "; check that the provider string's address is that of the identity API (version 3)"
    raise Error(
        ErrorKind.UNAVAILABLE,
        message,
        retryable=status >= 500,
        retry_after=again,
        context={"status": str(status), "words": words},
    )


def _refused() -> Error:
    return Error(ErrorKind.UNAUTHENTICATED, "The cloud refused the user name, the password or the project")
