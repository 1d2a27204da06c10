"""Who asks, and in which data center."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from deltaic.driver import Driver
from deltaic.model.access_key import AccessKey
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.ports.store import Store
from deltaic.services.recent import Recent


class Clouds:
    """The configured clouds by name, each with its driver; the first one is the default."""

    def __init__(
        self,
        drivers: Mapping[str, Driver],
        providers: Mapping[str, Provider],
        kinds: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._drivers = dict(drivers)
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

    async def basic(self, user: str, password: Secret, scope: Scope, request_id: str = "") -> tuple[Principal, Scope]:
        """The principal of a cloud's login that the cloud accepts, or accepted seconds ago, and the scope it is for."""
        user, scope = self._clouds.driver(scope.provider).account(user, scope)
        mark = hmac.new(self._login_secret, f"{scope.provider}\0{user}".encode(), hashlib.sha256).hexdigest()[:32]
        principal = Principal(id=f"user:{mark}", user=user, password=password)
        context = Context(principal=principal, scope=scope, request_id=request_id or mark)
        # The key holds the password: another one is asked about for itself.
        await self._accepted.get(
            (scope.provider, scope.view, principal), lambda: self._clouds.driver(scope.provider).login(context)
        )
        return principal, scope

    def scope(self, provider_header: str = "", driver_header: str = "") -> Scope:
        """The scope that `X-Deltacloud-Provider` and `X-Deltacloud-Driver` choose, or the default one.

        The provider header may be a whole provider string of a configured cloud, a configured cloud's name, or
        only a data center. A URL that is not configured is refused and never contacted: it would receive the
        caller's password.
        """
        cloud = self._cloud_of_driver(driver_header) if driver_header else self._clouds.default
        if not provider_header:
            return self.scope_of_cloud(cloud)
        if provider_header in self._clouds.providers:
            return replace(self.scope_of_cloud(provider_header), chosen=True)
        asked = Provider.parse(provider_header, url_required=False)
        if not asked.url:
            return Scope(cloud, asked.data_center, self._view(cloud, asked), chosen=True)
        for name, provider in self._clouds.providers.items():
            if provider.same_address(asked):
                return Scope(name, asked.data_center or provider.data_center, self._view(name, asked), chosen=True)
        raise Error(
            ErrorKind.FORBIDDEN,
            "the cloud named by X-Deltacloud-Provider is not one of this gateway's",
            field="X-Deltacloud-Provider",
        )

    def scope_of_cloud(self, name: str) -> Scope:
        """The default scope of a cloud by its very name; FORBIDDEN when it is not configured (any more)."""
        provider = self._clouds.providers.get(name)
        if provider is None:
            raise Error(ErrorKind.FORBIDDEN, f"the cloud '{name[:64]}' is not one of this gateway's", field="provider")
        return Scope(provider=name, data_center=provider.data_center, view=provider.view)

    def _view(self, cloud: str, asked: Provider) -> str:
        return self._clouds.driver(cloud).view(asked.view, self._clouds.providers[cloud].view)

    def capability(self, scope: Scope) -> Capability:
        """What the cloud of a scope can do."""
        return self._clouds.driver(scope.provider).capability

    def _cloud_of_driver(self, driver_header: str) -> str:
        for name in self._clouds.providers:
            if driver_header in (name, self._clouds.driver(name).name):
                return name
        for name, kinds in self._clouds.kinds.items():
            if driver_header.lower() in kinds:
                return name
        raise Error(
            ErrorKind.INVALID,
            f"no cloud with the driver '{driver_header[:64]}' is configured",
            field="X-Deltacloud-Driver",
        )


def now() -> datetime:
    """The current time, aware."""
    return datetime.now(UTC)


def _refused(reason: str) -> Error:
    return Error(
        ErrorKind.UNAUTHENTICATED,
        "The provided access credentials were not accepted",
        context={"reason": reason},
    )
