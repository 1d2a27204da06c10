"""What an image is told while compute makes and uploads it: neither the words nor the image are lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.openstack.support.gateway import Site
from tests.openstack.test_ec2_life import QUICKLY, image
from tests.support.processes import until

ROUNDS = 6


@pytest.fixture
def machine(ec2: Any) -> Iterator[str]:
    """A running machine."""
    made = ec2.run_instances(ImageId=image(ec2), InstanceType="m1.tiny", MinCount=1, MaxCount=1)["Instances"][0]
    wanted = {"InstanceIds": [made["InstanceId"]]}
    ec2.get_waiter("instance_running").wait(**wanted, WaiterConfig=QUICKLY)
    yield str(made["InstanceId"])
    ec2.terminate_instances(**wanted)
    ec2.get_waiter("instance_terminated").wait(**wanted, WaiterConfig=QUICKLY)


def test_tags_of_images_that_are_being_made(ec2: Any, gateway: Site, machine: str) -> None:
    for number in (f"image-{number}" for number in range(ROUNDS)):
        named = [{"ResourceType": "image", "Tags": [{"Key": "Name", "Value": number}]}]
        wish = {"InstanceId": machine, "Name": number, "Description": "d" * 255}
        made = ec2.create_image(**wish, TagSpecifications=named)["ImageId"]
        ec2.create_tags(Resources=[made], Tags=[{"Key": "soon", "Value": number}])
        shown = ec2.describe_images(ImageIds=[made])["Images"][0]
        wanted = [{"Key": "Name", "Value": number}, {"Key": "soon", "Value": number}]
        assert (shown["Tags"], shown["Description"]) == (wanted, "d" * 255)
        ec2.get_waiter("image_available").wait(ImageIds=[made], WaiterConfig=QUICKLY)

        def held(name: str = number) -> bool:
            (found,) = [one for one in gateway.cloud.image.images() if one.name == name]
            told = found.properties
            assert (found.status, told["Name"]) == ("active", name)
            return (told.get("soon"), told["deltaic:id"], "deltaic:keys" in told) == (name, found.id, False)

        until(held, 90.0)
        ec2.deregister_image(ImageId=made)
