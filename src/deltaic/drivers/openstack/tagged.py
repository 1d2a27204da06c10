"""Making and tagging things of the network service, so that a creation cut short is found and completed.

The service takes no tags with a creation: until they are written, the marker stands in the description.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar

from msgspec import Struct

from deltaic.drivers.openstack import tag_lists
from deltaic.drivers.openstack.client import Client, Query, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.wire_network import TagsAnswer
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind

Page = TypeVar("Page")
Answer = TypeVar("Answer")


class Entity(Protocol):
    """What all kinds of things have."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def description(self) -> str | None:
        """What people, or the marker of its creation, say of it."""

    @property
    def tags(self) -> Sequence[str]:
        """Its tags; none where the service keeps none."""


Item = TypeVar("Item", bound=Entity)

#: More ids than this are not named one by one: an address of a request has an end.
MOST_NAMED = 100
#: More changed tags than this are written at once, in place of all that are there.
MOST_SINGLY = 4

#: What a service says about a page that it does not have.
_ABSENT: Final = frozenset({ErrorKind.NOT_FOUND, ErrorKind.UNSUPPORTED, ErrorKind.UNAVAILABLE})


class Kind(Struct, Generic[Page, Answer, Item], frozen=True):
    """One kind of thing: its collection's path, the member of a body, its types, and the neutral noun."""

    path: str
    member: str
    page: type[Page]
    answer: type[Answer]
    items: Callable[[Page], Iterable[Item]]
    one: Callable[[Answer], Item]
    resource: str


