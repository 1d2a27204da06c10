"""Servers as the cloud's own client makes and sees them."""

from __future__ import annotations

from typing import Any

from tests.openstack.support.tenant import Tenant
from tests.support.processes import until

#: Longest wait for something that takes a second or two on an idle machine.
SECONDS = 180.0
EVERY = 0.3


def new_server(tenant: Tenant, name: str, **options: Any) -> Any:
    """A server that the cloud accepted; nobody waits for it."""
    facts = {"image_id": tenant.image_id, "flavor_id": tenant.flavors["m1.tiny"], **options}
    return tenant.cloud.compute.create_server(name=name, networks=[{"uuid": tenant.network_id}], **facts)


def reached(tenant: Tenant, server_id: str, *statuses: str) -> Any:
    """Wait for one of these statuses; the server then."""

    def there() -> Any:
        server = tenant.cloud.compute.get_server(server_id)
        return server if server.status in statuses else None

    return until(there, SECONDS, EVERY)


def removed(tenant: Tenant, server_id: str) -> None:
    """Delete a server and wait until it is gone."""
    server = tenant.cloud.compute.get_server(server_id)
    tenant.cloud.compute.delete_server(server)
    tenant.cloud.compute.wait_for_delete(server, interval=EVERY, wait=SECONDS)


def servers(tenant: Tenant) -> dict[str, Any]:
    """Id to server of the project, all of them."""
    return {server.id: server for server in alive(tenant.cloud)}


def alive(cloud: Any) -> list[Any]:
    """The servers of a project. The cloud lists one that is deleted for a moment more, as deleted."""
    return [server for server in cloud.compute.servers() if server.status != "DELETED"]
