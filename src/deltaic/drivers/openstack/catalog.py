"""The service catalog of a token: which service is where in which region.

Source page: Identity API v3, "Service catalog and endpoints"; service types: the service-types authority.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from deltaic.drivers.openstack.wire_identity import Endpoint, Service
from deltaic.model.errors import Error, ErrorKind


class Kind(Struct, frozen=True):
    """How a service is found: its types in catalogs, best first, and the API version spoken with it.

    `in_project`: its paths begin with the project's id.
    """

    types: tuple[str, ...]
    version: str
    in_project: bool = False


KINDS: Final[dict[str, Kind]] = {
    "compute": Kind(("compute", "computev21", "nova"), "v2.1"),
    "image": Kind(("image", "glance"), "v2"),
    "network": Kind(("network", "neutron"), "v2.0"),
    "block-storage": Kind(("block-storage", "volumev3", "block-store", "volume", "volumev2"), "v3", in_project=True),
    "identity": Kind(("identity", "keystone"), "v3"),
}

_TYPES: Final = frozenset(type_ for kind in KINDS.values() for type_ in kind.types)
_VERSION = re.compile(r"/v\d[\d.]*(?=/|$)")
_PLACEHOLDER = re.compile(r"[$%]\((?:tenant_id|project_id)\)s")


class Place(Struct, frozen=True):
    """A service's address. `url` is the base of its paths, `version_url` the address of its version document."""

    url: str
    version_url: str


def useful(catalog: tuple[Service, ...]) -> tuple[Service, ...]:
    """The services that this driver speaks with: catalogs are large, and one is kept with each token."""
    return tuple(one for one in catalog if one.type in _TYPES)


def regions(catalog: tuple[Service, ...], interface: str = "") -> list[str]:
    """The regions that have a compute service, at `interface` if that is given, by name."""
    points = (point for one in catalog if one.type in KINDS["compute"].types for point in one.endpoints)
    found = {_region(point) for point in points if interface in ("", _interface(point))}
    return sorted(name for name in found if name)


def place(catalog: tuple[Service, ...], service: str, region: str, interface: str, project_id: str) -> Place:
    """Where `service` is; UNSUPPORTED when the region has none."""
    kind = KINDS[service]
    for type_ in kind.types:
        # Never another interface: it may not be reachable, or not be meant for us.
        points = [
            point
            for one in catalog
            if one.type == type_
            for point in one.endpoints
            if _interface(point) == interface and _region(point) in (region, "")
        ]
        if points:
            return _place(max(points, key=lambda point: _region(point) == region), kind, project_id)
    message = f"The cloud offers no {service} service in region '{region}'"
    others = _interfaces(catalog, kind, region)
    if others:
        message += f" at a {interface} address, only at {' and '.join(others)} ones (option 'interface')"
    raise Error(ErrorKind.UNSUPPORTED, message, retryable=False)


def _interfaces(catalog: tuple[Service, ...], kind: Kind, region: str) -> list[str]:
    """The interfaces at which a region has a service."""
    points = (point for one in catalog if one.type in kind.types for point in one.endpoints)
    return sorted({_interface(point) for point in points if _region(point) in (region, "")} - {""})


def _interface(point: Endpoint) -> str:
    return point.interface.removesuffix("URL")


def _region(point: Endpoint) -> str:
    return point.region_id or point.region or ""


def _place(point: Endpoint, kind: Kind, project_id: str) -> Place:
    url = _PLACEHOLDER.sub(lambda _: project_id, point.url).strip().rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.port != 0
    except ValueError:
        parts, usable = urlsplit(""), False
    if (
        not usable
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.username
        or parts.query
        or parts.fragment
    ):
        raise Error(ErrorKind.UNAVAILABLE, "The cloud's catalog holds an address that is no URL", retryable=False)
    version = _VERSION.search(parts.path)
    root = f"{parts.scheme}://{parts.netloc}{parts.path[: version.start()] if version else parts.path}"
    rest = parts.path[version.end() :] if version else ""
    if kind.in_project and not rest:
        rest = f"/{project_id}"
    base = f"{root}/{kind.version}"
    return Place(url=base + rest, version_url=base + "/")
