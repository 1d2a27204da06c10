"""Compute's servers, flavors, zones and key pairs as its API answers them, from microversion 2.1 on.

Source pages: Compute API, "Servers", "Servers - run an action", "Server consoles", "Flavors", "Availability zones",
"Keypairs"; REST API version history.
"""

from __future__ import annotations

from msgspec import Struct, field


class Ref(Struct, frozen=True):
    """A reference by id."""

    id: str = ""


class ServerFlavor(Struct, frozen=True):
    """What a server was made as: `id` alone before 2.47, from there on the size itself and its name, without the id.

    `ram` in MiB, `disk` in GiB.
    """

    id: str = ""
    original_name: str = ""
    ram: int = 0
    vcpus: int = 0
    disk: int = 0
    extra_specs: dict[str, str] = {}


class AttachedVolume(Struct, frozen=True):
    """A volume of a server; whether it goes with it is told from 2.3 on."""

    id: str = ""
    delete_on_termination: bool = False


class Plug(Struct, frozen=True):
    """A volume as it is plugged into a server; `device` is the name that compute chose, if it has yet."""

    volume_id: str = field(name="volumeId", default="")
    device: str = ""


class Plugs(Struct, frozen=True):
    """`GET /servers/ID/os-volume_attachments`."""

    plugs: tuple[Plug, ...] = field(name="volumeAttachments", default=())


class Fault(Struct, frozen=True):
    """Why a server is in ERROR."""

    message: str | None = None
    code: int | None = None


class ServerAddress(Struct, frozen=True):
    """An address of a server as compute remembers it; only its order and MAC are believed."""

    mac: str = field(name="OS-EXT-IPS-MAC:mac_addr", default="")


class Server(Struct, frozen=True):
    """A server. Of one whose cell does not answer nothing is told but id, status and time of creation (2.69)."""

    id: str = ""
    name: str | None = ""
    status: str = ""
    description: str | None = None
    created: str | None = None
    key_name: str | None = None
    host_id: str | None = field(name="hostId", default="")
    # An empty text where it was started from a volume.
    image: Ref | str | None = None
    flavor: ServerFlavor = ServerFlavor()
    metadata: dict[str, str] = {}
    tags: tuple[str, ...] = ()
    fault: Fault | None = None
    locked: bool = False
    zone: str | None = field(name="OS-EXT-AZ:availability_zone", default="")
    pinned_zone: str | None = field(name="pinned_availability_zone", default="")
    task_state: str | None = field(name="OS-EXT-STS:task_state", default="")
    vm_state: str | None = field(name="OS-EXT-STS:vm_state", default="")
    power_state: int | None = field(name="OS-EXT-STS:power_state", default=0)
    launched_at: str | None = field(name="OS-SRV-USG:launched_at", default=None)
    # By network, both in the order in which they were plugged in.
    addresses: dict[str, tuple[ServerAddress, ...]] = {}
    volumes: tuple[AttachedVolume, ...] = field(name="os-extended-volumes:volumes_attached", default=())
    # Only with a policy that shows it to others than administrators.
    root_device: str | None = field(name="OS-EXT-SRV-ATTR:root_device_name", default=None)
    user_data: str | None = field(name="OS-EXT-SRV-ATTR:user_data", default=None)

    @property
    def image_id(self) -> str:
        """The image it was made from; empty when it was started from a volume."""
        return self.image.id if isinstance(self.image, Ref) else ""

    @property
    def macs(self) -> tuple[str, ...]:
        """The MACs of its interfaces in order."""
        return tuple(dict.fromkeys(one.mac for found in self.addresses.values() for one in found))


class ServerAnswer(Struct, frozen=True):
    """One server."""

    server: Server


class Servers(Struct, frozen=True):
    """A page of servers."""

    servers: tuple[Server, ...] = ()


class CreatedServer(Struct, frozen=True):
    """What is answered to a creation: little more than the id, and a password that is not wanted."""

    server: Ref


class Metadata(Struct, frozen=True):
    """The metadata of a server."""

    metadata: dict[str, str] = {}


class ConsoleOutput(Struct, frozen=True):
    """What the serial console printed."""

    output: str | None = ""


class Console(Struct, frozen=True):
    """A way to a console."""

    url: str = ""


class RemoteConsole(Struct, frozen=True):
    """A way to a console; `console` before 2.6."""

    remote_console: Console = Console()
    console: Console = Console()


class KeyPair(Struct, frozen=True):
    """One key pair; before microversion 2.2 all are SSH keys and say nothing of it."""

    name: str = ""
    public_key: str = ""
    type: str = "ssh"


class KeyPairAnswer(Struct, frozen=True):
    """One of them, as it is wrapped alone and in lists."""

    keypair: KeyPair = KeyPair()


class KeyPairs(Struct, frozen=True):
    """A page of `GET /os-keypairs`."""

    keypairs: tuple[KeyPairAnswer, ...] = ()


class Flavor(Struct, frozen=True):
    """A size: `ram` in MiB, `disk` and `ephemeral` in GiB.

    Microversion 2.55 brings `description`, 2.61 `extra_specs`.
    """

    id: str = ""
    name: str = ""
    ram: int = 0
    vcpus: int = 1
    disk: int = 0
    ephemeral: int = field(name="OS-FLV-EXT-DATA:ephemeral", default=0)
    disabled: bool = field(name="OS-FLV-DISABLED:disabled", default=False)
    description: str | None = None
    extra_specs: dict[str, str] = {}


class Flavors(Struct, frozen=True):
    """A page of `GET /flavors/detail`."""

    flavors: tuple[Flavor, ...] = ()


class ZoneState(Struct, frozen=True):
    """Whether a zone has a host that works."""

    available: bool = True


class AvailabilityZone(Struct, frozen=True):
    """One availability zone."""

    name: str = field(name="zoneName", default="")
    state: ZoneState = field(name="zoneState", default=ZoneState())


class AvailabilityZones(Struct, frozen=True):
    """`GET /os-availability-zone`."""

    zones: tuple[AvailabilityZone, ...] = field(name="availabilityZoneInfo", default=())
