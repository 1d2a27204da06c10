"""What the engine hands to a guest at its start: the config drive that cloud-init reads, or payloads as they are."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entity import Entity


def delivered(engine: Engine, vm: Entity) -> dict[str, Any]:
    """Return the media of the VM's last start: label and files (base64 content) of each, by device type."""
    given = vm.inner.get("given") or {}
    media = []
    for payload in given.get("payloads") or ():
        files = {str(one.get("name")): _content(str(one.get("content") or "")) for one in payload.get("files") or ()}
        media.append({"type": payload.get("type", "cdrom"), "volume_id": payload.get("volume_id", ""), "files": files})
    initialization = given.get("initialization")
    if initialization:
        files = {
            "openstack/latest/meta_data.json": _encoded(json.dumps(_meta_data(vm, initialization))),
            "openstack/latest/user_data": _encoded(user_data(initialization)),
        }
        network = _network_data(initialization)
        if network:
            files["openstack/latest/network_data.json"] = _encoded(json.dumps(network))
        media.append({"type": "cdrom", "volume_id": "config-2", "files": files})
    return {"vm": vm.id, "media": media}


def _content(text: str) -> str:
    """A payload's content is base64; what is not is taken as plain text."""
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return _encoded(text)
    return text


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def user_data(initialization: dict[str, Any]) -> str:
    """Return the engine's own cloud-config with the custom script appended to it unchanged."""
    lines = [
        "#cloud-config",
        "disable_root: 0",
        "output:",
        "  all: '>> /var/log/cloud-init-output.log'",
        "runcmd:",
        "- 'sed -i ''/^datasource_list: /d'' /etc/cloud/cloud.cfg; "
        "echo ''datasource_list: [\"NoCloud\", \"ConfigDrive\"]'' >> /etc/cloud/cloud.cfg'",
    ]
    if initialization.get("timezone"):
        lines.append(f"timezone: {initialization['timezone']}")
    if initialization.get("user_name"):
        lines.append(f"user: {initialization['user_name']}")
    if initialization.get("root_password"):
        lines += ["ssh_pwauth: true", "chpasswd:", "  expire: false", f"password: {initialization['root_password']}"]
    return "\n".join(lines) + "\n" + str(initialization.get("custom_script") or "")


def _meta_data(vm: Entity, initialization: dict[str, Any]) -> dict[str, Any]:
    host_name = initialization.get("host_name") or vm.name
    keys = [key for key in str(initialization.get("authorized_ssh_keys") or "").splitlines() if key.strip()]
    return {
        "availability_zone": "nova", "dsmode": "local", "hostname": host_name, "launch_index": "0",
        "meta": {"dsmode": "local", "essential": "false", "role": "server"}, "name": host_name,
        "public_keys": dict(enumerate(keys)), "uuid": Engine.new_id(),
    }  # fmt: skip


def _network_data(initialization: dict[str, Any]) -> dict[str, Any]:
    configurations = initialization.get("nic_configurations") or []
    networks = []
    for number, one in enumerate(configurations):
        ip = one.get("ip") or {}
        static = one.get("boot_protocol") == "static"
        entry = {"id": f"network{number}", "link": one.get("name"), "type": "ipv4" if static else "ipv4_dhcp"}
        if static:
            entry.update(ip_address=ip.get("address"), netmask=ip.get("netmask"))
        networks.append(entry)
    links = [{"id": one.get("name"), "name": one.get("name"), "type": "vif"} for one in configurations]
    return {"links": links, "networks": networks} if configurations else {}
