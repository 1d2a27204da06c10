"""One run of one case: who asks, what things are called, and how long is waited for what."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from deltaic.conformance.checks import Mismatch
from deltaic.conformance.harness import Harness, Login, Site
from deltaic.driver import Driver
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind

T = TypeVar("T")

#: How long a single call may take.
CALL_SECONDS = 30.0


class Trial:
    """What a case gets.

    `driver` stands behind its layers, as services see it; `bare` is the driver alone. Names and markers begin with
    `prefix`, by which everything that the case made is found and taken away when it is over.
    """

    def __init__(self, harness: Harness, site: Site, driver: Driver, bare: Driver, prefix: str) -> None:
        self.harness = harness
        self.site = site
        self.driver = driver
        self.bare = bare
        self.prefix = prefix
        self._numbers = itertools.count(1)

    # -- who asks ----------------------------------------------------------------------------------------------------

    def context(
        self, login: Login | None = None, *, data_center: str | None = None, seconds: float = CALL_SECONDS
    ) -> Context:
        """A fresh context: of the site's user, in the site's data center, unless another one is given."""
        who = login or self.site.user
        place = self.site.data_center if data_center is None else data_center
        scope = Scope(provider=self.site.cloud.name, data_center=place, view=self.bare.view(who.view))
        user, scope = self.bare.account(who.user, scope)
        principal = Principal(f"user:{user}", user, who.password)
        return Context(principal, scope, f"conformance-{secrets.token_hex(6)}", time.monotonic() + seconds)

    # -- what things are called --------------------------------------------------------------------------------------

    def name(self, what: str = "thing") -> str:
        """A name that nothing else has."""
        return f"{self.prefix}-{what}-{next(self._numbers)}"

    def marker(self) -> str:
        """A marker that no other creation has."""
        return f"{self.name('mark')}:0"

    async def zone_id(self) -> str:
        """The zone to work in."""
        if self.site.zone_id:
            return self.site.zone_id
        return (await self.driver.zones.list(self.context()))[0].id

    # -- waiting -----------------------------------------------------------------------------------------------------

    async def until(self, what: str, probe: Callable[[], Awaitable[T | None]]) -> T:
        """Ask `probe` until it answers something true, and return that; the case fails when patience is over."""
        end = time.monotonic() + self.site.patience
        while True:
            found = await probe()
            if found:
                return found
            if time.monotonic() > end:
                raise Mismatch(f"waited {self.site.patience:g} s in vain: {what}")
            await asyncio.sleep(self.site.pause)

    async def patiently(self, verb: Callable[[], Awaitable[T]], *passing: ErrorKind) -> T:
        """Repeat a verb while it is refused with BUSY (or another of `passing`), as flows do."""
        end = time.monotonic() + self.site.patience
        while True:
            try:
                return await verb()
            except Error as error:
                if error.kind not in (ErrorKind.BUSY, *passing) or time.monotonic() > end:
                    raise
            await asyncio.sleep(self.site.pause)
