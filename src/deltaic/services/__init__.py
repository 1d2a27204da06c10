"""The verbs that all frontends share: one verb, one place."""

from __future__ import annotations

from msgspec import Struct

from deltaic.ports.operations import Operations
from deltaic.ports.store import Store
from deltaic.services.events import EventService
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds, Identity
from deltaic.services.images import ImageService
from deltaic.services.instance_types import InstanceTypeService
from deltaic.services.instances import InstanceService
from deltaic.services.jobs import JobService
from deltaic.services.key_pairs import KeyPairService
from deltaic.services.launch import LaunchService
from deltaic.services.metrics import MetricService
from deltaic.services.networks import NetworkService
from deltaic.services.records import RecordService
from deltaic.services.snapshots import SnapshotService
from deltaic.services.tags import TagService
from deltaic.services.volumes import VolumeService
from deltaic.services.zones import ZoneService


class Services(Struct, frozen=True):
    """Everything a frontend may call."""

    identity: Identity
    zones: ZoneService
    images: ImageService
    instance_types: InstanceTypeService
    instances: InstanceService
    key_pairs: KeyPairService
    tags: TagService
    volumes: VolumeService
    snapshots: SnapshotService
    networks: NetworkService
    records: RecordService
    jobs: JobService
    metrics: MetricService
    events: EventService


def make_services(clouds: Clouds, store: Store, operations: Operations, *, login_secret: bytes) -> Services:
    """Put the services together over their ports."""
    flows = FlowStarter(operations, store)
    zones = ZoneService(clouds, store)
    images = ImageService(clouds)
    instance_types = InstanceTypeService(clouds)
    key_pairs = KeyPairService(store)
    networks = NetworkService(clouds)
    launches = LaunchService(clouds, store, flows, zones, images, instance_types, key_pairs, networks)
    return Services(
        identity=Identity(clouds, store, login_secret=login_secret),
        zones=zones,
        images=images,
        instance_types=instance_types,
        instances=InstanceService(clouds, store, flows, launches, zones, instance_types),
        key_pairs=key_pairs,
        tags=TagService(clouds, store, flows),
        volumes=VolumeService(clouds),
        snapshots=SnapshotService(clouds),
        networks=networks,
        records=RecordService(store),
        jobs=JobService(store, operations),
        metrics=MetricService(clouds),
        events=EventService(clouds),
    )
