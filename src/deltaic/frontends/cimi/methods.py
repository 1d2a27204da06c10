"""What each HTTP method does at a place of the tree."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.responses import Response

from deltaic.frontends.cimi.answers import changed, check_match, created, empty, representation
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.entry import entry_point
from deltaic.frontends.cimi.exchange import Exchange
from deltaic.frontends.cimi.reading import Reader
from deltaic.frontends.cimi.tree import Collection, Place
from deltaic.frontends.cimi.working import working
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.protocols.cimi.actions import verb_of
from deltaic.protocols.cimi.bodies import early_form, read_body, write
from deltaic.protocols.cimi.edits import edit
from deltaic.protocols.cimi.negotiation import Format, etag
from deltaic.protocols.cimi.table import RESOURCES
from deltaic.protocols.cimi.unknown import Unknown

#: Actions of the talk of 2012 have no namespace and this URI; it shows them answered with 200, the standard with 202.
_EARLY: Final = "http://www.dmtf.org/cimi/action/"
#: The plugfest's helper of 2013 writes the scheme twice, and insists on 202.
_DOUBLED: Final = b"http://http://"


async def entry(
    exchange: Exchange, collections: Sequence[Collection], login: Callable[[], Awaitable[Call]]
) -> Response:
    """The entry point: for everybody, unless what it leads to is wanted, too."""
    reader = _reader(exchange, collections)
    document = entry_point(exchange.links, collections)
    if exchange.query.expand:
        call = await login()
        reader = _reader(exchange, call.collections)
        document = await reader.expanded(call, "CloudEntryPoint", document)
    return await representation(exchange, reader.resource("CloudEntryPoint", document))


async def get(exchange: Exchange, call: Call, place: Place) -> Response:
    """A resource or a collection, as the query's parameters want it."""
    return await representation(exchange, await _reader(exchange, call.collections).read(call, place))


def _reader(exchange: Exchange, collections: Sequence[Collection]) -> Reader:
    return Reader(collections, exchange.query, exchange.format)


async def post(exchange: Exchange, call: Call, place: Place) -> Response:
    """Make an item, or act on one."""
    return await (_act if place.id else _create)(exchange, call, place)


async def _create(exchange: Exchange, call: Call, place: Place) -> Response:
    assert place.collection is not None
    assert place.collection.create is not None
    if not call.body.strip():
        raise Error(ErrorKind.MISSING, "The request needs a body")
    item = place.collection.item
    _, note = _read(call, f"{item}Create" if f"{item}Create" in RESOURCES else item)
    async with working(exchange, call, "add", place.segments) as work:
        work.note = note
        document = await place.collection.create(work.call, place.owners)
        work.made(document["id"])
    body = write(place.collection.item, document, exchange.format)
    return created(exchange, body, document["id"])


async def _act(exchange: Exchange, call: Call, place: Place) -> Response:
    assert place.collection is not None
    asked: Document = {}
    if call.body.strip():
        asked, _ = _read(call, "Action")
    elif not place.verb:
        raise Error(ErrorKind.MISSING, "An Action is needed", field="action")
    verb = verb_of(asked["action"]) if asked else place.verb
    if place.verb and verb != place.verb:
        raise invalid("action", f"The body asks for {verb}, the address for {place.verb}")
    action = place.collection.actions.get(verb)
    if action is None:
        known = ", ".join(place.collection.actions)
        raise invalid("action", f"A {place.collection.item} knows the actions {known}")
    await _check_match(exchange, call, place)
    item = place.segments[:-1] if place.verb else place.segments
    async with working(exchange, call, verb, item) as work:
        await action(work.call, place.owners, place.id, asked)
        work.affected = ("/".join(item),)
    return empty(200 if asked and _is_early(call, asked) else 202)


def _is_early(call: Call, asked: Document) -> bool:
    uri = str(asked["action"])
    return uri.startswith(_EARLY) and _DOUBLED not in call.body and early_form(call.body, call.content_type)


async def put(exchange: Exchange, call: Call, place: Place) -> Response:
    """Change an item: all that a client may change, or with `$select` the named attributes alone."""
    assert place.collection is not None
    if place.verb:
        return await _change(exchange, call, place)
    assert place.collection.edit is not None
    if not call.body.strip():
        raise Error(ErrorKind.MISSING, "The request needs a body")
    item = place.collection.item
    document, note = _read(call, item)
    changes = edit(item, document, exchange.query.select)
    await _check_match(exchange, call, place)
    async with working(exchange, call, "edit", place.segments) as work:
        work.note = note
        await place.collection.edit(work.call, place.owners, place.id, changes)
        work.affected = ("/".join(place.segments),)
    document = await place.collection.get(call.anew(), place.owners, place.id)
    return changed(exchange, write(item, document, exchange.format))


async def _change(exchange: Exchange, call: Call, place: Place) -> Response:
    """What a verb of 2012 changes of an item; the item is the answer."""
    assert place.collection is not None
    await _check_match(exchange, call, place)
    item = place.segments[:-1]
    async with working(exchange, call, "edit", item) as work:
        await place.collection.early[place.verb](work.call, place.owners, place.id, {})
        work.affected = ("/".join(item),)
    document = await place.collection.get(call.anew(), place.owners, place.id)
    return changed(exchange, write(place.collection.item, document, exchange.format))


async def delete(exchange: Exchange, call: Call, place: Place) -> Response:
    """Remove an item."""
    assert place.collection is not None
    assert place.collection.delete is not None
    await _check_match(exchange, call, place)
    async with working(exchange, call, "delete", place.segments) as work:
        await place.collection.delete(work.call, place.owners, place.id)
    return empty(200)


def _read(call: Call, expected: str) -> tuple[Document, str]:
    """The document in the body, and what its sender should know of how it was understood."""
    unknown = Unknown(strict=call.settings.strict)
    document = read_body(call.body, call.content_type, expected, unknown=unknown)
    return document, f"Attributes that are not known were ignored: {', '.join(unknown.names)}" if unknown.names else ""


async def _check_match(exchange: Exchange, call: Call, place: Place) -> None:
    """Refuse a change of something else than the client saw, in whichever format it saw it."""
    assert place.collection is not None
    if exchange.header("if-match") or exchange.header("if-none-match"):
        item = place.collection.item
        document = await place.collection.get(call, place.owners, place.id)
        seen = (document, exchange.query.select_resource(item, document))
        check_match(exchange, tuple(etag(write(item, one, form)) for one in seen for form in Format))


Method = Callable[[Exchange, Call, Place], Awaitable[Response]]
METHODS: Final[dict[str, Method]] = {"GET": get, "HEAD": get, "POST": post, "PUT": put, "DELETE": delete}
