"""What a guest is told at its first start.

User data go to the guest byte by byte. Keys, a user's name and a password that compute has no member for become
cloud-config, in place of user data.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Final

from deltaic.drivers.openstack.wire_compute import Server
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.instance import InstanceSpec

#: How a document of ours begins: it is no user data of the caller's.
OWN: Final = b"#cloud-config\n# made by the gateway\n"


def encode(spec: InstanceSpec, keys: Sequence[str]) -> str:
    """The user data of a new server in Base64, empty without any. `keys` are those that compute does not put there.

    INVALID names what can't be set beside user data.
    """
    config = _config(spec, keys)
    if not config:
        return base64.b64encode(spec.user_data).decode()
    if spec.user_data:
        field = next(name for name in ("authorized_keys", "user_name", "password") if name in _given(spec, keys))
        raise invalid(field, "On this cloud keys, a user name or a password can't be set beside user data")
    # JSON is YAML; nothing of what callers write can end its text.
    return base64.b64encode(OWN + json.dumps(config).encode()).decode()


def decode(server: Server) -> bytes:
    """The user data that a caller gave; UNSUPPORTED where the cloud shows them to nobody but its administrators."""
    text = server.user_data
    if text is None:
        message = "This cloud shows user data to its administrators only"
        raise Error(ErrorKind.UNSUPPORTED, message, resource="instance", resource_id=server.id, field="user_data")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "surrogatepass")
    return b"" if data.startswith(OWN) else data


def _given(spec: InstanceSpec, keys: Sequence[str]) -> dict[str, Any]:
    found = {"authorized_keys": list(keys), "user_name": spec.user_name, "password": spec.password}
    return {name: value for name, value in found.items() if value}


def _config(spec: InstanceSpec, keys: Sequence[str]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if keys:
        config["ssh_authorized_keys"] = list(keys)
    if spec.user_name:
        config["user"] = spec.user_name
    if spec.password:
        config |= {"password": spec.password, "chpasswd": {"expire": False}, "ssh_pwauth": True}
    return config
