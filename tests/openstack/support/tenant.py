"""A project of a test's own, with what a tenant finds in a new one, and its removal to the last port."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.openstack.lab.settings import DOMAIN
from tests.openstack.support.common import FLAVORS, flavor, public_network
from tests.openstack.support.lab import ControlPlane
from tests.openstack.support.leftovers import leftovers, remove_everything

IMAGE_BYTES = 65_536
CIDR = "10.20.0.0/24"


@dataclass(frozen=True)
class Ec2Credentials:
    """A key pair that Keystone issued."""

    access: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Tenant:
    """A project, its plain member, and ids of what was made for it. `cloud` is openstacksdk as that member."""

    plane: ControlPlane
    name: str
    user: str
    password: str = field(repr=False)
    project_id: str
    user_id: str
    image_id: str
    network_id: str
    subnet_id: str
    router_id: str
    public_network_id: str
    security_group_id: str
    flavors: dict[str, str]
    cloud: Any

    @property
    def made(self) -> frozenset[str]:
        """The ids of what every tenant has from the beginning."""
        own = {self.image_id, self.network_id, self.subnet_id, self.router_id, self.security_group_id}
        return frozenset(own)

    @property
    def provider(self) -> str:
        """The provider string that means this project."""
        return f"{self.plane.keystone};{self.plane.region};{self.name};{DOMAIN}"

    def ec2_credentials(self) -> Ec2Credentials:
        """Ask Keystone for an access key, as the tenant."""
        answer = self.cloud.session.post(self._credentials(), json={"tenant_id": self.project_id})
        assert answer.status_code == 201, answer.text
        issued = json.loads(answer.text)["credential"]
        return Ec2Credentials(issued["access"], issued["secret"])

    def revoke(self, credentials: Ec2Credentials) -> None:
        """Take an access key back."""
        answer = self.cloud.session.delete(f"{self._credentials()}/{credentials.access}")
        assert answer.status_code == 204, answer.text

    def _credentials(self) -> str:
        return f"{self.plane.keystone}/users/{self.user_id}/credentials/OS-EC2"


@contextmanager
def tenant(plane: ControlPlane, prefix: str = "test") -> Iterator[Tenant]:
    """A new project. At the end whatever is in it is removed, and what a test left behind is an error."""
    name = f"{prefix}-{uuid.uuid4().hex[:8]}"
    admin = plane.administrator()
    project, user, password = _account(admin, name)
    try:
        made = _furnished(plane, admin, name, password, project.id, user.id)
        yield made
        left = leftovers(made.cloud, made.project_id, made.made)
    finally:
        remove_everything(plane.connection(name, password, name), admin, project.id)
        admin.identity.delete_user(user)
        admin.identity.delete_project(project)
    assert left == [], left


def _account(admin: Any, name: str) -> tuple[Any, Any, str]:
    identity = admin.identity
    password = uuid.uuid4().hex
    project = identity.create_project(name=name, domain_id="default")
    user = identity.create_user(name=name, password=password, domain_id="default")
    member = identity.find_role("member", ignore_missing=False)
    identity.assign_project_role_to_user(project, user, member)
    return project, user, password


def _furnished(plane: ControlPlane, admin: Any, name: str, password: str, project_id: str, user_id: str) -> Tenant:
    public = public_network(admin)
    cloud = plane.connection(name, password, name)
    network = cloud.network.create_network(name="inside")
    subnet = cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr=CIDR, name="inside")
    router = cloud.network.create_router(name="way-out", external_gateway_info={"network_id": public})
    cloud.network.add_interface_to_router(router, subnet_id=subnet.id)
    group = cloud.network.create_security_group(name="open", description="Everything comes in")
    for family in ("IPv4", "IPv6"):
        cloud.network.create_security_group_rule(security_group_id=group.id, direction="ingress", ether_type=family)
    image = cloud.image.create_image(
        name="tiny",
        disk_format="raw",
        container_format="bare",
        visibility="private",
        data=bytes(IMAGE_BYTES),
        validate_checksum=False,
    )
    return Tenant(
        plane=plane,
        name=name,
        user=name,
        password=password,
        project_id=project_id,
        user_id=user_id,
        image_id=image.id,
        network_id=network.id,
        subnet_id=subnet.id,
        router_id=router.id,
        public_network_id=public,
        security_group_id=group.id,
        flavors={name: flavor(admin, name) for name in FLAVORS},
        cloud=cloud,
    )
