"""The HTTP face: authentication, representations, and the way from a path to a service."""

from __future__ import annotations

import asyncio
import gzip
import logging
import sqlite3
from dataclasses import replace
from html import escape
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ovirt_engine_sim import listing, render, root
from ovirt_engine_sim.authentication import COOKIE, authenticate
from ovirt_engine_sim.call import Call, Reply, correlation, follow_tree
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import OPERATION_FAILED, Fault, syntax
from ovirt_engine_sim.permits import is_admin, may_log_in
from ovirt_engine_sim.representation import json, xml
from ovirt_engine_sim.representation.paths import BASE
from ovirt_engine_sim.routing import CREATION_STATUS, Target, locate, split
from ovirt_engine_sim.types import type_of

MAXIMUM_BODY: Final = 10 << 20
_HTML: Final = "<html><head><title>Error</title></head><body>{}</body></html>"
_GZIP_FROM: Final = 1000
_log: Final = logging.getLogger("ovirt_engine_sim")
# Seconds that a call which expects 201 waits, and between its looks.
_PATIENCE: Final = 60.0
_POLL: Final = 0.05
_SECRET: Final = frozenset({"root_password", "password", "ticket"})
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})


def html(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """Return an answer of the servlet container: HTML, no fault."""
    return Response(_HTML.format(text), status, headers, "text/html;charset=UTF-8")


def _format(request: Request, query: dict[str, str]) -> str:
    accept = query.get("accept") or request.headers.get("accept", "")
    places = {"json": accept.find("application/json"), "xml": accept.find("application/xml")}
    found = [name for name, place in places.items() if place >= 0]
    return min(found, key=lambda name: places[name]) if found else "xml"


async def body_of(request: Request) -> bytes:
    """Return the body; raises Fault 413 when it is too large."""
    parts = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAXIMUM_BODY:
            raise Fault(413)
        parts.append(part)
    return b"".join(parts)


def _decode(request: Request, call: Call, raw: bytes, type_name: str, service: str) -> dict[str, Any]:
    kind = type_of(type_name)
    sent = request.headers.get("content-type", "").lower()
    if "json" in sent:
        return json.read(kind, raw, service)
    if "xml" in sent:
        return xml.read(kind, raw, service)
    if not raw.strip():
        return {}
    return json.read(kind, raw, service) if raw.lstrip()[:1] == b"{" else xml.read(kind, raw, service)


def _filtered(call: Call) -> bool:
    """Administrators see everything unless they ask to be filtered; users may not ask for more."""
    raw = call.headers.get("filter") or call.query.get("filter")
    wanted = raw.strip().lower() in ("true", "1", "t", "yes", "y", "") if raw is not None else None
    if is_admin(call.engine, call.user):
        return bool(wanted)
    if wanted is False:
        raise Fault(400, "Operation Failed", "query execution failed due to insufficient permissions.")
    return True


def _call(engine: Engine, request: Request, user: Entity, path: str, matrix: dict[str, str]) -> Call:
    query = {**matrix, **dict(request.query_params)}
    headers = dict(request.headers)
    return Call(
        engine, "GET" if request.method == "HEAD" else request.method, path, user, _format(request, query), query,
        headers, correlation(headers.get("correlation-id") or query.get("correlation_id")),
    )  # fmt: skip


def _complete(call: Call) -> None:
    call.filtered = _filtered(call)
    call.all_content = call.flag("all_content") or call.headers.get("all-content", "").lower() == "true"
    call.follow = follow_tree(call.query.get("follow", "")) if call.method == "GET" else {}
    detail = call.query.get("detail") or call.headers.get("accept", "").partition("detail=")[2]
    call.detail = frozenset(part for part in detail.replace("-", ",-").replace("+", ",").split(",") if part)
    if "statistics" in call.detail:
        call.follow.setdefault("statistics", {})
    if "current_graphics_consoles" in call.detail:
        call.follow.setdefault("graphics_consoles", {})
        call.query = {**call.query, "current": "true"}


async def api(engine: Engine, request: Request) -> Response:
    """Answer one request below /ovirt-engine/api."""
    raw_path = request.scope.get("raw_path") or request.scope["path"].encode()
    segments, matrix = split(raw_path.decode("latin-1").removeprefix(BASE))
    version = request.headers.get("version")
    if segments and segments[0] in ("v3", "v4"):
        version = segments.pop(0)[1:]
    if version not in (None, "4"):
        return Response(status_code=404) if version == "3" else html(400, "Bad Request")
    principal = authenticate(engine, request)
    if principal is None:
        return html(401, "Unauthorized", {"WWW-Authenticate": 'Basic realm="RESTAPI"'})
    if not may_log_in(engine, principal.user):
        login = escape(str(principal.user.data.get("user_name", "")))
        return html(401, f"The user {login} is not authorized to perform login")
    if request.method not in _METHODS:
        return html(405, "Method Not Allowed")
    engine.calls += 1
    call = _call(engine, request, principal.user, "/".join(segments), matrix)
    response = await _guarded(call, request, segments)
    try:
        # Refusals too: what they tell of the state must not be undone by a kill.
        await engine.commit()
    except sqlite3.Error:
        _log.exception("the state can not be written")
        response = _faulty(call, Fault(500, OPERATION_FAILED, "Internal Engine Error"))
    response.headers["Correlation-Id"] = call.correlation_id
    if principal.cookie:
        response.set_cookie(COOKIE, principal.cookie, path=BASE, httponly=True)
    return await _compressed(request, response)


async def _guarded(call: Call, request: Request, segments: list[str]) -> Response:
    try:
        _complete(call)
        return await _answer(call, request, segments)
    except Fault as fault:
        return _faulty(call, fault)
    except ClientDisconnect:
        return Response(status_code=400)
    except RecursionError:
        return _faulty(call, syntax(call.path))
    except Exception:
        _log.exception("request %s %r failed", call.method, call.path[:200])
        return _faulty(call, Fault(500, OPERATION_FAILED, "Internal Engine Error"))


async def _answer(call: Call, request: Request, segments: list[str]) -> Response:
    if not segments:
        if call.method != "GET":
            raise Fault(405)
        return root.answer(call)
    raw = await body_of(request) if call.method in ("POST", "PUT", "DELETE") else b""
    target = locate(call, segments)
    if target.action == CREATION_STATUS:
        return _creation_status(call, target)
    if target.action:
        return _act(call, request, target, raw)
    handler = {"GET": _get, "POST": _post, "PUT": _put, "DELETE": _delete}[call.method]
    return await handler(call, request, target, raw)


async def _get(call: Call, request: Request, target: Target, raw: bytes) -> Response:
    if target.entity is not None:
        special = target.service.special(call, target.entity)
        if special is not None:
            return Response(special.content, 200, media_type=special.content_type)
        content = render.single(call, target.service, target.parent_href, target.service.shown(call, target.entity))
    else:
        rows = listing.rows(call, target.service, target.parent)
        content = await render.collection(call, target.service, target.parent_href, rows)
    return Response(content, 200, media_type=render.content_type(call.format))


async def _post(call: Call, request: Request, target: Target, raw: bytes) -> Response:
    if target.entity is not None:
        raise Fault(405)
    body = _decode(request, call, raw, target.service.document_type, target.service.path)
    reply = target.service.add(call, target.parent, body)
    if reply.status == 202 and "201-created" in call.headers.get("expect", "").lower():
        reply = await _settled(call, reply)
    return _rendered(call, target, reply)


async def _settled(call: Call, reply: Reply) -> Reply:
    """Wait until storage has made what was added, as `Expect: 201-created` asks for."""
    entity = reply.entity
    for _ in range(int(_PATIENCE / _POLL)):
        if entity is None or not _busy(entity):
            break
        # What was begun must survive a kill while this call waits.
        await call.engine.commit()
        await asyncio.sleep(_POLL)
    return replace(reply, status=201, extra={}) if entity is not None and not _busy(entity) else reply


async def _put(call: Call, request: Request, target: Target, raw: bytes) -> Response:
    if target.entity is None:
        raise Fault(405)
    body = _decode(request, call, raw, target.service.document_type, target.service.path)
    return _rendered(call, target, target.service.update(call, target.parent, target.entity, body))


async def _delete(call: Call, request: Request, target: Target, raw: bytes) -> Response:
    if target.entity is None:
        raise Fault(405)
    return _rendered(call, target, target.service.remove(call, target.parent, target.entity))


def _busy(entity: Entity) -> bool:
    return bool({"image_locked", "locked"} & {entity.data.get("status"), entity.data.get("snapshot_status")})


def _creation_status(call: Call, target: Target) -> Response:
    """Tell whether what a 202 began has ended."""
    entity = target.entity
    busy = entity is not None and _busy(entity)
    content = render.document(call, "action", {"status": "in_progress" if busy else "complete"})
    return Response(content, 200, media_type=render.content_type(call.format))


def _without_secrets(data: Any) -> Any:
    """Return a request's members as a failed action repeats them: not with its passwords."""
    if isinstance(data, dict):
        return {name: _without_secrets(value) for name, value in data.items() if name not in _SECRET}
    return [_without_secrets(one) for one in data] if isinstance(data, list) else data


def _act(call: Call, request: Request, target: Target, raw: bytes) -> Response:
    if call.method != "POST" or target.entity is None:
        raise Fault(405)
    body: dict[str, Any] = {}
    try:
        body = _decode(request, call, raw, "action", f"{target.service.path}/methods/{target.action}")
        method = target.service.actions[target.action]
        if not method:
            raise Fault(400, "Operation Failed", f"[The action {target.action} is not supported by this engine.]")
        reply: Reply = getattr(target.service, method)(call, target.entity, body)
    except Fault as fault:
        if fault.reason is None:
            raise
        shown = _without_secrets({name: value for name, value in body.items() if name not in ("fault", "status")})
        content = render.document(call, "action", {**shown, "fault": fault.document(), "status": "failed"})
        return Response(content, fault.status, media_type=render.content_type(call.format))
    return _rendered(call, target, reply)


def _rendered(call: Call, target: Target, reply: Reply) -> Response:
    media_type = render.content_type(call.format)
    if reply.content is not None:
        return Response(reply.content, reply.status, media_type=reply.content_type)
    if reply.action is not None:
        return Response(render.document(call, "action", reply.action), reply.status, media_type=media_type)
    if reply.entity is None:
        return Response(status_code=reply.status)
    service = reply.service or target.service
    base = reply.base or target.parent_href
    href = service.href(base, reply.entity)
    extra = dict(reply.extra)
    if "creation_status" in extra:
        extra["link"] = [{"rel": "creation_status", "href": f"{href}/creation_status/{call.engine.new_id()}"}]
    headers = {"Location": href} if reply.status in (201, 202) else None
    return Response(render.single(call, service, base, reply.entity, extra), reply.status, headers, media_type)


def _faulty(call: Call, fault: Fault) -> Response:
    if fault.status == 405:
        return html(405, "Method Not Allowed")
    if fault.reason is None:
        return Response(status_code=fault.status)
    content = render.plain(call.format, "fault", fault.document())
    return Response(content, fault.status, media_type=render.content_type(call.format))


async def _compressed(request: Request, response: Response) -> Response:
    body = bytes(response.body)
    if request.method == "HEAD":
        response.headers["Content-Length"] = str(len(body))
        response.body = b""
        return response
    if len(body) < _GZIP_FROM or "gzip" not in request.headers.get("accept-encoding", ""):
        return response
    packed = await asyncio.to_thread(gzip.compress, body, 1)
    response.body = packed
    response.headers["Content-Length"] = str(len(packed))
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def fault_response(request: Request, fault: Fault, action: bool) -> Response:
    """Return the answer of a fault that was ordered; a failed action carries it inside an action."""
    if fault.reason is None:
        return html(401, "Unauthorized") if fault.status == 401 else Response(status_code=fault.status)
    shown = _format(request, dict(request.query_params))
    document: dict[str, Any] = fault.document()
    kind = "fault"
    if action:
        kind, document = "action", {"fault": document, "status": "failed"}
    content = render.plain(shown, kind, document)
    return Response(content, fault.status, media_type=render.content_type(shown))
