"""Where the services of a cloud are for a request, how they are reached, and which microversion they speak."""

from __future__ import annotations

import time
from typing import Final
from urllib.parse import urlsplit

from msgspec import structs

from deltaic import __name__ as product
from deltaic.driver import DriverConfig
from deltaic.drivers.http.cache import TimedCache
from deltaic.drivers.http.session import HttpSession, Response
from deltaic.drivers.http.tls import TlsSettings
from deltaic.drivers.openstack import catalog, microversions
from deltaic.drivers.openstack.config import Settings
from deltaic.drivers.openstack.decoding import decoded_or_none
from deltaic.drivers.openstack.errors import to_error
from deltaic.drivers.openstack.microversions import Number
from deltaic.drivers.openstack.sso import Login, Tokens
from deltaic.drivers.openstack.wire_identity import VersionAnswer
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found

#: How long a service's answer about its microversions is believed, seconds.
VERSIONS_SECONDS = 3600.0
#: How long the least is taken for granted where nothing was told: a service that is away has pages of a proxy.
GUESS_SECONDS = 60.0
ASK_SECONDS = 30.0

#: A microversion, and whether the service told it.
Told = tuple[Number, bool]

#: Kinds of errors that are about the one who asks.
_OF_A_CALLER: Final = frozenset({ErrorKind.UNAUTHENTICATED, ErrorKind.FORBIDDEN})


class Endpoints:
    """The services of one cloud."""

    def __init__(self, config: DriverConfig, settings: Settings) -> None:
        self._settings = settings
        self._config = config
        self._sessions: dict[str, HttpSession] = {}
        self._versions: TimedCache[str, Told] = TimedCache(seconds=VERSIONS_SECONDS, size=64)
        url = settings.identity_url
        self.tokens = Tokens(self.session(url), url, settings.view, settings.service)

    def session(self, url: str) -> HttpSession:
        """The connections to the server of `url`."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._sessions:
            self._sessions[origin] = HttpSession(
                origin,
                tls=TlsSettings(ca_file=self._config.ca_file, insecure=self._config.insecure),
                max_in_flight=self._config.max_connections,
                user_agent=product,
            )
        return self._sessions[origin]

    def region(self, context: Context, login: Login) -> str:
        """The region of a request; NOT_FOUND when the cloud has none such, INVALID when one must be chosen."""
        every, known = catalog.regions(login.catalog), self.regions(login)
        wanted = context.scope.data_center or self._settings.region
        if wanted:
            if wanted in every:
                return wanted
            raise not_found("data_center", wanted)
        if len(known) > 1:
            raise invalid("provider", f"The cloud has several regions: choose one of {', '.join(known)}")
        return next(iter(known or every), "")

    def regions(self, login: Login) -> list[str]:
        """The regions whose compute service can be reached, by name."""
        return catalog.regions(login.catalog, self._settings.interface)

    def place(self, context: Context, login: Login, service: str) -> catalog.Place:
        """Where `service` is for a request."""
        if service == "identity":
            # The configured address is the one that is known to work.
            return catalog.Place(self._settings.identity_url, self._settings.identity_url)
        region = self.region(context, login)
        found = catalog.place(login.catalog, service, region, self._settings.interface, login.project_id)
        self._check_protection(found, service)
        return found

    def _check_protection(self, place: catalog.Place, service: str) -> None:
        """A catalog may lead to any host, as its operator chose it, but not take a token out of its protection."""
        if (
            self._settings.allow_http
            or place.url.startswith("https:")
            or self._settings.identity_url.startswith("http:")
        ):
            return
        message = (
            f"The catalog's address of the {service} service is plain http, where tokens can be read on the way; "
            "the operator should correct it, or set the option 'allow_http'"
        )
        raise Error(ErrorKind.UNAVAILABLE, message, retryable=False)

    async def microversion(self, context: Context, login: Login, service: str) -> Number:
        """The microversion spoken with `service`."""
        found, told = await self._shared(context, login, service, float("-inf"))
        if not told:
            found, _ = await self._shared(context, login, service, self._versions.now() - GUESS_SECONDS)
        return found

    async def agree_again(self, context: Context, login: Login, service: str, newest: Number | None) -> Number:
        """The microversion to speak from now on, after a node refused another (406) that itself knows up to `newest`.

        Nodes of different ages answer at the same address while a service is upgraded. Where the node did not tell,
        the service is asked.
        """
        if newest is None:
            return (await self._shared(context, login, service, self._versions.now()))[0]
        found = max(microversions.FLOOR[service], min(newest, await self.microversion(context, login, service)))
        self._versions.put(self._key(context, login, service), (found, True))
        return found

    def _key(self, context: Context, login: Login, service: str) -> str:
        return f"{service} {self.place(context, login, service).version_url}"

    async def _shared(self, context: Context, login: Login, service: str, oldest: float) -> Told:
        """The answer that all callers share, if it is no older."""
        seconds = context.remaining()
        # One impatient caller must not spoil the answer for those who share it.
        context = structs.replace(context, deadline=time.monotonic() + ASK_SECONDS)
        key = self._key(context, login, service)
        asked = False

        async def ask() -> Told:
            nonlocal asked
            asked = True
            return await self._ask(context, service)

        try:
            return await self._versions.get(key, ask, seconds=seconds, newer_than=oldest)
        except Error as error:
            if asked or error.kind not in _OF_A_CALLER:
                raise
        # Whoever's question was shared may not ask: that says nothing about this caller.
        return await self._ask(structs.replace(context, deadline=time.monotonic() + seconds), service)

    async def _ask(self, context: Context, service: str) -> Told:
        answer = await self._version_document(context, service)
        if answer.status == 401:
            # Block storage tells its versions to nobody without a token, and tokens end early.
            self.tokens.forget(context, (await self.tokens.login(context)).token)
            answer = await self._version_document(context, service)
        if answer.status in (401, 429) or answer.status >= 500:
            raise to_error(answer.status, answer.content_type, answer.body, retry_after=answer.retry_after)
        told = decoded_or_none(VersionAnswer, answer.body) if answer.status in (200, 300) else None
        # Some clouds hide this page, or answer a proxy's in its place; the least is spoken everywhere.
        return (microversions.newest(service, told), True) if told else (microversions.FLOOR[service], False)

    async def _version_document(self, context: Context, service: str) -> Response:
        login = await self.tokens.login(context)
        url = self.place(context, login, service).version_url
        headers = {"Accept": "application/json", "X-Auth-Token": login.token}
        return await self.session(url).request("GET", url, headers=headers, seconds=context.remaining())

    async def close(self) -> None:
        """Hang up everywhere."""
        for session in self._sessions.values():
            await session.close()
