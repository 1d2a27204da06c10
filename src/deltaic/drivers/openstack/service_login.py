"""The gateway's own login at the cloud: what only a service may ask is asked with it."""

from __future__ import annotations

import time

from deltaic.drivers.openstack.accounts import Account, write_account
from deltaic.drivers.openstack.config import ServiceLogin
from deltaic.drivers.openstack.views import View, is_default, write_view
from deltaic.model.context import Context, Principal, Scope


def service_context(service: ServiceLogin, seconds: float, request_id: str = "") -> Context:
    """The context of a call with the gateway's own login, with `seconds` to go."""
    user = write_account(Account(service.user, "" if is_default(service.domain) else service.domain))
    scope = Scope(view=write_view(View(service.project, service.domain)))
    principal = Principal(id="service", user=user, password=service.password)
    return Context(principal, scope, request_id, time.monotonic() + seconds)
