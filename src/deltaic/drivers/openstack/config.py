"""Where a cloud is and what of it is meant: the provider string and the driver's own options."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from deltaic.driver import DriverConfig
from deltaic.model.context import Scope
from deltaic.model.errors import Error, invalid
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret

#: Id and name of the domain that every cloud has.
DEFAULT_DOMAIN: Final = "default"
INTERFACES: Final = ("public", "internal", "admin")
OPTIONS: Final = (
    "interface", "volume_type", "service_user", "service_password", "service_project", "service_domain",
)  # fmt: skip

#: Behind the API's root: what people copy from old configurations and from the API's documentation.
_VERSION = re.compile(r"/v\d[\d.]*(/(auth/)?tokens)?$")


class View(Struct, frozen=True):
    """Whose resources: a project by name or id in a domain by name or id. Empty: the user's own default."""

    project: str = ""
    domain: str = ""


class ServiceLogin(Struct, frozen=True):
    """The login with which the gateway asks the cloud to check signatures."""

    user: str
    password: Secret
    view: View


class Settings(Struct, frozen=True):
    """The driver's configuration, checked. `identity_url` ends in `/v3`; `interface` is one of `INTERFACES`."""

    identity_url: str
    region: str = ""
    view: View = View()
    interface: str = "public"
    volume_type: str = ""
    service: ServiceLogin | None = None


def settings(config: DriverConfig) -> Settings:
    """Read provider string and options; INVALID names what is wrong."""
    unknown = sorted(set(config.options) - set(OPTIONS))
    if unknown:
        raise invalid("options", f"The OpenStack driver knows no option '{unknown[0]}'; it knows {', '.join(OPTIONS)}")
    if config.ca_fingerprint:
        message = "An OpenStack cloud offers no CA certificate to compare with a fingerprint; give a CA file"
        raise invalid("ca_fingerprint", message)
    provider = Provider.parse(config.provider)
    interface = config.options.get("interface", "") or INTERFACES[0]
    interface = interface.lower().removesuffix("url")
    if interface not in INTERFACES:
        raise invalid("interface", f"The option 'interface' must be one of {', '.join(INTERFACES)}")
    view = read_view(provider.view)
    return Settings(
        identity_url=identity_url(provider.url),
        region=provider.data_center,
        view=view,
        interface=interface,
        volume_type=config.options.get("volume_type", ""),
        service=_service_login(config, view),
    )


def identity_url(text: str) -> str:
    """The address of the identity API's version 3, whatever version or path the configured one ends in."""
    parts = urlsplit(text)
    if parts.query or parts.fragment:
        raise _wrong("must not hold a query or fragment in its address")
    path = _VERSION.sub("", parts.path.rstrip("/"))
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/v3", "", ""))


def read_view(text: str) -> View:
    """Read `PROJECT[;DOMAIN]`; INVALID when there is more."""
    parts = [part.strip() for part in text.split(";")]
    if len(parts) > 2:
        raise _wrong("has at most four parts: URL;REGION;PROJECT;DOMAIN")
    return View(*parts)


def write_view(view: View) -> str:
    """`view` in its one form: empty parts at the end are left out."""
    return f"{view.project};{view.domain}".rstrip(";")


def view_of(scope: Scope, configured: View) -> View:
    """The scope's own project and domain, or the configured ones."""
    asked = read_view(scope.view)
    if not asked.project:
        return View(configured.project, asked.domain or configured.domain)
    return View(asked.project, asked.domain or configured.domain)


def _service_login(config: DriverConfig, view: View) -> ServiceLogin | None:
    user, password = (config.options.get(f"service_{what}", "") for what in ("user", "password"))
    if not user and not password:
        return None
    if not user or not password:
        missing = "service_password" if user else "service_user"
        raise invalid(missing, f"The option '{missing}' is needed beside the other one of the service login")
    return ServiceLogin(
        user=user,
        password=Secret(password),
        view=View(
            config.options.get("service_project", "") or "service",
            config.options.get("service_domain", "") or view.domain,
        ),
    )


def _wrong(what: str) -> Error:
    return invalid("provider", f"The provider string {what}")
