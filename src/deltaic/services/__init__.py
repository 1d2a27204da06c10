"""The verbs that all frontends share: one verb, one place."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from deltaic.ports.operations import Operations
from deltaic.ports.shell import Shell
from deltaic.ports.store import Store
from deltaic.services.access_keys import AccessKeyService
from deltaic.services.addresses import AddressService
from deltaic.services.captures import CaptureService
from deltaic.services.changed_rules import ChangedRuleService
from deltaic.services.client_tokens import ClientTokens
from deltaic.services.commands import CommandService
from deltaic.services.events import EventService
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds, Identity
from deltaic.services.images import ImageService
from deltaic.services.instance_snapshots import InstanceSnapshotService
from deltaic.services.instance_types import InstanceTypeService
from deltaic.services.instances import InstanceService
from deltaic.services.interfaces import InterfaceService
from deltaic.services.issued_keys import IssuedKeys
from deltaic.services.jobs import JobService
from deltaic.services.key_pairs import KeyPairService
from deltaic.services.launch import LaunchService
from deltaic.services.members import MemberService
from deltaic.services.meters import MOST_METERS, SHORTEST_INTERVAL, MeterService
from deltaic.services.metrics import MetricService
from deltaic.services.networks import NetworkService
from deltaic.services.records import RecordService
from deltaic.services.security_groups import SecurityGroupService
from deltaic.services.sessions import SessionService
from deltaic.services.snapshots import SnapshotService
from deltaic.services.systems import SystemService
from deltaic.services.tags import TagService
from deltaic.services.volumes import VolumeService
from deltaic.services.zones import ZoneService


class Services(Struct, frozen=True):
    """Everything a frontend may call."""

    identity: Identity
    issued_keys: IssuedKeys
    zones: ZoneService
    images: ImageService
    captures: CaptureService
    instance_snapshots: InstanceSnapshotService
    instance_types: InstanceTypeService
    instances: InstanceService
    key_pairs: KeyPairService
    tags: TagService
    volumes: VolumeService
    snapshots: SnapshotService
    networks: NetworkService
    interfaces: InterfaceService
    security_groups: SecurityGroupService
    changed_rules: ChangedRuleService
    addresses: AddressService
    records: RecordService
    jobs: JobService
    metrics: MetricService
    meters: MeterService
    events: EventService
    access_keys: AccessKeyService
    sessions: SessionService
    systems: SystemService
    members: MemberService
    commands: CommandService


def make_services(
    clouds: Clouds,
    store: Store,
    operations: Operations,
    *,
    login_secret: bytes,
    shortest_interval: int = SHORTEST_INTERVAL,
    most_meters: int = MOST_METERS,
    request_timeout: float = 60.0,
    shell: Shell | None = None,
) -> Services:
    """Put the services together over their ports.

    The shortest interval (seconds) and the number are limits of the meters that users make. No request takes longer
    than its time-out, seconds.
    """
    jobs = JobService(store, operations, timedelta(seconds=max(5.0, 1.5 * request_timeout)))
    flows = FlowStarter(operations, store, jobs)
    zones = ZoneService(clouds, store)
    images = ImageService(clouds)
    instance_types = InstanceTypeService(clouds)
    key_pairs = KeyPairService(clouds, store)
    networks = NetworkService(clouds, flows, zones)
    launches = LaunchService(clouds, store, flows, zones, images, instance_types, key_pairs, networks)
    instances = InstanceService(clouds, store, flows, launches, zones, instance_types)
    records = RecordService(store)
    systems = SystemService(records, flows)
    volumes = VolumeService(clouds, flows, zones, ClientTokens(store))
    return Services(
        identity=Identity(clouds, store, login_secret=login_secret),
        issued_keys=IssuedKeys(clouds, store, secret=login_secret),
        zones=zones,
        images=images,
        captures=CaptureService(clouds, store, flows),
        instance_snapshots=InstanceSnapshotService(clouds, store, flows),
        instance_types=instance_types,
        instances=instances,
        key_pairs=key_pairs,
        tags=TagService(clouds, store, flows),
        volumes=volumes,
        snapshots=SnapshotService(clouds, flows),
        networks=networks,
        interfaces=InterfaceService(clouds, flows),
        security_groups=SecurityGroupService(clouds),
        changed_rules=ChangedRuleService(clouds, store),
        addresses=AddressService(clouds),
        records=records,
        jobs=jobs,
        metrics=MetricService(clouds),
        meters=MeterService(store, records, shortest=shortest_interval, most=most_meters),
        events=EventService(clouds),
        access_keys=AccessKeyService(store),
        sessions=SessionService(store),
        systems=systems,
        members=MemberService(jobs, instances, records, systems, volumes, networks),
        commands=CommandService(instances, shell),
    )
