"""The port that every cloud implements: one small protocol per noun.

A driver translates; it does not validate what the capability layer checks, does not retry, does not cache
beyond its own details, and raises only `model.errors.Error`. Every verb takes the caller's `Context` first,
honours its deadline and works inside its scope. Mutating verbs return as soon as the cloud accepted; waiting is
the business of durable flows.
"""

from __future__ import annotations

from deltaic.driver.absent import ABSENT
from deltaic.driver.addresses import Addresses
from deltaic.driver.cloud import Driver, DriverConfig, DriverFactory
from deltaic.driver.consoles import Consoles
from deltaic.driver.edit import Edit
from deltaic.driver.events import Events
from deltaic.driver.images import Images
from deltaic.driver.instance_snapshots import InstanceSnapshots
from deltaic.driver.instance_types import InstanceTypes
from deltaic.driver.instances import Instances
from deltaic.driver.interfaces import Interfaces
from deltaic.driver.key_pairs import KeyPairs
from deltaic.driver.metrics import Metrics
from deltaic.driver.networks import Networks
from deltaic.driver.security_groups import SecurityGroups
from deltaic.driver.snapshots import Snapshots
from deltaic.driver.turns import Alone, Locks, Rewrites
from deltaic.driver.volumes import Volumes
from deltaic.driver.zones import Zones

__all__ = [
    "ABSENT",
    "Addresses",
    "Alone",
    "Consoles",
    "Driver",
    "DriverConfig",
    "DriverFactory",
    "Edit",
    "Events",
    "Images",
    "InstanceSnapshots",
    "InstanceTypes",
    "Instances",
    "Interfaces",
    "KeyPairs",
    "Locks",
    "Metrics",
    "Networks",
    "Rewrites",
    "SecurityGroups",
    "Snapshots",
    "Volumes",
    "Zones",
]
