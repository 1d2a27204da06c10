"""From the segments of a path and a method to what is done."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from typing import Final, TypeVar

from starlette.responses import Response

from deltaic.frontends.deltacloud.answers import document, empty, representation, validators
from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.collection import Collection, Operation
from deltaic.frontends.deltacloud.exchange import Exchange
from deltaic.protocols.deltacloud.errors import DeltacloudError
from deltaic.protocols.deltacloud.parameters import required
from deltaic.protocols.deltacloud.writing import join_items, write_many, write_one

T = TypeVar("T")

_READING: Final = frozenset({"GET", "HEAD"})


class Lacking(Exception):
    """The cloud has not what is asked for: 412 names the capability."""

    def __init__(self, capability: str) -> None:
        super().__init__(capability)
        self.capability = capability


class NotOffered(Exception):
    """The method is not offered here: 405 names those that are."""

    def __init__(self, methods: Sequence[str]) -> None:
        super().__init__()
        self.methods = methods


def find(collections: Sequence[Collection], absent: Sequence[str], segments: Sequence[str]) -> Collection:
    """The collection of a path. Errors: 404; `Lacking` for one of the `absent`, which no cloud here has."""
    if segments and segments[0] in absent:
        raise Lacking(segments[0])
    found = next((one for one in collections if segments and one.name == segments[0]), None)
    if found is None or len(segments) > 3 or "" in segments:
        raise DeltacloudError(404, "There is nothing at this address")
    if len(segments) == 3 and segments[2] not in found.actions and found.remove_part is None:
        raise DeltacloudError(404, "There is nothing at this address")
    return found


def methods(collection: Collection, segments: Sequence[str]) -> tuple[str, ...]:
    """What is offered at a place."""
    if len(segments) == 3 and segments[2] in collection.actions:
        return ("POST", "OPTIONS")
    if len(segments) == 3:
        return ("DELETE", "OPTIONS")
    if len(segments) == 2:
        return ("GET", "HEAD", *(("DELETE",) if collection.destroy else ()), "OPTIONS")
    return ("GET", "HEAD", *(("POST",) if collection.create else ()), "OPTIONS")


def options(exchange: Exchange, collection: Collection, segments: Sequence[str]) -> Response:
    """The methods of a place; of an operation its parameters, as the original tells them."""
    allowed = ",".join(("OPTIONS", *(one for one in methods(collection, segments) if one != "OPTIONS")))
    if len(segments) == 3 and segments[2] in collection.actions:
        operation = collection.actions[segments[2]]
        known = (*_told(operation.required, "required"), *_told(operation.optional, "optional"))
        allowed = ",".join(known) or allowed
    return empty(exchange, 200, {"Allow": allowed})


def _told(names: Sequence[str], how: str) -> list[str]:
    return [f"{name}:string:{how}" for name in names]


async def run(exchange: Exchange, call: Call, collection: Collection, segments: Sequence[str]) -> Response:
    """Do what the request asks. Errors: `Lacking`, `NotOffered`, those of the handlers."""
    if not collection.there(call.capability):
        raise Lacking(collection.name)
    method = exchange.method
    if method not in methods(collection, segments):
        raise NotOffered(methods(collection, segments))
    if len(segments) == 3 and method == "DELETE":
        assert collection.remove_part is not None
        _check(call, collection.remove_part, f"delete_{collection.resource}_rule")
        await timed(exchange, collection.remove_part.run(call, segments[1], segments[2]))
        return empty(exchange, 204)
    if len(segments) == 3:
        return await _act(exchange, call, collection, segments[1], segments[2])
    if method in _READING:
        return await _read(exchange, call, collection, segments)
    if len(segments) == 2:
        assert collection.destroy is not None
        _check(call, collection.destroy, f"destroy_{collection.resource}")
        await timed(exchange, collection.destroy.run(call, segments[1]))
        return empty(exchange, 204)
    return await _create(exchange, call, collection)


async def _read(exchange: Exchange, call: Call, collection: Collection, segments: Sequence[str]) -> Response:
    if len(segments) == 2:
        one = await timed(exchange, collection.show(call, segments[1]))
        return await representation(exchange, write_one(collection.resource, one, exchange.format))
    many = await timed(exchange, collection.index(call))
    items = await call.texts.of(collection.resource, many, exchange.format, call.viewer)
    return await representation(exchange, join_items(collection.resource, items, exchange.format))


async def _create(exchange: Exchange, call: Call, collection: Collection) -> Response:
    operation = collection.create
    assert operation is not None
    _check(call, operation, f"create_{collection.resource}")
    made = await timed(exchange, operation.run(call))
    if isinstance(made, list):
        return document(exchange, operation.status, write_many(collection.resource, made, exchange.format))
    body = write_one(collection.resource, made, exchange.format)
    return document(exchange, operation.status, body, {"Location": made.href, **validators(body)})


async def _act(exchange: Exchange, call: Call, collection: Collection, wanted: str, verb: str) -> Response:
    operation = collection.actions[verb]
    _check(call, operation, f"{verb}_{collection.resource}")
    result = await timed(exchange, operation.run(call, wanted))
    if result is None:
        return empty(exchange, operation.status)
    # The original tells instances so, and nothing else.
    bare = collection.resource == "instance"
    body = write_one(operation.resource or collection.resource, result, exchange.format, bare=bare)
    return document(exchange, operation.status, body)


async def timed(exchange: Exchange, doing: Awaitable[T]) -> T:
    """Do something, and note how long it took: clients are told, as the original tells them."""
    began = time.perf_counter()
    try:
        return await doing
    finally:
        exchange.runtime = time.perf_counter() - began


def _check(call: Call, operation: Operation, name: str) -> None:
    if not operation.there(call.capability):
        raise Lacking(name)
    for parameter in operation.required:
        required(call.parameters, parameter)
