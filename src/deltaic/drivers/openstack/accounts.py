"""User names as people write them, and what the identity service is asked with them.

A login is `NAME[@DOMAIN][+PROJECT]`. Only the last part behind `@` is a domain: the name `eve@example.com` of the
default domain is written `eve@example.com@Default`. With `application_credential:ID` the password is its secret.
Source page: Identity API v3, "Password authentication", "Authenticating with an Application Credential".
"""

from __future__ import annotations

import re
import time
from typing import Any

from msgspec import Struct

from deltaic.drivers.openstack.config import ServiceLogin
from deltaic.drivers.openstack.views import (
    DEFAULT_DOMAIN,
    DEFAULT_DOMAIN_NAME,
    View,
    domain_reference,
    escape,
    is_default,
    normal_domain,
    project_reference,
    unescape,
    write_view,
)
from deltaic.drivers.openstack.wire_identity import InDomain, Named
from deltaic.model.context import Context, Principal, Scope

_APPLICATION_CREDENTIAL = re.compile(r"application_credential:([0-9A-Za-z_-]{1,64})")

Body = dict[str, Any]


class Account(Struct, frozen=True):
    """Whom a login names; an empty domain is the default one.

    `credential` is the id of an application credential, which has no name.
    """

    name: str = ""
    domain: str = ""
    credential: str = ""


def read_login(user: str, view: View) -> tuple[Account, View]:
    """Whom a login names, and the project and domain that it chooses."""
    found = _APPLICATION_CREDENTIAL.fullmatch(user)
    if found:
        return Account(credential=found[1]), view
    rest, plus, project = user.rpartition("+")
    if not plus or "@" in project or not project or not rest:
        rest, project = user, ""
    name, at, domain = rest.rpartition("@")
    if not at or not name or not domain:
        name, domain = rest, ""
    chosen = normal_domain(unescape(domain)) if domain else view.domain
    account = Account(name, "" if is_default(chosen) else chosen)
    return account, View(unescape(project), chosen) if project else view


def write_account(account: Account) -> str:
    """An account in the one form that `read_login` reads whatever the provider string says."""
    if account.credential:
        return f"application_credential:{account.credential}"
    return f"{account.name}@{escape(account.domain or DEFAULT_DOMAIN_NAME, '%@+')}"


def account_of(user: InDomain) -> Account | None:
    """The account of the identity service's user; None for one that can't be told from another."""
    # Without any domain in the answer it is one that knows no others.
    if user.domain.id == DEFAULT_DOMAIN or user.domain == Named():
        return Account(user.name)
    return None if is_default(user.domain.name) else Account(user.name, user.domain.name)


def view_of(project: InDomain) -> View:
    """The view of the identity service's project."""
    default = project.domain.id == DEFAULT_DOMAIN or project.domain == Named()
    return View(project.name, DEFAULT_DOMAIN_NAME if default else project.domain.name)


def service_context(service: ServiceLogin, seconds: float, request_id: str = "") -> Context:
    """The context of a call with the gateway's own login, with `seconds` to go."""
    user = write_account(Account(service.user, "" if is_default(service.domain) else service.domain))
    scope = Scope(view=write_view(View(service.project, service.domain)))
    principal = Principal(id="service", user=user, password=service.password)
    return Context(principal, scope, request_id, time.monotonic() + seconds)


def password_login(account: Account, password: str, view: View) -> Body:
    """The request for a token by name and password; without a project, for the user's default project."""
    user = {"name": account.name, "password": password, "domain": domain_reference(account.domain)}
    return _request({"methods": ["password"], "password": {"user": user}}, project_reference(view))


def application_login(credential: str, secret: str) -> Body:
    """The request for a token by application credential, which knows its project itself."""
    proof = {"id": credential, "secret": secret}
    return _request({"methods": ["application_credential"], "application_credential": proof}, {})


def token_login(token: str, project_id: str) -> Body:
    """The request for a token of a project, by a token without one."""
    return _request({"methods": ["token"], "token": {"id": token}}, {"id": project_id})


def _request(identity: Body, project: Body) -> Body:
    scope = {"scope": {"project": project}} if project else {}
    return {"auth": {"identity": identity, **scope}}
