"""Who asks, and in which data center."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from deltaic.driver import Alone, Driver, Locks
from deltaic.model.access_key import AccessKey
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.ports.store import Store
from deltaic.services.brake import Brake
from deltaic.services.recent import Recent


class Clouds:
    """The configured clouds by name, each with its driver; the first one is the default."""

    def __init__(
        self,
        drivers: Mapping[str, Driver],
        providers: Mapping[str, Provider],
        kinds: Mapping[str, Sequence[str]] | None = None,
        alone: Alone | None = None,
    ) -> None:
        self._drivers = dict(drivers)
        #: Lets one caller at a time edit a thing whose id it is given: on all gateways, or by default on this one.
        self.alone = alone or Locks().alone
        #: The name of each cloud's driver, then its other names, as clients may write them.
        self.kinds = {name: tuple((kinds or {}).get(name, ())) for name in self._drivers}
        self.providers = {
            name: replace(provider, view=self._drivers[name].view(provider.view))
            for name, provider in providers.items()
        }
        self.default = next(iter(self._drivers))

    def driver(self, name: str) -> Driver:
        """The driver of a configured cloud; the default one's for an empty name."""
        found = self._drivers.get(name or self.default)
        if found is None:
            raise Error(ErrorKind.INVALID, f"no cloud named '{name}' is configured", field="provider")
        return found

    def at(self, asked: Provider) -> str:
        """The name of the configured cloud at the address of a provider string; empty where there is none.

        Where several share an address, the path has to be one of theirs, and the data center tells equal ones apart.
        """
        found = [name for name, provider in self.providers.items() if provider.same_address(asked)]
        if len(found) > 1:
            found = [name for name in found if self.providers[name].same_path(asked)]
        for name in found:
            if self.providers[name].data_center == asked.data_center:
                return name
        return found[0] if found else ""

    def with_the_same_users(self, name: str) -> str:
        """The first of the clouds at the address of this one: a user of one is a user of all of them."""
        own = self.providers[name]
        return next(other for other, provider in self.providers.items() if provider.same_address(own))

    def of_region(self, region: str) -> tuple[str, ...]:
        """The clouds that a region name means by configuration: the one of that name, or those of that data center."""
        if region in self.providers:
            return (region,)
        wanted = region.casefold()
        return tuple(
            name
            for name, provider in self.providers.items()
            if wanted and wanted in (provider.data_center.casefold(), region_text(provider.data_center).casefold())
        )

    def of(self, context: Context) -> Driver:
        """The driver that a request's scope names."""
        return self.driver(context.scope.provider)

    async def close(self) -> None:
        """Close every driver."""
        for driver in self._drivers.values():
            await driver.close()


