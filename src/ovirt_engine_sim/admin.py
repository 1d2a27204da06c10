"""Control endpoints under /ovirt-engine-sim/: faults to order, the clock, hosts, what guests were given.

They are for tests and demonstrations; no engine has them, and they ask for no password.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ovirt_engine_sim.clock import ManualClock
from ovirt_engine_sim.cloud_init import delivered
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.guests import silence
from ovirt_engine_sim.entities.scheduling import lose_host, recover_host
from ovirt_engine_sim.faults import Fault
from ovirt_engine_sim.http import body_of

PREFIX: Final = "/ovirt-engine-sim"


def _json(document: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(document), status, media_type="application/json")


async def answer(engine: Engine, request: Request) -> Response:
    """Answer one control request; errors are 400 or 404 with a text in JSON."""
    path = request.scope["path"].removeprefix(PREFIX).strip("/").split("/")
    try:
        raw = await body_of(request)
        body = msgspec.json.decode(raw) if raw.strip() else {}
        response = _route(engine, request.method, path, body)
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError, TypeError, KeyError) as error:
        return _json({"error": str(error)[:300]}, 400)
    except Fault as fault:
        return _json({"error": "too large"}, fault.status)
    await engine.commit()
    return response


def _route(engine: Engine, method: str, path: list[str], body: Any) -> Response:
    match method, path:
        case "GET", ["health"]:
            return _json({"status": "up", "time": engine.now(), "calls": engine.calls, "vms": len(engine.all("vm"))})
        case "GET", ["faults"]:
            return _json(engine.faults.orders)
        case "POST", ["faults"]:
            return _json(engine.faults.order(body), 201)
        case "DELETE", ["faults"]:
            engine.faults.clear()
            return _json({})
        case "POST", ["clock"]:
            return _clock(engine, body)
        case "POST", ["restart"]:
            engine.restart()
            return _json({})
        case "POST", ["tokens", "expire"]:
            engine.sessions.clear()
            return _json({})
        case "POST", ["hosts", identity, ("down" | "up") as what]:
            host = engine.get("host", identity)
            if host is None:
                return _json({"error": "no such host"}, 404)
            (lose_host if what == "down" else recover_host)(engine, host)
            return _json({})
        case "POST", ["vms", identity, "agent", ("off" | "on") as what]:
            vm = engine.get("vm", identity)
            if vm is None:
                return _json({"error": "no such VM"}, 404)
            silence(engine, vm, what == "off")
            return _json({})
        case "POST", ["vms", identity, "shutdown", ("ignored" | "heeded") as what]:
            vm = engine.get("vm", identity)
            if vm is None:
                return _json({"error": "no such VM"}, 404)
            vm.inner["stubborn"] = what == "ignored"
            engine.touch(vm)
            return _json({})
        case "GET", ["vms", identity, "delivered"]:
            vm = engine.get("vm", identity)
            return _json(delivered(engine, vm)) if vm is not None else _json({"error": "no such VM"}, 404)
    return _json({"error": "unknown control request"}, 404)


def _clock(engine: Engine, body: Any) -> Response:
    if not isinstance(engine.clock, ManualClock):
        return _json({"error": "this engine runs on real time"}, 400)
    engine.clock.advance(float(body["advance"]))
    return _json({"time": engine.now()})
