"""The parts of a gateway that commands need alone: its store, a cloud's driver, a context to call it with."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from deltaic.model.context import Context, Principal, Scope
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.settings import Cloud, Settings, SettingsError

if TYPE_CHECKING:
    from deltaic.driver import Driver
    from deltaic.store.store import SqlStore


@contextlib.asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[SqlStore]:
    """The store of these settings, open; its schema is brought up to date."""
    from deltaic.store.key_file import KeySource
    from deltaic.store.store import SqlStore

    store = SqlStore(settings.database, KeySource.in_folder(settings.data))
    try:
        await store.open()
        yield store
    finally:
        await store.close()


def cloud_named(settings: Settings, name: str) -> Cloud:
    """A configured cloud, the default one for an empty name. Raises `SettingsError`."""
    for cloud in settings.clouds:
        if name in ("", cloud.name):
            return cloud
    known = ", ".join(cloud.name for cloud in settings.clouds) or "none"
    raise SettingsError(f"no cloud named '{name}' is configured; there are: {known}")


@contextlib.asynccontextmanager
async def driver_of(cloud: Cloud) -> AsyncIterator[Driver]:
    """The driver of a cloud; its connections are given back at the end."""
    from deltaic.drivers.registry import find

    driver = find(cloud.driver).create(cloud.config)
    try:
        yield driver
    finally:
        await driver.close()


def context_of(cloud: Cloud, driver: Driver, user: str, password: Secret) -> Context:
    """A context for one call to a cloud in the data center of its provider string."""
    provider = Provider.parse(cloud.config.provider)
    scope = Scope(provider=cloud.name, data_center=provider.data_center, view=driver.view(provider.view))
    user, scope = driver.account(user, scope)
    return Context(
        principal=Principal(id="cli", user=user, password=password),
        scope=scope,
        request_id=f"cli-{secrets.token_hex(8)}",
    )
