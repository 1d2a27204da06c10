"""Tags: key-value labels, kept in the engine where it can hold them, else in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deltaic.driver.held_tags import Holder, holder, on_annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.ports.store import Store, TagEdit
from deltaic.services.changed_rules import NOTES
from deltaic.services.cloud_key_pairs import KEYS, CloudKeyPairs
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds
from deltaic.services.zones import ZONES

LIMIT = 50
KEY_LENGTH = 127
VALUE_LENGTH = 255

#: Nouns that clients tag while they are being made, when the cloud takes no tags.
LATER = frozenset({"instance", "snapshot", "image"})

#: Nouns whose tags live in the engine object's own comment.
ANNOTATED = frozenset({"instance", "image"})


class TagService:
    """The verbs on tags."""

    def __init__(self, clouds: Clouds, store: Store, flows: FlowStarter) -> None:
        self._clouds = clouds
        self._store = store
        self._flows = flows
        self._cloud_key_pairs = CloudKeyPairs(clouds, store)

    async def stored(self) -> dict[str, dict[str, str]]:
        """Tags, by native id, of resources whose cloud can't hold them; the others' come with the resource."""
        return {
            key: tags
            for key, tags in (await self._store.resource_tags.get()).items()
            if not key.startswith((ZONES, KEYS, NOTES))
        }

    async def add(self, context: Context, targets: Sequence[tuple[str, str]], tags: Mapping[str, str]) -> None:
        """Set tags on resources, given as (noun, native id); INVALID for a wrong key or value, QUOTA over 50."""
        check_tags(tags)
        for noun, resource_id in targets:
            try:
                await self._edit_one(context, noun, resource_id, lambda old: _within_limit({**old, **tags}))
            except Error as error:
                if noun not in LATER or error.kind is not ErrorKind.BUSY:
                    raise
                await self._add_later(context, noun, resource_id, tags)

    async def _add_later(self, context: Context, noun: str, resource_id: str, tags: Mapping[str, str]) -> None:
        """Keep tags of what is locked in the store until a flow can write them into the engine."""
        await self._store.resource_tags.edit(noun, resource_id, lambda old: _within_limit({**old, **tags}))
        await self._flows.start(context, "tag", f"tag:{resource_id}", {"id": resource_id, "noun": noun})

    async def remove(
        self, context: Context, targets: Sequence[tuple[str, str]], tags: Mapping[str, str | None] | None
    ) -> None:
        """Remove tags: all when `tags` is None, by key where the value is None, else only where it is equal."""
        await self._edit(context, targets, lambda old: _without(old, tags))

    async def replace(self, context: Context, noun: str, resource_id: str, tags: Mapping[str, str]) -> None:
        """Give a resource exactly these tags; INVALID for a wrong key or value, QUOTA over 50."""
        check_tags(tags)
        await self._edit_one(context, noun, resource_id, lambda _: dict(tags))

    async def _edit(self, context: Context, targets: Sequence[tuple[str, str]], change: TagEdit) -> None:
        for noun, resource_id in targets:
            await self._edit_one(context, noun, resource_id, change)

    async def _edit_one(self, context: Context, noun: str, resource_id: str, change: TagEdit) -> None:
        driver = self._clouds.of(context)
        if noun in ANNOTATED:
            noun_driver = driver.instances if noun == "instance" else driver.images
            await noun_driver.annotate(context, resource_id, on_annotation(change))
            if resource_id in await self._flows.tagged_late():
                await self._store.resource_tags.edit(noun, resource_id, change)
        elif noun == "key_pair":
            if self._cloud_key_pairs.keeps(context):
                await self._cloud_key_pairs.edit_tags(context, resource_id, change)
            else:
                await self._store.key_pairs.edit_tags(context.owner, resource_id, change)
        elif (held := holder(driver, noun)) is not None:
            await self._edit_held(context, held, noun, resource_id, change)
        else:
            await self._store.resource_tags.edit(noun, resource_id, change)

    async def _edit_held(self, context: Context, held: Holder, noun: str, resource_id: str, change: TagEdit) -> None:
        """Tags that the store kept before the cloud's own were used move to the cloud with the first change."""
        if not await self._kept(resource_id):
            await held(context, resource_id, change)
            return
        async with self._clouds.alone(f"kept tags of {resource_id}"):
            kept = await self._kept(resource_id)
            await held(context, resource_id, lambda own: change({**own, **kept}))
            await self._store.resource_tags.edit(noun, resource_id, lambda _: {})

    async def _kept(self, resource_id: str) -> dict[str, str]:
        return (await self._store.resource_tags.get([resource_id])).get(resource_id, {})


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse tags that AWS would refuse: empty, long or reserved keys, long values, too many."""
    for key, value in tags.items():
        if not 1 <= len(key) <= KEY_LENGTH:
            raise invalid("tag_key", f"A tag's key has 1 to {KEY_LENGTH} characters", resource="tag")
        if key.lower().startswith("aws:"):
            raise invalid("tag_key", "Tag keys starting with 'aws:' are reserved for internal use", resource="tag")
        if len(value) > VALUE_LENGTH:
            raise invalid("tag_value", f"A tag's value has at most {VALUE_LENGTH} characters", resource="tag")
    _within_limit(tags)


def _within_limit(tags: Mapping[str, str]) -> dict[str, str]:
    if len(tags) > LIMIT:
        raise Error(ErrorKind.QUOTA, f"A resource has at most {LIMIT} tags", resource="tag", field="tags")
    return dict(tags)


def _without(old: Mapping[str, str], tags: Mapping[str, str | None] | None) -> dict[str, str]:
    if tags is None:
        return {}
    return {key: value for key, value in old.items() if not (key in tags and tags[key] in (None, value))}
