"""oVirt Engine 4.4 and newer (also RHV and Oracle's OLVM), by its REST API v4 in JSON."""

from __future__ import annotations

from deltaic.driver import Driver, DriverConfig, DriverFactory
from deltaic.drivers.ovirt.driver import CAPABILITY, OvirtDriver
from deltaic.model.capability import Capability


class OvirtFactory:
    """What `deltaic.drivers` entry points export."""

    name = "ovirt"
    aliases: tuple[str, ...] = ("rhevm", "rhev", "olvm")
    title = "oVirt Engine, RHV, OLVM"
    capability: Capability = CAPABILITY

    def create(self, config: DriverConfig) -> Driver:
        """Make the driver; INVALID for a wrong configuration."""
        return OvirtDriver(config)


DRIVER: DriverFactory = OvirtFactory()
