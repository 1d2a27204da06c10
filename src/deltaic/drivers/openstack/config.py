"""Where a cloud is and what of it is meant: the provider string and the driver's own options."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from deltaic.driver import DriverConfig
from deltaic.drivers.openstack.views import View, completed, read_view
from deltaic.model.errors import invalid
from deltaic.model.provider import Provider
from deltaic.model.secret import Secret

INTERFACES: Final = ("public", "internal", "admin")
OPTIONS: Final = (
    "interface", "allow_http", "volume_type", "service_user", "service_password", "service_project", "service_domain",
)  # fmt: skip

#: The project in which a cloud's own services work, by convention.
SERVICE_PROJECT: Final = "service"

#: Behind the API's root: what people copy from old configurations and from the API's documentation.
_VERSION = re.compile(r"/v\d[\d.]*(/(auth/)?tokens)?$")


class ServiceLogin(Struct, frozen=True):
    """The login with which the gateway asks the cloud to check signatures."""

    user: str
    password: Secret
    project: str
    domain: str


class Settings(Struct, frozen=True):
    """The driver's configuration, checked. `identity_url` ends in `/v3`; `interface` is one of `INTERFACES`.

    `allow_http`: tokens that came over https may go to services over plain http.
    """

    identity_url: str
    region: str = ""
    view: View = View()
    interface: str = "public"
    allow_http: bool = False
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
    view = completed(read_view(provider.view), View())
    return Settings(
        identity_url=identity_url(provider.url),
        region=provider.data_center,
        view=view,
        interface=_interface(config.options.get("interface", "")),
        allow_http=_switch(config, "allow_http"),
        volume_type=config.options.get("volume_type", ""),
        service=_service_login(config, view),
    )


def identity_url(text: str) -> str:
    """The address of the identity API's version 3, whatever version or path the configured one ends in."""
    parts = urlsplit(text)
    if parts.query or parts.fragment:
        raise invalid("provider", "The provider string must not hold a query or fragment in its address")
    path = _VERSION.sub("", parts.path.rstrip("/"))
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/v3", "", ""))


def _interface(text: str) -> str:
    found = text.lower().removesuffix("url") or INTERFACES[0]
    if found not in INTERFACES:
        raise invalid("interface", f"The option 'interface' must be one of {', '.join(INTERFACES)}")
    return found


def _switch(config: DriverConfig, name: str) -> bool:
    text = config.options.get(name, "").lower() or "no"
    if text not in ("yes", "no", "true", "false"):
        raise invalid(name, f"The option '{name}' must be yes or no")
    return text in ("yes", "true")


def _service_login(config: DriverConfig, view: View) -> ServiceLogin | None:
    user, password = (config.options.get(f"service_{what}", "") for what in ("user", "password"))
    if not user and not password:
        return None
    if not user or not password:
        missing = "service_password" if user else "service_user"
        raise invalid(missing, f"The option '{missing}' is missing beside the other one of the service login")
    domain = config.options.get("service_domain", "") or view.domain
    project = config.options.get("service_project", "") or SERVICE_PROJECT
    return ServiceLogin(user=user, domain=domain, password=Secret(password), project=project)
