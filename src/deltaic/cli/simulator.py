"""Starts the simulated engine inside this process."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from deltaic.settings import ServerSettings, SettingsError

#: The engine's administrator.
USER = "admin@internal"
PASSWORD = "deltaic"  # noqa: S105 - a simulator's own, on loopback

API_PATH = "/ovirt-engine/api"

#: Where the engine keeps its state below a folder that it may share with a gateway.
_FOLDER = "engine"


@contextlib.asynccontextmanager
async def simulated(
    *,
    port: int,
    host: str = "127.0.0.1",
    time_factor: float = 1.0,
    inventory: Path | None = None,
    vms: int | None = None,
    data: Path | None = None,
) -> AsyncIterator[str]:
    """Run an engine while the block runs; yields its API's URL.

    Its world comes from its state under `data`, else from a file or the generator, else it is the small one. The
    users of an inventory have the same password as the administrator.
    Raises `SettingsError` for a wrong inventory or a port that is taken.
    """
    from deltaic.server import listening
    from ovirt_engine_sim.app import create_app
    from ovirt_engine_sim.clock import RealClock
    from ovirt_engine_sim.engine import Engine
    from ovirt_engine_sim.inventory import InventoryError, generate, load_inventory, seed_inventory

    try:
        world = load_inventory(inventory) if inventory else generate(vms) if vms is not None else seed_inventory()
    except (InventoryError, OSError) as error:
        raise SettingsError(f"--inventory: {error}") from None
    folder = _state(data)
    users = {USER: PASSWORD} | {user.name: PASSWORD for user in world.users}
    engine = Engine(world, clock=RealClock(time_factor), users=users, data_dir=folder)
    try:
        async with listening(create_app(engine), ServerSettings(host=host, port=port)) as url:
            yield url + API_PATH
    finally:
        await engine.close()


def _state(data: Path | None) -> Path | None:
    if data is None:
        return None
    from deltaic.cli.run import state_folder

    return state_folder(state_folder(data) / _FOLDER)
