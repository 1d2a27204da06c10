"""Sizes that a test makes for itself."""

from __future__ import annotations

from typing import Any

from tests.openstack.support.tenant import Tenant


def own_flavor(tenant: Tenant, name: str, **facts: int) -> Any:
    """A size that nobody but this project sees: those who list sizes meanwhile list what they did before."""
    compute = tenant.plane.administrator().compute
    made = compute.create_flavor(name=f"{name}-{tenant.name}", is_public=False, **facts)
    compute.flavor_add_tenant_access(made.id, tenant.project_id)
    return made
