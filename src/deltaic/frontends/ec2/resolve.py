"""From the ids that clients write to native ids."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from uuid import UUID

from deltaic.frontends.ec2.address_book import all_addresses
from deltaic.frontends.ec2.group_book import all_groups
from deltaic.frontends.ec2.image_book import all_images
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image, ImageDisk, ImageState
from deltaic.model.snapshot import Snapshot, SnapshotState
from deltaic.protocols.aws.ids import PREFIXES, parse_id
from deltaic.protocols.aws.kinds import NOUNS, missing_ids
from deltaic.services.subnets import subnets_of
from deltaic.services.views import InstanceView

#: Native ids of all objects of a kind in the request's scope.
Lister = Callable[[Ec2Request], Awaitable[Iterable[str]]]


async def _instances(request: Ec2Request) -> Iterable[str]:
    return [view.instance.id for view in await request.services.instances.list(request.context, details=False)]


async def machines(request: Ec2Request, natives: Iterable[str], details: bool = True) -> list[InstanceView]:
    """The machines of these native ids that are still there; without any there is nothing to ask.

    Meant for ids that other objects name: a machine that went in between is no error.
    """
    wanted = set(natives)
    if not wanted:
        return []
    try:
        return list(await request.services.instances.list(request.context, ids=sorted(wanted), details=details))
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    views = await request.services.instances.list(request.context, details=details)
    return [view for view in views if view.instance.id in wanted]


async def _images(request: Ec2Request) -> Iterable[str]:
    return [image.id for image in await all_images(request)]


async def _volumes(request: Ec2Request) -> Iterable[str]:
    return [volume.id for volume in await request.services.volumes.list(request.context)]


async def all_snapshots(request: Ec2Request) -> list[Snapshot]:
    """The cloud's snapshots and, as EC2 has one behind every image's disk, the disks of images."""
    own, images = await asyncio.gather(request.services.snapshots.list(request.context), all_images(request))
    found = {snapshot.id: snapshot for snapshot in own}
    for image in images:
        for disk in image.disks:
            found.setdefault(disk.id, _image_snapshot(image, disk))
    request.learn("snap", found)
    return list(found.values())


def _image_snapshot(image: Image, disk: ImageDisk) -> Snapshot:
    return Snapshot(
        id=disk.id,
        name=image.name,
        state=_IMAGE_SNAPSHOT_STATES[image.state],
        size=disk.size,
        image_id=image.id,
        description=f"A disk of the image {image.name}",
        created_at=image.created_at,
    )


_IMAGE_SNAPSHOT_STATES = {
    ImageState.PENDING: SnapshotState.PENDING,
    ImageState.AVAILABLE: SnapshotState.COMPLETED,
    ImageState.ERROR: SnapshotState.ERROR,
}


async def _snapshots(request: Ec2Request) -> Iterable[str]:
    return [snapshot.id for snapshot in await all_snapshots(request)]


async def _networks(request: Ec2Request) -> Iterable[str]:
    return [network.id for network in await request.services.networks.list(request.context)]


async def _subnets(request: Ec2Request) -> Iterable[str]:
    return [
        subnet.id for network in await request.services.networks.list(request.context) for subnet in subnets_of(network)
    ]


async def _groups(request: Ec2Request) -> Iterable[str]:
    return [group.id for group in await all_groups(request)]


async def _rules(request: Ec2Request) -> Iterable[str]:
    """Rules that the cloud has: those that are told where it has none have no native ids."""
    groups = await all_groups(request)
    return [request.rule_names.get(rule.id, rule.id) for group in groups for rule in group.rules if rule.id]


async def _addresses(request: Ec2Request) -> Iterable[str]:
    return [address.id for address in await all_addresses(request)]


async def _interfaces(request: Ec2Request) -> Iterable[str]:
    views = await request.services.instances.list(request.context)
    return [nic.id for view in views for nic in view.instance.nics]


async def _key_pairs(request: Ec2Request) -> Iterable[str]:
    return [pair.id for pair in await request.services.key_pairs.list(request.context)]


LISTERS: dict[str, Lister] = {
    "i": _instances,
    "ami": _images,
    "vol": _volumes,
    "snap": _snapshots,
    "eni": _interfaces,
    "vpc": _networks,
    "subnet": _subnets,
    "sg": _groups,
    "sgr": _rules,
    "rtb": _networks,
    "acl": _networks,
    "key": _key_pairs,
    "eipalloc": _addresses,
}

#: The resource that errors name, by prefix.
RESOURCES = {prefix: PREFIXES[prefix][0] for prefix in LISTERS}


async def native_id(request: Ec2Request, prefix: str, text: str) -> str:
    """The native id behind one id; see `native_ids`."""
    return (await native_ids(request, prefix, [text]))[0]


async def native_ids(request: Ec2Request, prefix: str, texts: Sequence[str]) -> list[str]:
    """The native ids behind what a client wrote, each once, in its order.

    A short id that was never met costs one listing. Errors: `Invalid...Malformed`, `Invalid...NotFound` with all
    the missing ids. A full id is passed on as it is: the service knows whether it exists.
    """
    found = {text: _known(request, prefix, text) for text in texts}
    if any(native is None or _changes(request, prefix, native) for native in found.values()):
        request.learn(prefix, await LISTERS[prefix](request))
        found = {text: _known(request, prefix, text) for text in found}
    missing = [text for text, native in found.items() if native is None]
    if missing:
        raise missing_ids(RESOURCES[prefix], missing)
    natives = {native: text for text, native in reversed(found.items()) if native is not None}
    request.written.update(natives)
    return list(reversed(natives))


def _changes(request: Ec2Request, prefix: str, native: str) -> bool:
    """Whether what an id means may be another object by now."""
    return prefix == "ami" and request.promises.is_pending(native)


def _known(request: Ec2Request, prefix: str, text: str) -> str | None:
    known = request.known(prefix, text)
    if known is not None:
        return known
    digits = parse_id(prefix, text).digits
    return str(UUID(digits)) if len(digits) == 32 else None


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PREFIX_OF_RESOURCE = {resource: prefix for prefix, resource in RESOURCES.items()} | {"network": "vpc"}


def as_client_wrote(request: Ec2Request, text: str, resource: str) -> str:
    """A sentence with native ids replaced by the ids that the client wrote or would see."""
    prefix = _PREFIX_OF_RESOURCE.get(resource)

    def shown(match: re.Match[str]) -> str:
        native = match[0]
        if native in request.written:
            return request.written[native]
        return request.id(prefix, native) if prefix and resource in NOUNS else native

    return _UUID.sub(shown, text)
