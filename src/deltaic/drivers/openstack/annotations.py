"""Reading, editing and writing the annotation in a server's metadata.

Source page: Compute API, "Servers metadata". Compute takes edits of items, but writes all of them back as it read
them a moment before: two at the same time can lose one. So what was written is looked at again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final
from weakref import WeakValueDictionary

from deltaic.driver import Edit
from deltaic.drivers.openstack import metadata
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.metadata import Changes
from deltaic.drivers.openstack.wire_compute import Metadata
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind

_ROUNDS: Final = 3


class Annotations:
    """The metadata of servers. Edits of one server happen one after another."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def change(self, context: Context, server_id: str, edit: Edit) -> Annotation:
        """Edit the annotation; the annotation as it is then. BUSY while the server is being made."""
        lock = self._locks.setdefault(server_id, asyncio.Lock())
        async with lock:
            items = await self._read(context, server_id)
            wanted = edit(metadata.annotation_of(items))
            await self._write(context, server_id, metadata.changes(items, metadata.items_of(wanted)))
            return wanted

    async def write(self, context: Context, server_id: str, changes: Changes) -> None:
        """Write items that are no part of the annotation."""
        lock = self._locks.setdefault(server_id, asyncio.Lock())
        async with lock:
            await self._write(context, server_id, changes)

    async def _write(self, context: Context, server_id: str, changes: Changes) -> None:
        for _ in range(_ROUNDS):
            if not changes.changed and not changes.removed:
                return
            try:
                await self._write_once(context, server_id, changes)
            except Error as error:
                raise _explained(error) from None
            changes = left_over(changes, await self._read(context, server_id))
        raise Error(ErrorKind.BUSY, "Others are changing the machine's metadata", resource="instance",
                    resource_id=server_id)  # fmt: skip

    async def _write_once(self, context: Context, server_id: str, changes: Changes) -> None:
        path, subject = _path(server_id), Subject("instance", server_id)
        for key in changes.removed:
            await self._remove(context, server_id, key)
        if changes.changed:
            await self._client.act(context, "compute", path, {"metadata": changes.changed}, subject=subject)

    async def _remove(self, context: Context, server_id: str, key: str) -> None:
        path = f"{_path(server_id)}/{segment(key)}"
        try:
            await self._client.remove(context, "compute", path, subject=Subject("instance", server_id))
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise

    async def _read(self, context: Context, server_id: str) -> Mapping[str, str]:
        subject = Subject("instance", server_id)
        return (await self._client.read(context, "compute", _path(server_id), Metadata, subject=subject)).metadata


def left_over(changes: Changes, actual: Mapping[str, str]) -> Changes:
    """What of `changes` somebody's simultaneous write undid; an item with another value is somebody's own edit."""
    lost = {key: value for key, value in changes.changed.items() if key not in actual}
    return Changes(lost, tuple(key for key in changes.removed if key in actual and key not in changes.changed))


def _path(server_id: str) -> str:
    return f"servers/{segment(server_id)}/metadata"


def _explained(error: Error) -> Error:
    """The error with what it is about: too many items are too many tags."""
    if error.kind is ErrorKind.QUOTA:
        error.field = "tags"
    return error
