"""A simulator of oVirt Engine 4.5: REST API v4 over HTTP, in XML and JSON."""

from ovirt_engine_sim.app import create_app
from ovirt_engine_sim.clock import ManualClock, RealClock
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.inventory import generate, load_inventory, seed_inventory
from ovirt_engine_sim.server import Server, running

__all__ = [
    "Engine",
    "ManualClock",
    "RealClock",
    "Server",
    "create_app",
    "generate",
    "load_inventory",
    "running",
    "seed_inventory",
]
