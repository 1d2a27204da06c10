"""User data <-> what an engine can carry: `initialization.custom_script`, or a payload on a CD.

The engine's custom script is not user data: the engine writes a cloud-config of its own and appends the script's
text. So a shell script becomes a file that cloud-config writes and runs, a cloud-config in block style is appended
word for word, and several parts are merged when none repeats another's keys. Whatever does not fit travels as a
payload: a CD labelled config-2 that replaces the engine's own, user data byte by byte. A payload's file holds at
most 8192 characters. `decode` gives back the exact bytes in every case.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from deltaic.drivers.ovirt import multipart, wire
from deltaic.drivers.ovirt.cloud_config import HEADER, text_of, top_level_keys
from deltaic.model.errors import invalid
from deltaic.model.nic import NicConfiguration

#: Where scripts are put in the guest; numbered, so that several run in their order.
SCRIPT_PATH = "/var/lib/deltaic/user-data-{:03d}"
ORIGINAL = "#deltaic-original: "
SCRIPTS = "#deltaic-scripts"

VOLUME_ID = "config-2"
USER_DATA_FILE = "openstack/latest/user_data"
META_DATA_FILE = "openstack/latest/meta_data.json"
PAYLOAD_FILE_LIMIT = 8192

_CONTENT = re.compile(r"^  content: ([A-Za-z0-9+/=]*)$", re.MULTILINE)


class Guest(Struct, frozen=True):
    """What a guest is to be told at its first start."""

    user_data: bytes = b""
    host_name: str = ""
    authorized_keys: tuple[str, ...] = ()
    user_name: str = ""
    password: str = ""
    interfaces: tuple[NicConfiguration, ...] = ()

    def __repr__(self) -> str:
        return f"Guest(host_name={self.host_name!r})"


class _MetaData(Struct, frozen=True):
    hostname: str = ""
    public_keys: dict[str, str] = {}


class Medium(Struct, frozen=True):
    """How it is told: a custom script, or a payload (then the script is empty)."""

    custom_script: str = ""
    payload: wire.Payload | None = None


def encode(guest: Guest) -> Medium:
    """Choose the way for the guest's user data; INVALID naming `user_data` when none can carry it."""
    if not guest.user_data:
        return Medium()
    script = _custom_script(guest.user_data)
    if script is not None:
        return Medium(custom_script=script)
    return Medium(payload=_payload(guest))


def decode(vm: wire.Vm) -> bytes:
    """The user data that a machine (read with all content) was given; empty when it was given none."""
    for payload in vm.payloads.payload:
        for file in payload.files.file:
            if file.name == USER_DATA_FILE:
                return _from_base64(file.content)
    script = vm.initialization.custom_script
    first, _, rest = script.partition("\n")
    if first.startswith(ORIGINAL):
        return _from_base64(first[len(ORIGINAL) :])
    if first == SCRIPTS and (match := _CONTENT.search(rest)):
        return _from_base64(match.group(1))
    return script.encode("utf-8", "surrogatepass")


def guest_of(vm: wire.Vm, data: bytes) -> Guest:
    """What a machine (read with all content) was told, with other user data."""
    told = vm.initialization
    keys = tuple(key for key in told.authorized_ssh_keys.split("\n") if key)
    guest = Guest(data, told.host_name, keys, told.user_name)
    for payload in vm.payloads.payload:
        for file in payload.files.file:
            if file.name == META_DATA_FILE:
                guest = _with_meta_data(guest, _from_base64(file.content))
    return guest


def _with_meta_data(guest: Guest, document: bytes) -> Guest:
    try:
        found = msgspec.json.decode(document, type=_MetaData)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return guest
    keys = guest.authorized_keys or tuple(found.public_keys.values())
    return Guest(guest.user_data, guest.host_name or found.hostname, keys, guest.user_name)


def _custom_script(data: bytes) -> str | None:
    if data.startswith(b"#!"):
        return f"{SCRIPTS}\n{_scripts_yaml([data])}"
    if multipart.looks_multipart(data):
        parts = multipart.split(data)
        merged = None if parts is None else _merge(parts)
        return None if merged is None else f"{ORIGINAL}{_to_base64(data)}\n{merged}"
    text = text_of(data)
    if text is None or top_level_keys(text) is None:
        return None
    return text


def _merge(parts: Sequence[multipart.Part]) -> str | None:
    """One cloud-config of all parts; None when two of them set the same key."""
    seen: set[str] = set()
    texts: list[str] = []
    scripts = [part.content for part in parts if part.kind == multipart.SCRIPT]
    if scripts:
        seen = {"write_files", "runcmd"}
    for part in parts:
        if part.kind == multipart.CONFIG:
            text = text_of(part.content.replace(b"\r\n", b"\n"))
            keys = None if text is None else top_level_keys(text)
            if text is None or keys is None or keys & seen:
                return None
            seen |= keys
            texts.append(text if text.endswith("\n") else text + "\n")
    if scripts:
        texts.append(_scripts_yaml(scripts))
    return "".join(texts)


def _scripts_yaml(scripts: Sequence[bytes]) -> str:
    """Cloud-config that writes the scripts and runs them in order."""
    paths = [SCRIPT_PATH.format(number) for number in range(1, len(scripts) + 1)]
    files = "".join(
        f"- path: {path}\n  owner: root:root\n  permissions: '0700'\n  encoding: b64\n  content: {_to_base64(script)}\n"
        for path, script in zip(paths, scripts, strict=True)
    )
    return "write_files:\n" + files + "runcmd:\n" + "".join(f"- [{path}]\n" for path in paths)


def _payload(guest: Guest) -> wire.Payload:
    if guest.user_name or guest.password:
        raise invalid("user_data", "A user name or password can't be set beside user data of this form")
    if guest.interfaces:
        raise invalid("user_data", "Fixed addresses can't be set beside user data of this form")
    user_data = _to_base64(guest.user_data)
    if len(user_data) > PAYLOAD_FILE_LIMIT:
        raise invalid(
            "user_data",
            f"User data of this form may hold at most {PAYLOAD_FILE_LIMIT // 4 * 3} bytes on this cloud; shell scripts "
            f"(#!) and cloud-config ({HEADER}, block style) may be longer",
        )
    meta_data = _to_base64(msgspec.json.encode(_meta_data(guest)))
    if len(meta_data) > PAYLOAD_FILE_LIMIT:
        raise invalid("authorized_keys", "The SSH keys are too long to go with user data of this form")
    files = [wire.PayloadFile(META_DATA_FILE, meta_data), wire.PayloadFile(USER_DATA_FILE, user_data)]
    return wire.Payload("cdrom", VOLUME_ID, wire.PayloadFiles(files))


def _meta_data(guest: Guest) -> dict[str, object]:
    """OpenStack's metadata document. Same input, same uuid: a repeated creation writes the same CD."""
    seed = msgspec.json.encode([guest.host_name, guest.authorized_keys, _to_base64(guest.user_data)])
    document: dict[str, object] = {"uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, seed.decode()))}
    if guest.host_name:
        document |= {"hostname": guest.host_name, "name": guest.host_name}
    if guest.authorized_keys:
        document["public_keys"] = {f"key-{number}": key for number, key in enumerate(guest.authorized_keys)}
    return document


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: str) -> bytes:
    """The bytes; text that some other tool stored plainly is given as it is."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "surrogatepass")
