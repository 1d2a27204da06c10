"""User names as people write them, and what the identity service is asked with them.

A login is `NAME[@DOMAIN][+PROJECT]`. Only the last part behind `@` is a domain: the name `eve@example.com` of the
default domain is written `eve@example.com@Default`. With `application_credential:ID` the password is its secret.
Source page: Identity API v3, "Password authentication", "Authenticating with an Application Credential".
"""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec import Struct

from deltaic.drivers.openstack.config import DEFAULT_DOMAIN, View
from deltaic.drivers.openstack.wire_identity import InDomain

APPLICATION_CREDENTIAL: Final = "application_credential:"
#: Form of the ids that the identity service makes.
_ID = re.compile(r"[0-9a-f]{32}")

Body = dict[str, Any]


class Account(Struct, frozen=True):
    """A login, taken apart. Empty parts are the provider string's."""

    name: str
    domain: str = ""
    project: str = ""


def read_account(user: str) -> Account:
    """Take a login apart."""
    rest, plus, project = user.rpartition("+")
    if not plus or "@" in project or not rest:
        rest, project = user, ""
    name, at, domain = rest.rpartition("@")
    if not at or not name or not domain:
        name, domain = rest, ""
    return Account(name, domain, project)


def meant(account: Account, view: View) -> View:
    """The project and domain that a login works in: its own, else the request's."""
    return View(account.project or view.project, account.domain or view.domain)


def password_login(account: Account, password: str, view: View) -> Body:
    """The request for a token by name and password; without a project, for the user's default project."""
    place = meant(account, view)
    user = {"name": account.name, "password": password, "domain": _reference(place.domain or DEFAULT_DOMAIN)}
    body: Body = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if place.project:
        body["scope"] = {"project": _project(place.project, view.domain or place.domain)}
    return {"auth": body}


def application_login(credential_id: str, secret: str) -> Body:
    """The request for a token by application credential, which knows its project itself."""
    return {
        "auth": {
            "identity": {
                "methods": ["application_credential"],
                "application_credential": {"id": credential_id, "secret": secret},
            }
        }
    }


def token_login(token: str, project_id: str) -> Body:
    """The request for a token of a project, by a token without one."""
    return {
        "auth": {
            "identity": {"methods": ["token"], "token": {"id": token}},
            "scope": {"project": {"id": project_id}},
        }
    }


def is_user(account: Account, view: View, user: InDomain) -> bool:
    """Whether the identity service's user is the one that the login names."""
    domain = meant(account, view).domain or DEFAULT_DOMAIN
    return account.name == user.name and domain in (user.domain.id, user.domain.name)


def _project(project: str, domain: str) -> Body:
    if _ID.fullmatch(project):
        return {"id": project}
    return {"name": project, "domain": _reference(domain or DEFAULT_DOMAIN)}


def _reference(domain: str) -> Body:
    return {"id": domain} if domain == DEFAULT_DOMAIN or _ID.fullmatch(domain) else {"name": domain}
