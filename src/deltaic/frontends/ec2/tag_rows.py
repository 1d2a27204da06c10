"""All tags of a scope as rows of DescribeTags."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from deltaic.frontends.ec2.address_book import all_addresses
from deltaic.frontends.ec2.group_book import all_groups
from deltaic.frontends.ec2.image_book import all_images
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import LISTERS, machines
from deltaic.frontends.ec2.tagging import RESOURCE_TYPES, labels, store_key, stored_tags
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.protocols.aws.ids import prefix_of
from deltaic.services.subnets import subnets_of

#: Kinds whose tags the gateway keeps where the cloud holds none.
_STORED = ("vol", "snap", "eni", "vpc", "subnet", "sg", "sgr", "rtb", "acl")


async def tag_rows(request: Ec2Request) -> list[dict[str, Any]]:
    """One row per tag: Key, Value, ResourceId, ResourceType; by resource, then key.

    Only those kinds are listed that the request's filters leave open, and of the kept tags' kinds only when
    something was kept.
    """
    kinds = _wanted_kinds(request)
    stored = await stored_tags(request)
    parts = [_instances(request, kinds), _images(request, kinds), _key_pairs(request, kinds), _networks(request, kinds)]
    parts += [_held(request, prefix) for prefix in _HELD if prefix in kinds]
    listed = await asyncio.gather(*(_permitted(part, kinds) for part in parts))
    found = {key: tags for part in listed for key, tags in (part or {}).items()}
    if stored:
        for key, own in await _kept(request, kinds, stored):
            found[key] = {**found.get(key, {}), **own}
    return [
        {"ResourceId": resource, "ResourceType": RESOURCE_TYPES[prefix], "Key": name, "Value": tags[name]}
        for (prefix, resource), tags in sorted(found.items(), key=lambda entry: entry[0][1])
        for name in sorted(tags)
    ]


Rows = dict[tuple[str, str], Mapping[str, str]]
T = TypeVar("T")


async def _permitted(listing: Awaitable[T], kinds: set[str]) -> T | None:
    """What is listed; a kind that the caller may not list is left out, unless it is the only one asked for."""
    try:
        return await listing
    except Error as error:
        if error.kind is not ErrorKind.FORBIDDEN or len(kinds) == 1:
            raise
        return None


def _wanted_kinds(request: Ec2Request) -> set[str]:
    """The prefixes that filters by resource type or by plain resource ids leave open."""
    kinds = set(RESOURCE_TYPES)
    for entry in request.get("Filters", ()):
        values = entry.get("Values", ())
        if any("*" in value or "?" in value for value in values):
            continue
        if entry.get("Name") == "resource-type":
            kinds &= {prefix for prefix, kind in RESOURCE_TYPES.items() if kind in values}
        elif entry.get("Name") == "resource-id" and all(prefix_of(value) for value in values):
            kinds &= {prefix_of(value) or "" for value in values}
    return kinds


async def _instances(request: Ec2Request, kinds: set[str]) -> Rows:
    if "i" not in kinds:
        return {}
    named = _named_instances(request)
    if named is None:
        views = list(await request.services.instances.list(request.context, details=False))
    else:
        views = await machines(request, named, details=False)
    alive = [view.instance for view in views if view.instance.state is not InstanceState.DELETED]
    return {("i", request.id("i", machine.id)): machine.annotation.tags for machine in alive}


def _named_instances(request: Ec2Request) -> list[str] | None:
    """The native ids of the machines that a resource-id filter names; None when others may be meant too."""
    for entry in request.get("Filters", ()):
        values = entry.get("Values", ())
        if entry.get("Name") == "resource-id" and all(prefix_of(value) == "i" for value in values):
            provider = request.context.scope.provider
            natives = [request.book.resolve(provider, "i", value) for value in values]
            return None if None in natives else [native for native in natives if native is not None]
    return None


async def _images(request: Ec2Request, kinds: set[str]) -> Rows:
    if "ami" not in kinds:
        return {}
    images = await all_images(request)
    return {("ami", request.id("ami", image.id)): image.annotation.tags for image in images}


async def _key_pairs(request: Ec2Request, kinds: set[str]) -> Rows:
    if "key" not in kinds:
        return {}
    pairs = await request.services.key_pairs.list(request.context)
    return {("key", request.id("key", pair.id)): pair.tags for pair in pairs}


async def _networks(request: Ec2Request, kinds: set[str]) -> Rows:
    """Networks and their subnets carry their names."""
    if not kinds & {"vpc", "subnet"}:
        return {}
    found: Rows = {}
    for network in await request.services.networks.list(request.context):
        if "vpc" in kinds:
            found["vpc", request.id("vpc", network.id)] = labels(network.name, network.tags)
        if "subnet" in kinds:
            for own in subnets_of(network):
                found["subnet", request.id("subnet", own.id)] = labels(own.name, own.tags)
    return found


async def _volumes(request: Ec2Request) -> Sequence[Any]:
    return await request.services.volumes.list(request.context)


async def _snapshots(request: Ec2Request) -> Sequence[Any]:
    return await request.services.snapshots.list(request.context)


#: Kinds whose tags come with them where the cloud holds them: the flag that tells, and what lists them.
_HELD: Final[Mapping[str, tuple[str, Callable[[Ec2Request], Awaitable[Sequence[Any]]]]]] = {
    "vol": ("volumes_update_with_tags", _volumes),
    "snap": ("snapshots_update_with_tags", _snapshots),
    "sg": ("security_groups_update", all_groups),
    "eipalloc": ("addresses_update", all_addresses),
}


async def _held(request: Ec2Request, prefix: str) -> Rows:
    flag, listed = _HELD[prefix]
    if not getattr(request.services.identity.capability(request.context.scope), flag):
        return {}
    return {(prefix, request.id(prefix, one.id)): one.tags for one in await listed(request)}


async def _kept(
    request: Ec2Request, kinds: set[str], stored: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[tuple[str, str], Mapping[str, str]]]:
    prefixes = [prefix for prefix in _STORED if prefix in kinds]
    natives = await asyncio.gather(*(_permitted(LISTERS[prefix](request), kinds) for prefix in prefixes))
    return (
        ((prefix, request.id(prefix, native)), stored[store_key(prefix, native)])
        for prefix, own in zip(prefixes, natives, strict=True)
        for native in own or ()
        if store_key(prefix, native) in stored
    )
