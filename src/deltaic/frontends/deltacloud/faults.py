"""From whatever goes wrong to an answer in the client's own form."""

from __future__ import annotations

from typing import Final

import structlog
from starlette.responses import Response

from deltaic.frontends.deltacloud.answers import failure
from deltaic.frontends.deltacloud.dispatch import Lacking, NotOffered
from deltaic.frontends.deltacloud.exchange import Exchange
from deltaic.frontends.http.basic import pause
from deltaic.frontends.http.body import BodyError
from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.deltacloud.errors import DeltacloudError, from_error

log = structlog.get_logger("deltaic.deltacloud")

_UNKNOWN: Final = frozenset({ErrorKind.NOT_FOUND, ErrorKind.MALFORMED_ID})


def answer_to(exchange: Exchange, fault: Exception) -> Response:
    """The answer to a fault; one of ours is logged, and tells nothing but that it is one."""
    if isinstance(fault, Lacking):
        sentence = f"The cloud lacks the capability '{fault.capability}'"
        return failure(exchange, DeltacloudError(412, sentence), {"Expect": fault.capability})
    if isinstance(fault, NotOffered):
        sentence = f"The method {exchange.method[:16]} is not offered here"
        return failure(exchange, DeltacloudError(405, sentence), {"Allow": ", ".join(fault.methods)})
    if isinstance(fault, BodyError):
        return failure(exchange, DeltacloudError(fault.status, fault.message))
    if isinstance(fault, Error):
        return failure(exchange, _blamed(exchange, fault), pause(fault))
    if isinstance(fault, DeltacloudError):
        return failure(exchange, fault)
    log.error("defect", request_id=exchange.request_id, path=exchange.told_path[:200], exc_info=fault)
    return failure(exchange, DeltacloudError(500, "The request failed inside the gateway"))


def _blamed(exchange: Exchange, error: Error) -> DeltacloudError:
    """The error; what does not exist is the parameter's fault where a parameter names it, and not the path."""
    found = from_error(error)
    wanted = error.resource_id
    if error.kind not in _UNKNOWN or not wanted or wanted == exchange.item:
        return found
    field = next((name for name, value in exchange.parameters.items() if value.strip() == wanted), "")
    return DeltacloudError(400, f"{found.message} (parameter '{field}')", field) if field else found
