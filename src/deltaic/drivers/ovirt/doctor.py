"""Looking whether an engine can be used, and saying what to do where not."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime

from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.health import Check

OLDEST = (4, 4)
CLOCK_SECONDS = 60.0
HEALTH = "/services/health"

ADVICE: dict[ErrorKind, str] = {
    ErrorKind.UNAUTHENTICATED: "use user@profile, for instance admin@internal, and check the password",
    ErrorKind.FORBIDDEN: "give the user a role on the data center, or use a provider string that ends in ;USER",
    ErrorKind.TIMEOUT: "check that the engine's port is open from here",
    ErrorKind.UNAVAILABLE: "check the address, the port, and the CA file or fingerprint",
    ErrorKind.NOT_FOUND: "check the data center's name or id in the provider string",
}


class Doctor:
    """The checks, in an order in which each needs the one before."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups

    async def examine(self, context: Context) -> list[Check]:
        """Run the checks until one fails that the others need."""
        checks: list[Check] = []
        for name, check, needed in self._checks():
            try:
                found = await check(context)
            except Error as error:
                found = Check(name, False, error.message, ADVICE.get(error.kind, ""))
            checks.append(found)
            if needed and not found.ok:
                break
        return checks

    def _checks(self) -> list[tuple[str, Callable[[Context], Awaitable[Check]], bool]]:
        return [
            ("address and TLS", self._address, True),
            ("clock", self._clock, False),
            ("login", self._login, True),
            ("version", self._version, False),
            ("data center", self._data_center, False),
            ("permissions", self._permissions, False),
        ]

    async def _address(self, context: Context) -> Check:
        url = self._client.root + HEALTH
        answer = await self._client.session.request("GET", url, headers={}, seconds=context.remaining())
        if answer.status != 200:
            detail = f"{url} answered with status {answer.status}"
            return Check("address and TLS", False, detail, ADVICE[ErrorKind.UNAVAILABLE])
        secure = url.startswith("https:")
        advice = "" if secure else "passwords travel unprotected: use https unless the engine is on this machine"
        return Check("address and TLS", True, self._client.url, advice)

    async def _clock(self, context: Context) -> Check:
        url = self._client.root + HEALTH
        answer = await self._client.session.request("GET", url, headers={}, seconds=context.remaining())
        try:
            theirs = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
        except (ValueError, TypeError, OverflowError):
            return Check("clock", True, "the engine's answers carry no date")
        skew = abs(time.time() - theirs)
        advice = "" if skew <= CLOCK_SECONDS else "synchronise both clocks (chrony or systemd-timesyncd)"
        return Check("clock", skew <= CLOCK_SECONDS, f"{skew:.0f} s apart", advice)

    async def _login(self, context: Context) -> Check:
        await self._client.tokens.token(context)
        return Check("login", True, context.principal.user)

    async def _version(self, context: Context) -> Check:
        version = (await self._client.read(context, "", wire.Api)).product_info.version
        fine = (version.major, version.minor) >= OLDEST
        advice = "" if fine else f"engines before {OLDEST[0]}.{OLDEST[1]} are not supported: upgrade the engine"
        return Check("version", fine, version.full_version or f"{version.major}.{version.minor}", advice)

    async def _data_center(self, context: Context) -> Check:
        if not context.scope.data_center:
            names = ", ".join(sorted(one.name for one in await self._lookups.data_centers(context)))
            return Check("data center", True, f"none chosen; the engine has: {names}")
        place = await self._lookups.place(context)
        return Check("data center", True, f"{place.name} ({place.id})")

    async def _permissions(self, context: Context) -> Check:
        if not await self._lookups.clusters(context):
            return Check("permissions", False, "the user sees no cluster", ADVICE[ErrorKind.FORBIDDEN])
        root = await self._client.read(context, "", wire.Api)
        level = "administrator" if root.summary is not None else "the user's own objects only"
        return Check("permissions", True, level)
