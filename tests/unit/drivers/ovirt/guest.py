"""What a guest's cloud-init gets: built as the engine builds its medium, taken apart as cloud-init does."""

from __future__ import annotations

import base64
from typing import Any

import yaml

from deltaic.drivers.ovirt.user_data import Medium

#: The engine's own part of the cloud-config, in its form; the custom script's text follows it.
ENGINE_YAML = """#cloud-config
output:
  all: '>> /var/log/cloud-init-output.log'
disable_root: 0
runcmd:
- 'sed -i ''/^datasource_list: /d'' /etc/cloud/cloud.cfg'
ssh_pwauth: true
"""


class LastWins(yaml.SafeLoader):
    """YAML as Python's loader reads it: of a repeated key the last one counts."""


def cloud_config(medium: Medium) -> dict[str, Any]:
    """The cloud-config of a guest whose medium the engine makes."""
    return yaml.load(ENGINE_YAML + medium.custom_script, LastWins)


def scripts(medium: Medium) -> list[bytes]:
    """The contents of the files that the guest runs, in order."""
    config = cloud_config(medium)
    files = {file["path"]: base64.b64decode(file["content"]) for file in config["write_files"]}
    assert all(file["encoding"] == "b64" and file["permissions"] == "0700" for file in config["write_files"])
    assert all(len(command) == 1 for command in config["runcmd"])
    return [files[command[0]] for command in config["runcmd"]]


def payload_files(medium: Medium) -> dict[str, bytes]:
    """The files of the CD that replaces the engine's."""
    assert medium.payload is not None
    assert (medium.payload.type, medium.payload.volume_id) == ("cdrom", "config-2")
    assert all(len(file.content) <= 8192 for file in medium.payload.files.file)
    return {file.name: base64.b64decode(file.content, validate=True) for file in medium.payload.files.file}
