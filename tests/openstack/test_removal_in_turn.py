"""A volume that is removed right after its snapshot, while block storage still works on the snapshot's removal.

The lab's storage removes snapshots in no time: an administrator gives one the status that it has where that takes long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_links import operation
from tests.clients.deltacloud_client import DeltacloudClient
from tests.openstack.support.cimi import client
from tests.openstack.support.gateway import Site
from tests.openstack.support.servers import EVERY, SECONDS
from tests.support.processes import until

Removal = Callable[[], object]


def by_ec2(site: Site) -> tuple[Removal, Removal]:
    ec2 = site.client()
    (volume,) = ec2.describe_volumes()["Volumes"]
    # Images are shown with snapshots, too.
    (snapshot,) = ec2.describe_snapshots(Filters=[{"Name": "volume-id", "Values": [volume["VolumeId"]]}])["Snapshots"]

    def remove_volume() -> None:
        ec2.delete_volume(VolumeId=volume["VolumeId"])
        (shown,) = ec2.describe_volumes(VolumeIds=[volume["VolumeId"]])["Volumes"]
        assert shown["State"] == "deleting"

    return lambda: ec2.delete_snapshot(SnapshotId=snapshot["SnapshotId"]), remove_volume


def by_deltacloud(site: Site) -> tuple[Removal, Removal]:
    deltacloud = DeltacloudClient(site.gateway, "xml")
    (snapshot,) = deltacloud.things("storage_snapshots")
    (volume,) = deltacloud.things("storage_volumes")

    def remove_volume() -> None:
        deltacloud.follow(volume, "destroy", 204)
        assert deltacloud.send("GET", volume.href).status == 404

    return lambda: deltacloud.follow(snapshot, "destroy", 204), remove_volume


def by_cimi(site: Site) -> tuple[Removal, Removal]:
    cimi = client(site, Format.JSON)
    (image,) = cimi.collection("VolumeImage")["items"]
    (volume,) = cimi.collection("Volume")["items"]

    def remove_volume() -> None:
        assert cimi.send("DELETE", operation(volume, "delete")).status == 200
        assert cimi.send("GET", volume["id"]).status == 404

    return lambda: cimi.send("DELETE", operation(image, "delete")), remove_volume


@pytest.fixture
def pair(cloud: Any) -> Iterator[tuple[Any, Any]]:
    """A volume and its snapshot; both are gone at the end."""
    storage = cloud.block_storage
    volume = storage.create_volume(size=1, name="source")
    storage.wait_for_status(volume, "available", interval=EVERY, wait=SECONDS)
    snapshot = storage.create_snapshot(volume_id=volume.id, name="before")
    storage.wait_for_status(snapshot, "available", interval=EVERY, wait=SECONDS)
    yield volume, snapshot
    assert until(lambda: not [*storage.volumes(), *storage.snapshots()], SECONDS, EVERY)


@pytest.mark.parametrize("frontend", [by_ec2, by_deltacloud, by_cimi])
def test_a_volume_waits_for_its_snapshot(
    gateway: Site, pair: tuple[Any, Any], frontend: Callable[[Site], tuple[Removal, Removal]]
) -> None:
    volume, snapshot = pair
    storage, others = gateway.cloud.block_storage, gateway.tenant.plane.administrator().block_storage
    remove_snapshot, remove_volume = frontend(gateway)
    others.reset_snapshot_status(snapshot.id, "deleting")
    remove_snapshot()
    remove_volume()
    assert (storage.get_volume(volume.id).status, storage.get_snapshot(snapshot.id).status) == ("available", "deleting")
    others.delete_snapshot(snapshot.id, force=True)
    assert until(lambda: storage.find_volume(volume.id) is None, SECONDS, EVERY)


def test_a_volume_whose_snapshot_is_not_removed_after_all(gateway: Site, pair: tuple[Any, Any]) -> None:
    """Then it stays, and says so."""
    _, snapshot = pair
    others, ec2 = gateway.tenant.plane.administrator().block_storage, gateway.client()
    (volume,) = [one["VolumeId"] for one in ec2.describe_volumes()["Volumes"]]

    def state() -> str:
        (shown,) = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
        return str(shown["State"])

    others.reset_snapshot_status(snapshot.id, "deleting")
    ec2.delete_volume(VolumeId=volume)
    assert state() == "deleting"
    others.reset_snapshot_status(snapshot.id, "error_deleting")
    assert until(lambda: state() == "available", SECONDS, EVERY)
    with pytest.raises(ClientError) as caught:
        ec2.delete_volume(VolumeId=volume)
    assert caught.value.response["Error"]["Code"] == "VolumeInUse"
    assert "has snapshots" in caught.value.response["Error"]["Message"]
    others.delete_snapshot(snapshot.id, force=True)
    assert until(lambda: not list(gateway.cloud.block_storage.snapshots()), SECONDS, EVERY)
    ec2.delete_volume(VolumeId=volume)
