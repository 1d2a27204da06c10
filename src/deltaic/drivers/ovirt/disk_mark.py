"""What the gateway keeps with a disk: one piece of JSON after the person's own text in the description.

Disks have no comment, and of their description the engine keeps 500 characters, ASCII or letters. A copy can't be
given a description while it is made: until then its alias tells what it will be.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct, field, structs

from deltaic.drivers.ovirt import wire
from deltaic.model import marks
from deltaic.model.errors import invalid

PREFIX = "gw1:"
LONGEST_DESCRIPTION = 500
LONGEST_NAME = 150

#: Kinds of marked disks: one that stands for itself, one that belongs to a machine, a snapshot.
VOLUME = "volume"
DISK = "disk"
SNAPSHOT = "snapshot"

#: Begins the name of a machine that is only a step on the way of a copy. Its comment is the alias of its disk-to-be.
HELPER = "gw1-snapshot-"

#: How much of its own id a disk's mark repeats.
_OWN_ID = 8

_NAMESPACE = uuid.UUID("a7c8f1d2-53c6-4b7e-9d0f-2f6f3f0c9f11")
_PIECE = re.compile(r"(?:^|\s)gw1:(?=\{)")
_NOT_ALIAS = re.compile(r"[^\w.-]+")
_UNFINISHED = re.compile(
    r"(?P<name>.*)\.gw1-(?P<kind>volume|disk|snapshot)-(?P<made>[0-9a-f]{16})-(?P<created>[0-9a-f]{1,9})"
    r"-(?P<source>[0-9a-f-]{36})"
)


class DiskMark(Struct, frozen=True, omit_defaults=True):
    """What a disk is. `source` is the disk whose copy it is, `machine` the one it belongs to, `made` the creation.

    `name` is what its user calls it where the engine's alias can't be that; `device` is where its user says it is,
    `zone` the cluster that they made it for, though every cluster of the data center reaches it.
    `created` is Unix seconds. `text`, which older marks have, is the person's own; `unfinished` is not written: such
    a disk is a copy that still needs its name and description. `disk` begins the id of the disk that the mark was
    written for: whoever copies a disk (a template, a machine made of it) copies its description, but not what it is.
    """

    kind: str = ""
    disk: str = ""
    source: str = field(default="", name="volume")
    machine: str = ""
    zone: str = ""
    made: str = ""
    created: int = 0
    boot: bool = False
    name: str = ""
    device: str = ""
    text: str = ""
    unfinished: bool = False


def mark_of(disk: wire.Disk) -> DiskMark:
    """The mark of a disk, its own text in `text`; that of an unmarked one has no kind."""
    unfinished = _UNFINISHED.fullmatch(disk.alias or disk.name)
    if unfinished is not None:
        return DiskMark(
            kind=unfinished["kind"],
            source=unfinished["source"],
            made=unfinished["made"],
            created=int(unfinished["created"], 16),
            name=unfinished["name"],
            unfinished=True,
        )
    # The last piece counts: a person's own text before it may look like one.
    for found in reversed(list(_PIECE.finditer(disk.description))):
        try:
            mark = msgspec.json.decode(disk.description[found.end() :], type=DiskMark)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            continue
        text = disk.description[: found.start()] or mark.text
        if not disk.id.startswith(mark.disk):
            return DiskMark(text=text)
        return structs.replace(mark, text=text, unfinished=False)
    return DiskMark(text=disk.description)


def name_of(disk: wire.Disk, mark: DiskMark) -> str:
    """What its user calls the disk: an alias that somebody changed in the engine counts more than the mark."""
    alias = disk.alias or disk.name
    if mark.unfinished:
        return mark.name
    return mark.name if mark.name and alias_for(mark.name, mark.made) == alias else alias


def outlives(mark: DiskMark, machine: str) -> bool:
    """Whether a disk is not to go with the machine that has it: volumes, snapshots, and disks of other machines."""
    return mark.kind in (VOLUME, SNAPSHOT) or (mark.kind == DISK and mark.machine not in ("", machine))


def body_of(name: str, mark: DiskMark, disk_id: str) -> dict[str, Any]:
    """Alias and description of the disk of this id with this name and mark. INVALID for what the engine can't hold."""
    alias = alias_for(name, mark.made)
    kept = structs.replace(mark, name="" if alias == name else name, text="", unfinished=False, disk="")
    # Escaped, for the engine takes letters of any script but no other signs.
    members = msgspec.to_builtins(kept)
    piece = PREFIX + json.dumps({**members, "disk": disk_id[:_OWN_ID]}, separators=(",", ":"))
    if not members and mark_of(wire.Disk("", description=mark.text)).text == mark.text:
        # Nothing to keep: the description stays the person's alone.
        return {"name": alias, "alias": alias, "description": mark.text}
    description = f"{mark.text} {piece}" if mark.text else piece
    if len(description) > LONGEST_DESCRIPTION:
        room = max(0, LONGEST_DESCRIPTION - len(piece) - 1)
        raise invalid("description", f"The description may have at most {room} characters", resource="volume")
    return {"name": alias, "alias": alias, "description": description}


def alias_for(name: str, made: str) -> str:
    """A name as the engine takes it: letters, digits, `.`, `_` and `-`."""
    if len(name) > LONGEST_NAME:
        raise invalid("name", f"The name may have at most {LONGEST_NAME} characters", resource="volume")
    return _NOT_ALIAS.sub("-", name).strip("-") or f"volume-{made or 'x'}"


def unfinished_alias(name: str, mark: DiskMark) -> str:
    """The alias of a copy while it is made: the same for the same creation."""
    plain = alias_for(name, mark.made)
    return f"{plain}.gw1-{mark.kind}-{mark.made}-{mark.created:x}-{mark.source}"


def is_helper(name: str) -> bool:
    """Whether a machine of this name is only a step on the way of a copy: nobody's machine."""
    return name.startswith(HELPER)


def helped(machines: Iterable[wire.Vm]) -> dict[str, str]:
    """The disks of the helpers among these machines, by id: each with the alias that it will have."""
    return {
        one.disk.id if one.disk else one.id: vm.comment
        for vm in machines
        if is_helper(vm.name)
        for one in vm.disk_attachments.disk_attachment
    }


def renamed(disk: wire.Disk, alias: str) -> wire.Disk:
    """The disk as it will be called."""
    return structs.replace(disk, alias=alias, name=alias) if alias else disk


def made_by(marker: str) -> str:
    """The short form of a creation's marker."""
    return marks.digest(marker)[:16]


def id_of(marker: str) -> str:
    """The id of the disk that a creation makes: the engine takes one from its caller, and so takes it only once."""
    return str(uuid.uuid5(_NAMESPACE, marker))
