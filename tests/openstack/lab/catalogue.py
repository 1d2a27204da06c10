"""Keystone's catalogue: the services, their users, and two regions that share the same services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openstack
from tests.openstack.lab.settings import ADMIN, DOMAIN, PASSWORD, REGION, SECOND_REGION, ZONES, Settings

#: Catalogue type -> (service, where it listens, path).
ENDPOINTS = {
    "image": ("glance", "glance", ""),
    "placement": ("placement", "placement", ""),
    "compute": ("nova", "nova", "/v2.1"),
    "network": ("neutron", "neutron", ""),
    "block-storage": ("cinder", "cinder", "/v3"),
    # The name of the same service that older clients look for.
    "volumev3": ("cinderv3", "cinder", "/v3"),
}
SERVICE_USERS = ("glance", "placement", "nova", "neutron", "cinder")
SERVICE_ROLES = ("admin", "service")


def administrator(keystone: str, region: str = REGION) -> Any:
    """openstacksdk's connection as the administrator."""
    return connection(keystone, ADMIN, PASSWORD, ADMIN, region)


def connection(keystone: str, user: str, password: str, project: str, region: str = REGION) -> Any:
    """openstacksdk's connection that takes nothing from files or the environment."""
    return openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth={
            "auth_url": keystone,
            "username": user,
            "password": password,
            "project_name": project,
            "user_domain_name": DOMAIN,
            "project_domain_name": DOMAIN,
        },
        region_name=region,
    )


def filled(settings: Settings) -> bool:
    """Whether the catalogue came with the tables."""
    return {"identity", *ENDPOINTS} <= {
        service.type for service in administrator(settings.keystone).identity.services()
    }


def fill(settings: Settings) -> None:
    """Write the catalogue of a new lab."""
    identity = administrator(settings.keystone).identity
    roles = {role.name: role for role in identity.roles()}
    project = identity.create_project(name="service", domain_id="default")
    for name in SERVICE_USERS:
        user = identity.create_user(name=name, password=PASSWORD, domain_id="default")
        for role in SERVICE_ROLES:
            identity.assign_project_role_to_user(project, user, roles[role])
    identity.create_region(id=SECOND_REGION)
    keystone = next(identity.services(type="identity"))
    identity.create_endpoint(service_id=keystone.id, interface="public", url=settings.keystone, region_id=SECOND_REGION)
    for kind, (name, listener, path) in ENDPOINTS.items():
        service = identity.create_service(name=name, type=kind)
        for region, interface in _faces():
            url = settings.url(listener) + path
            identity.create_endpoint(service_id=service.id, interface=interface, url=url, region_id=region)


def _faces() -> Iterator[tuple[str, str]]:
    yield REGION, "public"
    yield REGION, "internal"
    yield SECOND_REGION, "public"


def up(settings: Settings, binary: str, hosts: set[str]) -> bool:
    """Whether a service runs on all these hosts, as the control plane sees it."""
    cloud = administrator(settings.keystone)
    api = cloud.compute if binary.startswith("nova") else cloud.block_storage
    return hosts <= {each.host for each in api.services() if each.binary == binary and each.state == "up"}


def make_zones(settings: Settings) -> None:
    """Put each compute host in a zone of its own; a host in none takes the servers of all zones without one."""
    compute = administrator(settings.keystone).compute
    for zone, host in ZONES.items():
        aggregate = compute.create_aggregate(name=zone, availability_zone=zone)
        compute.add_host_to_aggregate(aggregate, host)