class Tagged(Generic[Page, Answer, Item]):
    """The calls that all kinds have in common."""

    def __init__(self, client: Client, kind: Kind[Page, Answer, Item]) -> None:
        self._client = client
        self._kind = kind

    async def list(self, context: Context, query: Query = (), ids: Sequence[str] = ()) -> list[Item]:
        """Every one of the project that `query` lets through; of few `ids` those alone.

        A cloud without such things has none of them.
        """
        pairs = list(query.items()) if not isinstance(query, Sequence) else list(query)
        if len(ids) <= MOST_NAMED:
            pairs += [("id", id_) for id_ in ids]
        kind = self._kind
        try:
            return await self._client.pages(context, "network", kind.path, kind.page, kind.items, query=pairs)
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND and await self._client.extensions.lacks(context, kind.path):
                return []
            raise

    async def get(self, context: Context, id_: str) -> Item:
        """One; NOT_FOUND."""
        path, subject = self._at(id_)
        return self._kind.one(await self._client.read(context, "network", path, self._kind.answer, subject=subject))

    async def begun(self, context: Context, marker: str) -> Item | None:
        """What an earlier creation with this marker made, tagged or not."""
        if not marker:
            return None
        tag = tag_lists.marker_tag(marker)
        own = ("project_id", await self._client.project_id(context))
        for query in ([("tags", tag), own], [("description", tag), own]):
            for found in await self._alike(context, query):
                # A service overlooks filters that it does not know, and answers others.
                if tag in found.tags or found.description == tag:
                    return found
        return None

    async def require_tags(self, context: Context, tags: Mapping[str, str]) -> None:
        """UNSUPPORTED when there are tags, and nowhere to keep them."""
        if tags and await self._client.extensions.lacks_tags(context, self._kind.path):
            raise self._no_tags()

    async def create(self, context: Context, members: dict[str, Any], subject: Subject) -> Item:
        """Make one."""
        body, kind = {self._kind.member: members}, self._kind
        try:
            answer = await self._client.create(context, "network", kind.path, body, kind.answer, subject=subject)
        except Error as error:
            if error.kind in _ABSENT and await self._client.extensions.lacks(context, kind.path):
                message = f"The cloud's network service offers no {kind.path}"
                raise Error(ErrorKind.UNSUPPORTED, message, resource=kind.resource) from None
            raise
        return kind.one(answer)

    async def update(self, context: Context, id_: str, members: dict[str, Any]) -> Item:
        """Change members of one."""
        path, subject = self._at(id_)
        body, kind = {self._kind.member: members}, self._kind
        return kind.one(await self._client.update(context, "network", path, body, kind.answer, subject=subject))

    async def remove(self, context: Context, id_: str) -> None:
        """Remove one; NOT_FOUND."""
        path, subject = self._at(id_)
        await self._client.remove(context, "network", path, subject=subject)

    async def tag(self, context: Context, id_: str, actual: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
        """Give one the wanted tags; what they are then. Few changes are written singly: others' edits stay.

        Where the service keeps no tags, those of the gateway are left out; UNSUPPORTED when there are others.
        """
        try:
            return await self._tag(context, id_, actual, wanted)
        except Error as error:
            if error.kind not in _ABSENT or not await self._client.extensions.lacks_tags(context, self._kind.path):
                raise
        if tag_lists.tags_of(wanted):
            raise self._no_tags()
        return ()

    async def settle(self, context: Context, made: Item, texts: Sequence[str], description: str) -> None:
        """Write the tags of a new one, then its description, where the marker stood until then.

        Without tags the marker stays, unless something else is to stand there.
        """
        kept = await self.tag(context, made.id, made.tags, texts)
        if (made.description or "") != description and (kept or description or not texts):
            await self.update(context, made.id, {"description": description})

    async def _alike(self, context: Context, query: Query) -> Sequence[Item]:
        try:
            return await self.list(context, query)
        except Error as error:
            # Newer services refuse filters that they do not know.
            if error.kind is ErrorKind.INVALID and await self._client.extensions.lacks_tags(context, self._kind.path):
                return ()
            raise

    def _no_tags(self) -> Error:
        resource = self._kind.resource
        message = f"The cloud's network service keeps no tags of a {resource.replace('_', ' ')}"
        return Error(ErrorKind.UNSUPPORTED, message, resource=resource, field="tags")

    async def _tag(self, context: Context, id_: str, actual: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
        texts = tag_lists.kept(actual, wanted)
        added = [text for text in texts if text not in actual]
        removed = [text for text in actual if text not in texts]
        if not added and not removed:
            return tuple(actual)
        path, subject = self._at(id_)
        if actual and _can_be_singly(added, removed) and len(actual) + len(added) <= tag_lists.MOST:
            for text in added:
                await self._client.call(context, "network", "PUT", f"{path}/tags/{segment(text)}", subject=subject)
            for text in removed:
                await self._remove_tag(context, f"{path}/tags/{segment(text)}", subject)
            return tuple(texts)
        body = {"tags": texts}
        return (await self._client.update(context, "network", f"{path}/tags", body, TagsAnswer, subject=subject)).tags

    async def _remove_tag(self, context: Context, path: str, subject: Subject) -> None:
        try:
            await self._client.remove(context, "network", path, subject=subject)
        except Error as error:
            # Somebody else removed it.
            if error.kind is not ErrorKind.NOT_FOUND:
                raise

    def _at(self, id_: str) -> tuple[str, Subject]:
        return f"{self._kind.path}/{segment(id_)}", Subject(self._kind.resource, id_)


def _can_be_singly(added: Sequence[str], removed: Sequence[str]) -> bool:
    """Whether tags can be written one by one: they are parts of addresses then, which know no slashes.

    Databases that overlook case would take one that changes in case alone for the old one.
    """
    changed = [*added, *removed]
    alike = {text.casefold() for text in added} & {text.casefold() for text in removed}
    return not alike and len(changed) <= MOST_SINGLY and all(text and "/" not in text for text in changed)


def first_description(marker: str, description: str) -> str:
    """What a new thing is described as until its tags are written."""
    return tag_lists.marker_tag(marker) if marker else description


def settled(description: str | None) -> str:
    """The description without a marker that waits there for its place."""
    return "" if not description or description.startswith(f"{tag_lists.LAUNCH}=") else description
