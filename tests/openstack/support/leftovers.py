"""What of a project is still there: seen by its own member, and removed by kind in the order that the cloud wants."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from openstack.exceptions import SDKException

#: Deleting is accepted first and done later: within seconds, unless everybody deletes on a busy machine.
SECONDS = 120.0
EVERY = 0.3

#: Ports that belong to routers and the like go with them.
INFRASTRUCTURE = "network:"


def leftovers(cloud: Any, project_id: str, made: frozenset[str], seconds: float = SECONDS) -> list[str]:
    """`KIND NAME (ID)` of everything apart from `made`, once nothing goes away any more."""
    end = time.monotonic() + seconds
    while found := list(_found(cloud, project_id, made)):
        if time.monotonic() > end:
            break
        time.sleep(EVERY)
    return found


def remove_everything(cloud: Any, admin: Any, project_id: str) -> None:
    """Empty a project, whatever is in it."""
    for kind, remove in REMOVERS:
        for each in LISTS[kind](cloud, project_id):
            remove(cloud, each)
        if kind in SLOW:
            _until_gone(cloud, project_id, kind)
    for group in admin.network.security_groups(project_id=project_id):
        admin.network.delete_security_group(group)


def _found(cloud: Any, project_id: str, made: frozenset[str]) -> Iterator[str]:
    for kind, items in LISTS.items():
        for each in items(cloud, project_id):
            if each.id not in made and not _belongs_to_it(kind, each):
                yield f"{kind} {each.name or '-'} ({each.id})"


def _belongs_to_it(kind: str, each: Any) -> bool:
    """What Neutron makes by itself."""
    return (kind == "security group" and each.name == "default") or (
        kind == "port" and (each.device_owner or "").startswith(INFRASTRUCTURE)
    )


def _images(cloud: Any, project_id: str) -> Iterable[Any]:
    return [image for image in cloud.image.images(visibility="all") if image.owner == project_id]


Lister = Callable[[Any, str], Iterable[Any]]

LISTS: dict[str, Lister] = {
    "server": lambda cloud, project: cloud.compute.servers(),
    "snapshot": lambda cloud, project: cloud.block_storage.snapshots(),
    "volume": lambda cloud, project: cloud.block_storage.volumes(),
    "floating IP": lambda cloud, project: cloud.network.ips(project_id=project),
    "port": lambda cloud, project: cloud.network.ports(project_id=project),
    "router": lambda cloud, project: cloud.network.routers(project_id=project),
    "subnet": lambda cloud, project: cloud.network.subnets(project_id=project),
    "network": lambda cloud, project: cloud.network.networks(project_id=project),
    "security group": lambda cloud, project: cloud.network.security_groups(project_id=project),
    "image": _images,
    "key pair": lambda cloud, project: cloud.compute.keypairs(),
}


def _remove_server(cloud: Any, server: Any) -> None:
    cloud.compute.delete_server(server)


def _remove_volume(cloud: Any, volume: Any) -> None:
    for attachment in volume.attachments or ():
        try:
            cloud.compute.delete_volume_attachment(attachment["server_id"], volume.id)
        except SDKException:
            continue
    if volume.status not in ("available", "error"):
        cloud.block_storage.wait_for_status(volume, "available", ["error"], interval=EVERY, wait=SECONDS)
    cloud.block_storage.delete_volume(volume)


def _remove_port(cloud: Any, port: Any) -> None:
    if not (port.device_owner or "").startswith(INFRASTRUCTURE):
        cloud.network.delete_port(port)


def _remove_router(cloud: Any, router: Any) -> None:
    for port in cloud.network.ports(device_id=router.id, device_owner=f"{INFRASTRUCTURE}router_interface"):
        cloud.network.remove_interface_from_router(router, port_id=port.id)
    cloud.network.delete_router(router)


def _remove_image(cloud: Any, image: Any) -> None:
    if image.is_protected:
        cloud.image.update_image(image, is_protected=False)
    cloud.image.delete_image(image)


Remover = Callable[[Any, Any], object]

REMOVERS: tuple[tuple[str, Remover], ...] = (
    ("server", _remove_server),
    ("snapshot", lambda cloud, each: cloud.block_storage.delete_snapshot(each)),
    ("volume", _remove_volume),
    ("floating IP", lambda cloud, each: cloud.network.delete_ip(each)),
    ("port", _remove_port),
    ("router", _remove_router),
    ("subnet", lambda cloud, each: cloud.network.delete_subnet(each)),
    ("network", lambda cloud, each: cloud.network.delete_network(each)),
    ("image", _remove_image),
    ("key pair", lambda cloud, each: cloud.compute.delete_keypair(each)),
)

SLOW = ("server", "snapshot", "volume")


def _until_gone(cloud: Any, project_id: str, kind: str) -> None:
    end = time.monotonic() + SECONDS
    while left := [f"{kind} {each.id} {each.status}" for each in LISTS[kind](cloud, project_id)]:
        assert time.monotonic() < end, left
        time.sleep(EVERY)
