"""Tags between EC2's lists and plain mappings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deltaic.frontends.ec2.group_book import offered
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.frontends.ec2.resolve import LISTERS
from deltaic.protocols.aws.errors import missing_parameter
from deltaic.protocols.aws.ids import PREFIXES
from deltaic.services.names import instance_name
from deltaic.services.tags import check_tags

#: EC2's resource type by the prefix of the id.
RESOURCE_TYPES = {prefix: PREFIXES[prefix][1] for prefix in LISTERS}
#: Kinds that share a native id with a network; their tags are kept apart by the prefix.
_DERIVED = frozenset({"subnet", "sg", "rtb", "acl"})
_CLIENT_TOKEN_LENGTH = 64
_NOUNS = {"i": "instance", "ami": "image", "key": "key_pair", "vpc": "network", "eipalloc": "address"}


def tag_set(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A TagSet, in order of keys."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def store_key(prefix: str, native: str) -> str:
    """Under which id the tags of an object are kept when its engine object can't carry them."""
    return f"{prefix}/{native}" if prefix in _DERIVED else native


def target(request: Ec2Request, prefix: str, native: str) -> tuple[str, str]:
    """An object as `TagService` names it: noun and id."""
    if prefix == "sg" and offered(request):
        return "security_group", native
    noun = _NOUNS.get(prefix) or RESOURCE_TYPES[prefix].replace("-", "_")
    return noun, store_key(prefix, native)


async def stored_tags(request: Ec2Request) -> dict[str, dict[str, str]]:
    """Kept tags by `store_key`."""
    return await request.services.tags.stored()


def labels(name: str, tags: Mapping[str, str]) -> dict[str, str]:
    """A thing's own tags; its name is its Name."""
    return ({"Name": name} if name else {}) | dict(tags)


def merged(own: Mapping[str, str], stored: Mapping[str, Mapping[str, str]], key: str) -> list[dict[str, str]]:
    """A TagSet of an object's own tags and those kept for it."""
    kept = stored.get(key)
    return tag_set({**own, **kept} if kept else own)


def tag_map(tags: Iterable[Mapping[str, str]], parameter: str = "Tag") -> dict[str, str]:
    """Tags as a mapping; a key sent twice is an error, a missing value is an empty one."""
    found: dict[str, str] = {}
    for number, tag in enumerate(tags, 1):
        key = tag.get("Key")
        if not key:
            raise missing_parameter(f"{parameter}.{number}.Key")
        if key in found:
            raise invalid_value(f"{parameter}.{number}.Key", key, "Duplicate tag key.")
        found[key] = tag.get("Value", "")
    return found


def specified_tags(specifications: Sequence[Mapping[str, Any]], allowed: Iterable[str]) -> dict[str, dict[str, str]]:
    """TagSpecifications as tags by resource type; types that the action doesn't make are refused."""
    types = set(allowed)
    found: dict[str, dict[str, str]] = {}
    for number, specification in enumerate(specifications, 1):
        kind = specification.get("ResourceType")
        if not kind:
            raise missing_parameter(f"TagSpecification.{number}.ResourceType")
        if kind not in types:
            reason = f"This action tags {', '.join(sorted(types))}."
            raise invalid_value(f"TagSpecification.{number}.ResourceType", kind, reason)
        if kind in found:
            raise invalid_value(f"TagSpecification.{number}.ResourceType", kind, "It was sent more than once.")
        found[kind] = tag_map(specification.get("Tags", ()), f"TagSpecification.{number}.Tag")
        check_tags(found[kind])
    return found


def named_after(tags: Mapping[str, str], otherwise: str) -> str:
    """The name that something new has in the cloud: that of its tag Name, in signs that every cloud takes."""
    return instance_name(tags.get("Name", "") or otherwise, otherwise, 0, 1)


def client_token(request: Ec2Request) -> str:
    """The ClientToken of a request, empty without one. Errors: InvalidParameterValue."""
    token: str = request.get("ClientToken", "")
    if len(token) > _CLIENT_TOKEN_LENGTH or not token.isascii():
        raise invalid_value("ClientToken", token, f"It has at most {_CLIENT_TOKEN_LENGTH} ASCII characters.")
    return token
