"""OpenStack clouds of the last ten years, by Keystone v3, Nova v2.1, Glance v2, Neutron v2 and Cinder v3."""

from __future__ import annotations

from deltaic.driver import Driver, DriverConfig, DriverFactory
from deltaic.drivers.openstack.driver import CAPABILITY, OpenstackDriver
from deltaic.model.capability import Capability


class OpenstackFactory:
    """What `deltaic.drivers` entry points export."""

    name = "openstack"
    aliases: tuple[str, ...] = ()
    title = "OpenStack"
    capability: Capability = CAPABILITY

    def create(self, config: DriverConfig) -> Driver:
        """Make the driver; INVALID for a wrong configuration."""
        return OpenstackDriver(config)


DRIVER: DriverFactory = OpenstackFactory()
