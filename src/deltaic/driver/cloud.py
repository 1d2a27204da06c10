"""A whole cloud behind the port: the driver, what it is told, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from deltaic.driver.addresses import Addresses
from deltaic.driver.consoles import Consoles
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
from deltaic.driver.volumes import Volumes
from deltaic.driver.zones import Zones
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Scope
from deltaic.model.health import Check
from deltaic.model.signed_request import Grant, SignedRequest


class Driver(Protocol):
    """One cloud, reached under one provider string. A noun that it does not have is `ABSENT`.

    A driver may have `rewrites` (`Rewrites`): its verbs that read a thing and write it back. No two of them, and no two
    edits of an annotation, are at the same thing at the same time.
    """

    name: str
    capability: Capability
    zones: Zones
    images: Images
    instance_types: InstanceTypes
    instances: Instances
    instance_snapshots: InstanceSnapshots
    volumes: Volumes
    snapshots: Snapshots
    networks: Networks
    interfaces: Interfaces
    metrics: Metrics
    events: Events
    key_pairs: KeyPairs
    security_groups: SecurityGroups
    addresses: Addresses
    consoles: Consoles

    def view(self, asked: str, configured: str = "") -> str:
        """The view of a provider string (`Provider.view`) in this driver's one form, completed by the configured one.

        INVALID for one that it can't be. No I/O.
        """

    def account(self, user: str, scope: Scope) -> tuple[str, Scope]:
        """Whom a login names, in the one form under which records are kept, and the scope that it chooses.

        Two users never have the same form, and one user never has two. No I/O.
        """

    async def verify(self, context: Context, claim: SignedRequest) -> Grant:
        """Have the cloud check a signature that one of its own keys made; the context's principal is nobody yet.

        UNAUTHENTICATED for a key or signature that is not good, with `reason` `unknown_key` in its context where the
        cloud says so.
        """

    async def login(self, context: Context) -> str:
        """Check the caller's credentials against the cloud; return the cloud's id of the user.

        UNAUTHENTICATED when they are wrong.
        """

    async def doctor(self, context: Context) -> list[Check]:
        """Look at address, TLS, login, permissions, version and clock, and say what to do."""

    async def close(self) -> None:
        """Give back connections and sessions."""


class DriverConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every driver is told. `options` are the driver's own, checked by its factory.

    `provider` is the classic string `URL[;DATACENTER[;VIEW]]`.
    """

    name: str = "default"
    provider: str
    ca_file: str = ""
    ca_fingerprint: str = ""
    insecure: bool = False
    timeout: float = 60.0
    max_connections: int = 8
    options: Mapping[str, str] = {}

    def __repr__(self) -> str:
        # Options may hold passwords.
        return f"DriverConfig(name={self.name!r}, provider={self.provider!r}, options={sorted(self.options)})"


class DriverFactory(Protocol):
    """What a driver package exports under the entry-point group `deltaic.drivers`."""

    name: str
    aliases: tuple[str, ...]
    title: str
    capability: Capability

    def create(self, config: DriverConfig) -> Driver:
        """Make the driver; no I/O happens before its first verb. Raises INVALID for a wrong configuration."""
