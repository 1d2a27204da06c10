"""Reading, editing and writing the annotation in an entity's comment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakValueDictionary

from msgspec import structs

from deltaic.driver import Edit
from deltaic.drivers.ovirt import comment as comments
from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.comment import Comment
from deltaic.drivers.ovirt.errors import Subject
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context


class Annotations:
    """Comments of one kind of entity. Edits of one entity happen one after another."""

    def __init__(
        self,
        client: Client,
        resource: str,
        collection: str,
        type_: type[wire.Vm] | type[wire.Template] | type[wire.Network],
    ) -> None:
        self._client = client
        self._resource = resource
        self._collection = collection
        self._type = type_
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def change(self, context: Context, entity_id: str, edit: Edit) -> Annotation:
        """Change the annotation in the comment; the annotation as it is then."""

        def edited(note: Comment) -> Comment:
            return structs.replace(note, annotation=edit(note.annotation))

        return (await self.rewrite(context, entity_id, edited)).annotation

    async def rewrite(self, context: Context, entity_id: str, edit: Callable[[Comment], Comment]) -> Comment:
        """Read the comment, edit what it holds, write it when it changed; what it holds then."""
        subject = Subject(self._resource, entity_id)
        path = f"{self._collection}/{entity_id}"
        lock = self._locks.setdefault(entity_id, asyncio.Lock())
        async with lock:
            found = await self._client.read(context, path, self._type, subject=subject)
            before = comments.parse(found.comment)
            after = edit(before)
            if after != before:
                body = {"comment": comments.render(after)}
                await self._client.update(context, path, body, self._type, subject=subject)
            return after
