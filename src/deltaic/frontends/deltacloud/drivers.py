"""Drivers: the kinds of cloud that are installed, and the providers (data centers) of the one in use."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.deltacloud.links import Links
from deltaic.frontends.deltacloud.settings import DriverInfo
from deltaic.model.context import Context
from deltaic.model.errors import not_found
from deltaic.protocols.deltacloud.families.entry import Driver, Provider
from deltaic.services import Services


class Drivers:
    """Tells the installed drivers. It needs no login, but tells more with one."""

    def __init__(self, installed: Sequence[DriverInfo], links: Links) -> None:
        self._installed = installed
        self._links = links

    def index(self) -> list[Driver]:
        """Every driver, by id."""
        return [self._driver(info) for info in self._installed]

    async def show(self, wanted: str, active: str, login: tuple[Services, Context] | None) -> Driver:
        """One driver; the `active` one with the data centers that the caller sees as its providers."""
        for info in self._installed:
            if info.id == wanted:
                seen = login is not None and wanted == active
                return self._driver(info, await _providers(*login) if seen and login else ())
        raise not_found("driver", wanted)

    def _driver(self, info: DriverInfo, providers: tuple[Provider, ...] = ()) -> Driver:
        return Driver(info.id, self._links.to("drivers", info.id), info.title, providers)


async def _providers(services: Services, context: Context) -> tuple[Provider, ...]:
    """Each data center: its id chooses it in the header `X-Deltacloud-Provider`."""
    regions = await services.zones.regions(context)
    return tuple(Provider(region.data_center.id, (("name", region.data_center.name),)) for region in regions)
