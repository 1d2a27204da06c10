"""The composition root: the only file that knows all rooms."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from starlette.applications import Starlette
from starlette.routing import Mount

from deltaic.driver import Alone, Driver, Locks
from deltaic.drivers import registry
from deltaic.frontends import status
from deltaic.frontends.aws import AwsEndpoint, EndpointSettings, ServiceFrontend
from deltaic.frontends.cimi import CimiFrontend, CimiSettings
from deltaic.frontends.console import ConsoleFrontend, ConsoleSettings
from deltaic.frontends.deltacloud import DeltacloudFrontend, DeltacloudSettings, DriverInfo
from deltaic.frontends.ec2 import Ec2Frontend
from deltaic.frontends.sts import StsFrontend
from deltaic.layers import wrap
from deltaic.model.provider import Provider
from deltaic.operations.dbos_adapter import DbosOperations
from deltaic.operations.flows import Flows
from deltaic.operations.sampler import Sampler
from deltaic.remote.ssh import SshShell
from deltaic.services import Services, make_services
from deltaic.services.identity import Clouds
from deltaic.services.job_keeping import keep_jobs
from deltaic.services.turns import Turns
from deltaic.settings import Settings
from deltaic.store.housekeeping import keep_house
from deltaic.store.key_file import KeySource
from deltaic.store.store import SqlStore


class Application:
    """A gateway put together but not yet open: `asgi` answers between `open` and `close`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = SqlStore(settings.database, KeySource.in_folder(settings.data))
        # An SQLite file belongs to one process: nobody else edits anything.
        alone = Turns(self.store).alone if self.store.database.dialect != "sqlite" else Locks().alone
        self.clouds = Clouds(_drivers(settings, alone), _providers(settings), _kinds(settings), alone)
        self.operations = DbosOperations(
            settings.database_url or settings.data,
            node=settings.node,
            folder=settings.data,
            silence=settings.node_silence,
            sealer=self.store.ring,
        )
        self.asgi = Starlette()
        self._housekeeping: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Open the store, take up unfinished flows, and put the frontends in place."""
        await self.store.open()
        meters = self.settings.meters
        services = make_services(
            self.clouds,
            self.store,
            self.operations,
            login_secret=await self.store.secret("login"),
            shortest_interval=meters.shortest_interval,
            most_meters=meters.most_per_user,
            request_timeout=self.settings.server.request_timeout,
            shell=SshShell() if self.settings.deltacloud.run else None,
        )
        grace = self.settings.ec2.shutdown_grace
        flows = Flows(self.clouds.driver, self.store, shutdown_grace=grace, members=services.members)
        self.operations.register(flows.table())
        await self.operations.open()
        self.asgi.router.routes.extend(status.routes(self._ready))
        if "cimi" in self.settings.frontends:
            self.asgi.router.routes.extend(self._cimi(services).routes())
        if "deltacloud" in self.settings.frontends:
            self.asgi.router.routes.extend((await self._deltacloud(services)).routes())
        if "ec2" in self.settings.frontends:
            # Last, because EC2 clients may use any path.
            self.asgi.router.routes.append(Mount("", app=await self._aws(services)))

        retention = timedelta(minutes=self.settings.cimi.job_retention)
        sampler = Sampler(
            self.clouds.driver, self.store, poll=min(5.0, meters.shortest_interval / 3), kept=meters.most_samples
        )
        keeping = (keep_house(self.store), keep_jobs(services.jobs, retention), sampler.run())
        self._housekeeping = [asyncio.create_task(each) for each in keeping]

    async def close(self) -> None:
        """Give back everything; unfinished flows go on at the next start."""
        for each in self._housekeeping:
            each.cancel()
        await asyncio.gather(*self._housekeeping, return_exceptions=True)
        await self.operations.close()
        await self.clouds.close()
        await self.store.close()

    async def _aws(self, services: Services) -> AwsEndpoint:
        server = self.settings.server
        settings = EndpointSettings(
            base_url=server.public_url,
            body_limit=server.max_body_size,
            request_timeout=server.request_timeout,
            sigv2=self.settings.ec2.sigv2,
            basic=self.settings.ec2.basic,
        )
        frontends: list[ServiceFrontend] = [Ec2Frontend(services, await self.store.secret("paging")), StsFrontend()]
        return AwsEndpoint(services, frontends, settings)

    def _cimi(self, services: Services) -> CimiFrontend:
        server = self.settings.server
        settings = CimiSettings(
            base_url=server.public_url,
            initial_state=self.settings.cimi.initial_state,
            job_retention=self.settings.cimi.job_retention,
            strict=self.settings.cimi.strict,
            body_limit=server.max_body_size,
            request_timeout=server.request_timeout,
        )
        return CimiFrontend(services, settings)

    async def _deltacloud(self, services: Services) -> DeltacloudFrontend:
        server = self.settings.server
        settings = DeltacloudSettings(
            base_url=server.public_url,
            installed=tuple(DriverInfo(factory.name, factory.title) for factory in registry.factories()),
            drivers={name: kinds[0] for name, kinds in self.clouds.kinds.items()},
            start=self.settings.deltacloud.start,
            body_limit=server.max_body_size,
            request_timeout=server.request_timeout,
        )
        console = ConsoleFrontend(
            services,
            await self.store.secret("console"),
            ConsoleSettings(
                base_url=server.public_url, body_limit=server.max_body_size, request_timeout=server.request_timeout
            ),
        )
        return DeltacloudFrontend(services, settings, pages=console)

    async def _ready(self) -> str:
        try:
            await self.store.ping()
        except Exception as fault:
            return f"the database does not answer ({type(fault).__name__})"
        return ""


def build(settings: Settings) -> Application:
    """Put a gateway together from its settings; raises `Error` when a cloud is configured wrongly."""
    return Application(settings)


def _drivers(settings: Settings, alone: Alone) -> dict[str, Driver]:
    return {cloud.name: wrap(registry.create(cloud.driver, cloud.config), alone) for cloud in settings.clouds}


def _providers(settings: Settings) -> dict[str, Provider]:
    return {cloud.name: Provider.parse(cloud.config.provider) for cloud in settings.clouds}


def _kinds(settings: Settings) -> dict[str, tuple[str, ...]]:
    """The names of each cloud's driver, its own first."""
    factories = {cloud.name: registry.find(cloud.driver) for cloud in settings.clouds}
    return {name: tuple(dict.fromkeys((found.name, *found.aliases))) for name, found in factories.items()}
