"""What a guest's cloud-init would find, told from the engine's own record of a machine.

Written from the engine's rules, apart from the driver: a CD payload is what it is; else the engine writes a
cloud-config of its own and appends the custom script's text, and of a key that stands twice the last one counts.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.e2e.engine_reader import EngineReader

ENGINE_PART = """\
#cloud-config
disable_root: 0
output:
  all: '>> /var/log/cloud-init-output.log'
runcmd:
- 'sed -i ''/^datasource_list: /d'' /etc/cloud/cloud.cfg'
"""


@dataclass
class Guest:
    """Files of the config drive by name, the cloud-config in effect, host name and keys."""

    drive: dict[str, bytes] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    host_name: str = ""
    keys: list[str] = field(default_factory=list)

    @property
    def scripts(self) -> list[bytes]:
        """The contents of the scripts that are run, in their order."""
        files = {file["path"]: file for file in self.config["write_files"]}
        commands = [command[0] if isinstance(command, list) else command for command in self.config["runcmd"]]
        return [base64.b64decode(files[path]["content"], validate=True) for path in commands]


def guest_of(engine: EngineReader, machine: str) -> Guest:
    """What the guest of a machine is told at its first start."""
    vm = engine.get(f"/vms/{machine}?all_content=true")
    initialization = vm.get("initialization", {})
    guest = Guest(host_name=initialization.get("host_name", ""))
    guest.keys = [key for key in initialization.get("authorized_ssh_keys", "").split("\n") if key]
    for payload in vm.get("payloads", {}).get("payload", []):
        assert (payload["type"], payload["volume_id"]) == ("cdrom", "config-2")
        for file in payload["files"]["file"]:
            guest.drive[file["name"]] = base64.b64decode(file["content"], validate=True)
    if not guest.drive:
        guest.config = yaml.safe_load(ENGINE_PART + initialization.get("custom_script", ""))
    return guest
