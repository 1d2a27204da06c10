"""Images that were promised: one id from the promise on, for every gateway, and never somebody else's."""

from __future__ import annotations

import uuid

import pytest
from msgspec.structs import replace

from deltaic.frontends.aws import AwsEndpoint
from deltaic.frontends.ec2 import Ec2Frontend
from deltaic.frontends.sts import StsFrontend
from deltaic.model.annotation import Annotation
from deltaic.model.image import Image, ImageState
from tests.support.aws_client import AwsClient, AwsFault
from tests.unit.frontends.conftest import ACCESS_KEY, SECRET_KEY, VM, Gateway

MARKER = "0a0a0a0a-1111-4222-8333-444455556666"
PROMISED = "ami-0a0a0a0a111142228"
MADE = "0b0b0b0b-1111-4222-8333-444455556666"
OTHER = "0c0c0c0c-1111-4222-8333-444455556666"


def image(native: str, name: str = "golden") -> Image:
    return Image(native, name, ImageState.AVAILABLE, annotation=Annotation(launch=MARKER, promised=True))


async def ids(client: AwsClient) -> dict[str, str]:
    return {each["Name"]: each["ImageId"] for each in (await client.call("DescribeImages"))["Images"]}


async def test_it_keeps_its_id(gateway: Gateway, client: AwsClient) -> None:
    gateway.driver.images.rows.append(image(MADE))
    gateway.machines[VM] = replace(gateway.machines[VM], image_id=MADE)
    # Nothing was listed yet: the machine's image is looked up, once.
    machine = (await client.call("DescribeInstances"))["Reservations"][0]["Instances"][0]
    assert machine["ImageId"] == PROMISED
    assert (await ids(client))["golden"] == PROMISED
    (found,) = (await client.call("DescribeImages", ImageIds=[PROMISED]))["Images"]
    assert (found["ImageId"], found["Name"]) == (PROMISED, "golden")
    (found,) = (await client.call("DescribeImages", ImageIds=[MADE]))["Images"]
    assert found["ImageId"] == PROMISED
    tagged = [{"Key": "a", "Value": "b"}]
    await client.call("CreateTags", Resources=[PROMISED], Tags=tagged)
    assert gateway.driver.images.rows[-1].annotation.tags == {"a": "b"}
    listed = await client.call("DescribeTags", Filters=[{"Name": "resource-type", "Values": ["image"]}])
    assert [(each["ResourceId"], each["Key"]) for each in listed["Tags"]] == [(PROMISED, "a")]


async def test_another_gateway_knows_it(gateway: Gateway) -> None:
    gateway.driver.images.rows.append(image(MADE))
    other = AwsEndpoint(gateway.services, [Ec2Frontend(gateway.services, b"p" * 32), StsFrontend()])
    client = AwsClient(other, ACCESS_KEY, SECRET_KEY)
    launched = await client.call("RunInstances", ImageId=PROMISED, MinCount=1, MaxCount=1)
    assert launched["Instances"][0]["ImageId"] == PROMISED


@pytest.mark.parametrize("action", ["DescribeImages", "DescribeImageAttribute", "CreateTags"])
async def test_it_is_made_while_it_is_looked_up(
    gateway: Gateway, client: AwsClient, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """The id is resolved in one listing, and the image found in the next one."""
    promised = replace(image(MARKER), state=ImageState.PENDING)
    listings: list[list[Image]] = [[promised], [promised], [image(MADE)]]
    gateway.driver.images.rows.append(image(MADE))

    async def listed(*_: object) -> list[Image]:
        return listings.pop(0) if len(listings) > 1 else listings[0]

    monkeypatch.setattr(gateway.services.captures, "list", listed)
    assert (await ids(client))["golden"] == PROMISED
    given = {
        "DescribeImages": {"ImageIds": [PROMISED]},
        "DescribeImageAttribute": {"ImageId": PROMISED, "Attribute": "description"},
        "CreateTags": {"Resources": [PROMISED], "Tags": [{"Key": "a", "Value": "b"}]},
    }
    answer = await client.call(action, **given[action])
    if action == "DescribeImages":
        assert [(each["ImageId"], each["State"]) for each in answer["Images"]] == [(PROMISED, "available")]
    assert len(listings) == 1


async def test_nobody_takes_it_over(gateway: Gateway, client: AwsClient) -> None:
    """Whoever may edit an image may give it the marker of another one."""
    gateway.driver.images.rows += [image(MADE), image(OTHER, "trap")]
    found = await ids(client)
    assert (found["golden"], found["trap"]) == ("ami-0b0b0b0b111142228", "ami-0c0c0c0c111142228")
    with pytest.raises(AwsFault) as caught:
        await client.call("RunInstances", ImageId=PROMISED, MinCount=1, MaxCount=1)
    assert caught.value.code == "InvalidAMIID.NotFound"


async def test_who_had_it_first_keeps_it_and_others_views_change_nothing(gateway: Gateway, client: AwsClient) -> None:
    """Another caller, who sees the copy alone, must not lead this one to it."""
    gateway.driver.images.rows.append(image(MADE))
    assert (await ids(client))["golden"] == PROMISED
    gateway.driver.images.rows.append(image(OTHER, "trap"))
    promises = gateway.ec2._book.promises("default", "somebody else")
    promises.learn([image(OTHER, "trap")])
    assert promises.native(MARKER) == OTHER
    found = await ids(client)
    assert (found["golden"], found["trap"]) == (PROMISED, "ami-0c0c0c0c111142228")
    launched = await client.call("RunInstances", ImageId=PROMISED, MinCount=1, MaxCount=1)
    assert gateway.machines[str(uuid.UUID(int=1 << 96))].image_id == MADE
    assert launched["Instances"][0]["ImageId"] == PROMISED


async def test_an_image_that_was_not_promised_has_its_own_id(gateway: Gateway, client: AwsClient) -> None:
    gateway.driver.images.rows.append(replace(image(MADE), annotation=Annotation(launch=MARKER)))
    assert (await ids(client))["golden"] == "ami-0b0b0b0b111142228"


async def test_a_given_name_lasts_until_the_cloud_s_is_another(gateway: Gateway, client: AwsClient) -> None:
    note = Annotation(launch=MARKER, traits={"name": "My golden (1)"})
    gateway.driver.images.rows += [
        replace(image(MADE, "My-golden-1"), annotation=note),
        replace(image(OTHER, "renamed"), annotation=note),
    ]
    assert set(await ids(client)) >= {"My golden (1)", "renamed"}
