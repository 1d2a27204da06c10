"""The AWS endpoint over the real services, a cloud in memory and a store in memory."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest

from deltaic.frontends.aws import AwsEndpoint
from deltaic.frontends.cimi import CimiFrontend
from deltaic.frontends.ec2 import Ec2Frontend
from deltaic.frontends.sts import StsFrontend
from deltaic.model.access_key import AccessKey
from deltaic.model.context import Context
from deltaic.model.image import Image, ImageDisk, ImageState
from deltaic.model.instance import DiskAttachment, Instance, InstanceState
from deltaic.model.instance_type import InstanceType
from deltaic.model.network import Network
from deltaic.model.nic import Nic
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret
from deltaic.model.snapshot import Snapshot, SnapshotState
from deltaic.model.volume import Volume, VolumeAttachment, VolumeState
from deltaic.model.zone import DataCenter, Zone
from deltaic.operations.flows import Flows
from deltaic.services import make_services
from deltaic.services.identity import Clouds
from tests.fakes.driver import FakeDriver, FakeList
from tests.fakes.inline import InlineOperations
from tests.fakes.instance_snapshots import FakeImages
from tests.fakes.operations import FAST
from tests.fakes.store import FakeStore
from tests.support.aws_client import AwsClient

ACCESS_KEY = "AKIADELTAICTEST00001"
SECRET_KEY = "test-secret-key"
USER = "admin@internal"

DEFAULT = DataCenter("79221158-0d50-11e2-a8af-17acc9433061", "Default")
BARCELONA = DataCenter("3c1f0a52-8f0b-4c5e-9d55-6a0b7d2f4e11", "barcelona")
CLUSTER = Zone("99408929-82cf-4dc7-a532-9d998063fa95", "Default", DEFAULT.id)
SECOND_CLUSTER = Zone("11111111-82cf-4dc7-a532-9d998063fa95", "Second", DEFAULT.id)
BCN_CLUSTER = Zone("77d52ef6-11e3-11e2-be8c-87a6485627fe", "bcn-servers", BARCELONA.id)
IMAGE = "77ea7521-3017-4ee9-bcdf-d566178991c6"
IMAGE_DISK = "aaaa7521-3017-4ee9-bcdf-d566178991c6"
BLANK = "00000000-0000-0000-0000-000000000000"
VM = "84623036-49fe-4f22-ac6f-ff526e8b82be"
OTHER_VM = "5ee314f5-a01b-41f3-81f7-fe4acb6c31f9"
DISK = "d15c0000-1111-4222-8333-444455556666"
NIC = "21c00000-1111-4222-8333-444455556666"
NETWORK = "00000000-0000-0000-0000-000000000009"
SECOND_NETWORK = "0e7b0000-1111-4222-8333-444455556666"
CREATED = datetime(2012, 10, 10, 7, 53, 8, 984000, UTC)


class Zones(FakeList):
    """Data centers and clusters, the latter within the scope."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> Sequence[Zone]:
        wanted = context.scope.data_center
        centers = {center.id for center in (DEFAULT, BARCELONA) if not wanted or wanted in (center.id, center.name)}
        return [zone for zone in self.rows if zone.data_center_id in centers]

    async def data_centers(self, context: Context) -> list[DataCenter]:
        return [DEFAULT, BARCELONA]


class Images(FakeImages):
    """Images without interfaces."""

    brings = 0


class Gateway:
    """Everything a test of the endpoint touches."""

    def __init__(self) -> None:
        self.driver = _driver()
        self.store = FakeStore()
        self.store.access_keys.rows[ACCESS_KEY] = AccessKey(
            ACCESS_KEY, Secret(SECRET_KEY), USER, Secret("deltaic"), "default", CREATED
        )
        self.clouds = Clouds(
            {"default": self.driver}, {"default": Provider.parse(f"https://engine.example/api;{DEFAULT.id}")}
        )
        self.operations = InlineOperations()
        self.services = make_services(self.clouds, self.store, self.operations, login_secret=b"s" * 32)
        flows = Flows(self.clouds.driver, self.store, pace=FAST, members=self.services.members)
        self.operations.register(flows.table())
        self.ec2 = Ec2Frontend(self.services, b"p" * 32)
        self.app = AwsEndpoint(self.services, [self.ec2, StsFrontend()])
        self.cimi = CimiFrontend(self.services)
        self.client = AwsClient(self.app, ACCESS_KEY, SECRET_KEY)

    @property
    def machines(self) -> dict[str, Instance]:
        return self.driver.instances.machines


def _driver() -> FakeDriver:
    driver = FakeDriver(
        images=[
            Image(BLANK, "Blank", ImageState.AVAILABLE, "Blank template", created_at=CREATED),
            Image(
                IMAGE,
                "desktop_template",
                ImageState.AVAILABLE,
                created_at=CREATED,
                disks=(ImageDisk(IMAGE_DISK, 10 << 30, boot=True),),
            ),
        ],
        instance_types=[InstanceType("0000000b-000b-000b-000b-00000000021f", "Small", "", 2 << 30)],
        networks=[
            Network(
                NETWORK, "ovirtmgmt", DEFAULT.id, default=True, fixed=True, zone_ids=(CLUSTER.id, SECOND_CLUSTER.id)
            ),
            Network(SECOND_NETWORK, "guests", DEFAULT.id, cidr="10.1.0.0/24", zone_ids=(SECOND_CLUSTER.id,)),
        ],
        volumes=[
            Volume(
                DISK,
                "disk1",
                VolumeState.AVAILABLE,
                (10 << 30) - 1,
                data_center_id=DEFAULT.id,
                created_at=CREATED,
                attachments=(VolumeAttachment(VM, boot=True),),
            ),
            Volume("d15c1111-1111-4222-8333-444455556666", "floating", VolumeState.AVAILABLE, 1 << 30),
        ],
        snapshots=[Snapshot(IMAGE_DISK, "desktop_disk", SnapshotState.COMPLETED, 10 << 30, image_id=IMAGE)],
    )
    driver.images = Images(driver.images.rows, driver.instances, driver.instance_snapshots)
    driver.images.new_id = lambda number: str(uuid.UUID(int=number << 80))
    driver.zones = Zones([CLUSTER, SECOND_CLUSTER, BCN_CLUSTER])
    driver.instances.new_id = lambda number: str(uuid.UUID(int=number << 96))
    driver.instances.add(
        InstanceState.RUNNING,
        VM,
        name="vm1",
        zone_id=CLUSTER.id,
        data_center_id=DEFAULT.id,
        image_id=IMAGE,
        created_at=CREATED,
        started_at=CREATED,
        nics=(Nic(NIC, "nic1", "00:1a:4a:16:01:51", NETWORK, ipv4=("192.168.1.27",), ipv6=("2001:db8::27",)),),
        disks=(DiskAttachment(DISK, boot=True),),
    )
    driver.instances.add(
        InstanceState.STOPPED,
        OTHER_VM,
        name="vm2",
        zone_id=SECOND_CLUSTER.id,
        data_center_id=DEFAULT.id,
        image_id=IMAGE,
        created_at=CREATED,
    )
    return driver


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway()
    yield made
    await made.operations.close()


@pytest.fixture
def client(gateway: Gateway) -> AwsClient:
    return gateway.client
