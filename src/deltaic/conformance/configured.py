"""The harness of operators: a cloud that a gateway is configured for, used as it is, and nothing of it broken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec
from msgspec import Struct

from deltaic.conformance.case import Provision
from deltaic.conformance.harness import Harness, Login, Site
from deltaic.conformance.trial import Trial
from deltaic.driver import Driver, DriverFactory
from deltaic.model.errors import invalid
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.settings import Cloud, CloudTable


class Choice(Struct, frozen=True, kw_only=True):
    """What an operator chose to work with, by id or by name; empty leaves the choice to the suite. Sizes are bytes."""

    image: str = ""
    size: str = ""
    zone: str = ""
    network: str = ""
    other_data_center: str = ""
    volume_size: int = 1 << 30
    patience: float = 600.0
    pause: float = 1.0


class _Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


class ConfiguredHarness(Harness):
    """Looks up by the driver what it needs; makes nothing but what the cases make."""

    def __init__(self, factory: DriverFactory, cloud: Cloud, user: str, password: Secret, choice: Choice) -> None:
        self.factory = factory
        self._cloud = cloud
        self._choice = choice
        self._provider = Provider.parse(cloud.config.provider)
        self._login = Login(user, password, self._provider.view)

    async def open(self) -> Site:
        """Resolve the operator's choice; INVALID names what there is not."""
        driver = self.factory.create(self._cloud.config)
        try:
            return await self._site(driver)
        finally:
            await driver.close()

    async def close(self) -> None:
        """Nothing was made."""

    async def _site(self, driver: Driver) -> Site:
        choice, able = self._choice, driver.capability
        site = Site(
            cloud=CloudTable(driver=self.factory.name, **msgspec.structs.asdict(self._cloud.config)),
            user=self._login,
            data_center=self._provider.data_center,
            other_data_center=choice.other_data_center,
            image_id="",
            volume_size=choice.volume_size,
            patience=choice.patience,
            pause=choice.pause,
            provisions=frozenset({Provision.GATEWAY}),
        )
        if not site.data_center:
            raise invalid("provider", "The provider string must name the data center to work in")
        context = Trial(self, site, driver, driver, "").context
        sizes = await driver.instance_types.list(context()) if able.instance_types_list and choice.size else []
        networks = await driver.networks.list(context()) if able.networks_list and choice.network else []
        return msgspec.structs.replace(
            site,
            image_id=_chosen("image", choice.image, await driver.images.list(context())),
            zone_id=_chosen("zone", choice.zone, await driver.zones.list(context())),
            instance_type_id=_chosen("size", choice.size, sizes) if choice.size else "",
            network_id=_chosen("network", choice.network, networks) if choice.network else "",
        )


def _chosen(what: str, wanted: str, there: Iterable[_Named]) -> str:
    """The id of the one that is meant; the first one where nothing is said."""
    known = list(there)
    if not known:
        raise invalid(what, f"The cloud has no {what} to work with")
    found = [one for one in known if not wanted or wanted in (one.id, one.name)]
    if not found:
        names = ", ".join(one.name for one in known[:10])
        raise invalid(what, f"The cloud has no {what} '{wanted}'; there are: {names}{' ...' if known[10:] else ''}")
    return found[0].id
