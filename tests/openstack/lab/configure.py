"""Writes the services' configuration: templates filled in, and the files that the services bring along."""

from __future__ import annotations

import shutil
from pathlib import Path
from string import Template

from tests.openstack.lab.errors import LabError
from tests.openstack.lab.settings import DOMAIN, PASSWORD, REGION, Settings

HERE = Path(__file__).parent
PLUG = HERE / "plug"

#: Template -> the service whose name it uses to log in (and whose folder below `etc` it lies in).
TEMPLATES = {
    "keystone.conf": "keystone",
    "glance-api.conf": "glance",
    "placement.conf": "placement",
    "nova.conf": "nova",
    "nova-database.conf": "nova",
    "nova-compute-b.conf": "nova",
    "neutron.conf": "neutron",
    "cinder.conf": "cinder",
    "rabbitmq.conf": "rabbitmq",
}

#: What the packages install below the environment's `etc`.
BROUGHT_ALONG = (
    "glance/glance-api-paste.ini",
    "nova/api-paste.ini",
    "neutron/api-paste.ini",
    "cinder/api-paste.ini",
    "cinder/resource_filters.json",
)

FOLDERS = (
    "run",
    "log",
    "database",
    "rabbitmq/log",
    "rabbitmq/data",
    "state/glance/images",
    "state/glance/staging",
    "state/glance/tasks",
    "state/nova",
    "state/nova-b",
    "state/neutron",
    "state/cinder",
    "state/locks",
)


def make_folders(settings: Settings) -> None:
    """The folders of a lab."""
    for name in FOLDERS:
        (settings.folder / name).mkdir(parents=True)
    for service in TEMPLATES.values():
        (settings.folder / "etc" / service).mkdir(parents=True, exist_ok=True, mode=0o700)


def configure(settings: Settings) -> None:
    """Write everything below `etc`."""
    for name, service in TEMPLATES.items():
        text = Template((HERE / "templates" / name).read_text("utf-8")).substitute(values(settings, service))
        (settings.folder / "etc" / service / name).write_text(text, "utf-8")
    for name in BROUGHT_ALONG:
        shutil.copy(settings.environment / "etc" / name, settings.folder / "etc" / name)
    (settings.folder / "etc" / "rabbitmq" / "enabled_plugins").write_text("[].\n", "utf-8")
    _plug_hypervisor(settings)


def values(settings: Settings, service: str) -> dict[str, str]:
    """What templates may name."""
    return {
        "folder": str(settings.folder),
        "database": settings.database,
        "messages": settings.messages,
        "glance_url": settings.url("glance"),
        "glance_port": str(settings.port("glance")),
        "neutron_port": str(settings.port("neutron")),
        "rabbitmq_port": str(settings.port("rabbitmq")),
        "logs_in": "\n".join([*_login(settings, service), f"region_name = {REGION}"]),
        "checks_tokens": "\n".join(
            [
                f"www_authenticate_uri = {settings.url('keystone')}",
                *_login(settings, service),
                "service_token_roles_required = true",
                "service_token_roles = service,admin",
            ]
        ),
    }


def _login(settings: Settings, service: str) -> list[str]:
    return [
        f"auth_url = {settings.keystone}",
        "auth_type = password",
        f"project_domain_name = {DOMAIN}",
        f"user_domain_name = {DOMAIN}",
        "project_name = service",
        f"username = {service}",
        f"password = {PASSWORD}",
    ]


def _plug_hypervisor(settings: Settings) -> None:
    """Nova takes its hypervisor from no other place than its own package."""
    packages = next(settings.environment.glob("lib/python3*/site-packages/nova/virt"), None)
    if packages is None:
        raise LabError(f"{settings.environment} holds no Nova: remove it, and it is made again")
    shutil.copy(PLUG / "deltaic_lab_virt.py", packages)
