"""What the author of a driver supplies, so that the suite can be run on it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from msgspec import Struct

from deltaic.conformance.case import Provision
from deltaic.driver import DriverFactory
from deltaic.model.secret import Secret
from deltaic.settings import CloudTable

#: Where third parties offer harnesses: `<name of the driver> = package.module:function`, called without arguments.
GROUP = "deltaic.conformance"

#: An id that is well-formed on most clouds, and belongs to nothing.
NOWHERE = "00000000-0000-4000-8000-00000000dead"


class Login(Struct, frozen=True):
    """One user of the cloud. `view` is what of the provider string stands behind the data center for this user."""

    user: str
    password: Secret
    view: str = ""


class Site(Struct, frozen=True, kw_only=True):
    """Where the cases work, and with what.

    `cloud` is what a gateway's settings would say of the cloud, its provider string with data center and view. Cases
    run as `user` in `data_center`. `apart` are two users who may make machines, and must not see each other's (empty:
    not tried); with `other_data_center` it is tried whether data centers are kept apart. Ids are native.
    `image_id` boots and is small, `zone_id` empty means the first zone, `instance_type_id` empty the cloud's own
    choice, `network_id` empty its own network. `volume_size` is bytes. `unknown_id` is well-formed and belongs to
    nothing. `page_size` is how many objects the driver reads at once; 0 where it has no pages. Nothing takes longer
    than `patience` seconds, and states are looked at every `pause` seconds.
    """

    cloud: CloudTable
    user: Login
    data_center: str
    image_id: str
    apart: tuple[Login, ...] = ()
    other_data_center: str = ""
    zone_id: str = ""
    instance_type_id: str = ""
    network_id: str = ""
    volume_size: int = 1 << 30
    unknown_id: str = NOWHERE
    page_size: int = 0
    patience: float = 60.0
    pause: float = 0.05
    provisions: frozenset[Provision] = frozenset()

    def provides(self, provision: Provision) -> bool:
        """Whether the harness provides it."""
        if provision is Provision.TWO_USERS:
            return len(self.apart) > 1
        if provision is Provision.SECOND_DATA_CENTER:
            return bool(self.other_data_center)
        return provision in self.provisions


class Harness(ABC):
    """Makes a cloud ready, breaks it on order, and tells what is left.

    `open` and `close` must be written, the rest is optional. All of it works past the driver: the suite must not
    believe the driver alone.
    """

    factory: DriverFactory

    @abstractmethod
    async def open(self) -> Site:
        """Make the cloud ready; called once, before the first case."""

    @abstractmethod
    async def close(self) -> None:
        """Take away what `open` made; called once, also when `open` failed half-way."""

    async def leftovers(self, prefix: str) -> Sequence[str]:
        """What is still there, in words for people, of what has a name or a tag that begins so."""
        return ()

    async def cause(self, fault: Provision) -> None:
        """Bring one of the faults about that the site provides: for the next request that it can befall."""
        raise NotImplementedError(fault)

    async def heal(self) -> None:
        """End every fault that was ordered and did not happen yet."""
        return

    async def user_data(self, instance_id: str) -> bytes:
        """The user data that the cloud keeps for a machine: asked for where its users can't read it again."""
        raise NotImplementedError(instance_id)

    async def calls(self) -> int:
        """How many calls the cloud got so far."""
        raise NotImplementedError