class Identity:
    """Turns credentials into principals, and headers and regions into scopes."""

    def __init__(
        self, clouds: Clouds, store: Store, *, login_secret: bytes, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clouds = clouds
        self._store = store
        self._login_secret = login_secret
        self._accepted: Recent[tuple[str, str, Principal], str] = Recent(clock=clock)
        self._brake = Brake(login_secret, clock)

    async def access_key(self, key_id: str) -> AccessKey:
        """The key behind an access key id; UNAUTHENTICATED (context `reason`) when unknown or revoked."""
        key = await self._store.access_keys.get(key_id)
        if key is None:
            raise _refused("unknown_key")
        if key.revoked_at is not None:
            raise _refused("revoked_key")
        return key

    def principal_of(self, key: AccessKey) -> Principal:
        """The engine user for whom an access key stands."""
        return Principal(id=f"key:{key.id}", user=key.user, password=key.password)

    async def basic(
        self, user: str, password: Secret, scope: Scope, request_id: str = "", *, address: str = ""
    ) -> tuple[Principal, Scope]:
        """The principal of a cloud's login that the cloud accepts, or accepted seconds ago, and the scope it is for.

        `address` is where the request came from. RATE_LIMITED for whoever guesses at passwords.
        """
        driver = self._clouds.driver(scope.provider)
        user, scope = driver.account(user, scope)
        mark = hmac.new(self._login_secret, f"{scope.provider}\0{user}".encode(), hashlib.sha256).hexdigest()[:32]
        principal = Principal(id=f"user:{mark}", user=user, password=password)
        context = Context(principal=principal, scope=scope, request_id=request_id or mark)

        async def log_in() -> str:
            cloud = self._clouds.with_the_same_users(scope.provider)
            with self._brake.trying(cloud, user, password, address):
                return await driver.login(context)

        # The key holds the password: another one is asked about for itself.
        await self._accepted.get((scope.provider, scope.view, principal), log_in)
        return principal, scope

    def scope(self, provider_header: str = "", driver_header: str = "", *, home: Scope | None = None) -> Scope:
        """The scope that `X-Deltacloud-Provider` and `X-Deltacloud-Driver` choose, or else `home`, or the default one.

        The provider header may be a whole provider string of a configured cloud, a configured cloud's name, or
        only a data center. A URL that is not configured is refused and never contacted: it would receive the
        caller's password.
        """
        base = home or self.scope_of_cloud(self._clouds.default)
        if driver_header and not self._is_driver(driver_header, base.provider):
            base = self.scope_of_cloud(self._cloud_of_driver(driver_header))
        if not provider_header:
            return base
        found = self._named(provider_header, base)
        if driver_header and not self._is_driver(driver_header, found.provider):
            message = f"the cloud that X-Deltacloud-Provider names has not the driver '{driver_header[:64]}'"
            raise Error(ErrorKind.INVALID, message, field="X-Deltacloud-Driver")
        return found

    def _named(self, provider_header: str, base: Scope) -> Scope:
        """The scope that a provider header chooses, whose parts left out are those of `base`."""
        if provider_header in self._clouds.providers:
            named = base if provider_header == base.provider else self.scope_of_cloud(provider_header)
            return replace(named, chosen=True)
        asked = Provider.parse(provider_header, url_required=False)
        if asked == Provider(""):
            raise invalid("X-Deltacloud-Provider", "X-Deltacloud-Provider names neither a cloud nor a part of one")
        name = self._clouds.at(asked) if asked.url else base.provider
        if not name:
            raise Error(
                ErrorKind.FORBIDDEN,
                "the cloud named by X-Deltacloud-Provider is not one of this gateway's",
                field="X-Deltacloud-Provider",
            )
        own = base if name == base.provider else self.scope_of_cloud(name)
        view = self._clouds.driver(name).view(asked.view, own.view)
        # A data center alone is the whole choice; behind a URL the configured one is what is meant.
        data_center = asked.data_center or (self._clouds.providers[name].data_center if asked.url else "")
        return Scope(name, data_center, view, chosen=True)

    def scope_of_cloud(self, name: str) -> Scope:
        """The default scope of a cloud by its very name; FORBIDDEN when it is not configured (any more)."""
        provider = self._clouds.providers.get(name)
        if provider is None:
            raise Error(ErrorKind.FORBIDDEN, f"the cloud '{name[:64]}' is not one of this gateway's", field="provider")
        return Scope(provider=name, data_center=provider.data_center, view=provider.view)

    def scope_of_key(self, key: AccessKey) -> Scope:
        """The scope for which an access key was made; FORBIDDEN when its cloud is not configured any more."""
        scope = self.scope_of_cloud(key.provider or self._clouds.default)
        return replace(scope, view=key.view) if key.view else scope

    def scope_of_region(self, region: str) -> Scope:
        """The scope of the cloud that a region name means by configuration, among those that check signatures."""
        for name in self._clouds.of_region(region):
            if self._clouds.driver(name).capability.signed_requests:
                return self.scope_of_cloud(name)
        return self.scope_of_cloud(self._clouds.default)

    def check_region(self, region: str, scope: Scope) -> None:
        """FORBIDDEN for a region name that means another cloud than the scope's, by configuration."""
        meant = self._clouds.of_region(region)
        if meant and scope.provider not in meant:
            raise Error(ErrorKind.FORBIDDEN, "The region belongs to another provider", field="region")

    def names_view(self, provider_header: str) -> bool:
        """Whether a provider header says more than a cloud and a data center."""
        if not provider_header or provider_header in self._clouds.providers:
            return False
        return bool(Provider.parse(provider_header, url_required=False).view)

    @property
    def clouds(self) -> tuple[str, ...]:
        """The names of the configured clouds, the default one first."""
        return tuple(self._clouds.providers)

    def capability(self, scope: Scope) -> Capability:
        """What the cloud of a scope can do."""
        return self._clouds.driver(scope.provider).capability

    def _is_driver(self, driver_header: str, cloud: str) -> bool:
        names = (cloud, self._clouds.driver(cloud).name)
        return driver_header in names or driver_header.lower() in self._clouds.kinds[cloud]

    def _cloud_of_driver(self, driver_header: str) -> str:
        names = list(self._clouds.providers)
        for name in names:
            if driver_header == name or driver_header == self._clouds.driver(name).name:
                return name
        for name in names:
            if self._is_driver(driver_header, name):
                return name
        raise Error(
            ErrorKind.INVALID,
            f"no cloud with the driver '{driver_header[:64]}' is configured",
            field="X-Deltacloud-Driver",
        )


def region_text(data_center: str) -> str:
    """The name of a data center with the characters that no region name has as hyphens; it may be left empty."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", data_center).strip("-")


def now() -> datetime:
    """The current time, aware."""
    return datetime.now(UTC)


def _refused(reason: str) -> Error:
    return Error(
        ErrorKind.UNAUTHENTICATED,
        "The provided access credentials were not accepted",
        context={"reason": reason},
    )
