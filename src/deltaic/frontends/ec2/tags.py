"""Tags: CreateTags, DeleteTags, DescribeTags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from deltaic.frontends.ec2.image_book import check_made, made_meanwhile
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import LISTERS, RESOURCES, native_ids
from deltaic.frontends.ec2.tag_rows import tag_rows
from deltaic.frontends.ec2.tagging import RESOURCE_TYPES, tag_map, target
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.protocols.aws.filters import FilterTable
from deltaic.protocols.aws.ids import prefix_of
from deltaic.protocols.aws.kinds import missing_ids
from deltaic.services.tags import check_tags

TAGS = FilterTable(
    {"key": "Key", "resource-id": "ResourceId", "resource-type": "ResourceType", "value": "Value"},
    tags=lambda row: [row],
)
#: AWS takes no more resources in one request.
MOST_RESOURCES = 1000


async def _targets(request: Ec2Request) -> list[tuple[str, str]]:
    """The resources, every one of which exists; nothing is changed when one does not."""
    texts: list[str] = list(dict.fromkeys(request.require("Resources", "ResourceId")))
    if len(texts) > MOST_RESOURCES:
        raise AwsError("InvalidParameterValue", f"At most {MOST_RESOURCES} values of ResourceId are taken at once.")
    by_prefix: dict[str, list[str]] = defaultdict(list)
    bare: list[str] = []
    for text in texts:
        prefix = prefix_of(text)
        if prefix in RESOURCE_TYPES:
            by_prefix[prefix].append(text)
        else:
            bare.append(text)
    found = [entry for prefix, own in by_prefix.items() for entry in await _existing(request, prefix, own)]
    return found + [await _of_any_kind(request, text) for text in bare]


async def _existing(request: Ec2Request, prefix: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    natives = await native_ids(request, prefix, texts)
    known = set(await LISTERS[prefix](request))
    if prefix == "ami":
        natives = made_meanwhile(request, natives)
    missing = [request.written[native] for native in natives if native not in known]
    if missing:
        raise missing_ids(RESOURCES[prefix], missing)
    if prefix == "ami":
        for native in natives:
            check_made(request, native)
    return [target(request, prefix, native) for native in natives]


#: Kinds whose native ids may be given without a prefix; a network's stands for its VPC.
_BARE_KINDS = ("i", "ami", "vol", "vpc", "snap", "eni")


async def _of_any_kind(request: Ec2Request, text: str) -> tuple[str, str]:
    for prefix in _BARE_KINDS:
        if text.lower() in await LISTERS[prefix](request):
            return target(request, prefix, text.lower())
    raise AwsError("InvalidID", f"The ID '{text[:128]}' is not valid")


@action("CreateTags", writes=True, note="On everything that is described.")
async def create_tags(request: Ec2Request) -> dict[str, Any]:
    """Set tags on resources."""
    tags = tag_map(request.require("Tags", "Tag"))
    check_tags(tags)
    targets = await _targets(request)
    request.before_acting()
    await request.services.tags.add(request.context, targets, tags)
    return {}


@action("DeleteTags", writes=True, note="A tag with a value goes only where it has this value; without Tag all go.")
async def delete_tags(request: Ec2Request) -> dict[str, Any]:
    """Remove tags from resources."""
    wanted = request.get("Tags")
    tags: dict[str, str | None] | None = None
    if wanted is not None:
        tags = {}
        for number, tag in enumerate(wanted, 1):
            if not tag.get("Key"):
                raise missing_parameter(f"Tag.{number}.Key")
            tags[tag["Key"]] = tag.get("Value")
    targets = await _targets(request)
    request.before_acting()
    await request.services.tags.remove(request.context, targets, tags)
    return {}


@action("DescribeTags", filters=TAGS)
async def describe_tags(request: Ec2Request) -> dict[str, Any]:
    """All tags of the scope, or those of the resources and keys that the filters name."""
    matches = request.matcher(TAGS)
    rows = [row for row in await tag_rows(request) if matches(row)]
    page = request.page(rows, lambda row: f"{row['ResourceId']}\0{row['Key']}")
    answer: dict[str, Any] = {"Tags": page.items}
    return answer | ({"NextToken": page.next_token} if page.next_token else {})
