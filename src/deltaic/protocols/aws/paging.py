"""Pages of a listing: `MaxResults` in, an opaque `NextToken` out.

A token carries the sort key of the last item given, not a position: objects that come or go between two
pages are neither repeated nor skipped. It is sealed with a secret and bound to the action, its other
parameters and the caller; so it means nothing anywhere else.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar

import msgspec

from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.query import AwsRequest

T = TypeVar("T")

#: What may differ from one page's request to the next.
UNBOUND: Final = frozenset({"NextToken", "MaxResults", "DryRun"})
MINIMUM: Final = 5
MAXIMUM: Final = 1000
_SEAL: Final = 16  # bytes of the HMAC that are kept
_MAX_TOKEN: Final = 2048


class Page(msgspec.Struct, Generic[T], frozen=True):
    """The items of one page; `next_token` is None on the last (and must then not be answered at all)."""

    items: list[T]
    next_token: str | None


def parameters_digest(request: AwsRequest, without: frozenset[str] = UNBOUND) -> str:
    """SHA-256 of an action and its parameters, the same for every order in which they may be sent."""
    kept = {name: value for name, value in request.parameters.items() if name not in without}
    encoded = msgspec.json.encode([request.service, request.action, kept], order="deterministic")
    return hashlib.sha256(encoded).hexdigest()


def check_max_results(value: int | None, minimum: int = MINIMUM, maximum: int = MAXIMUM) -> None:
    """Refuse a page size out of range. Errors: InvalidParameterValue."""
    if value is None:
        return
    if value < minimum:
        limit = f"greater than or equal to {minimum}"
    elif value > maximum:
        limit = f"less than or equal to {maximum}"
    else:
        return
    message = f"Value ( {value} ) for parameter maxResults is invalid. Expecting a value {limit}."
    raise AwsError("InvalidParameterValue", message)


def check_ids_unpaged(request: AwsRequest, ids: str, wire_set: str) -> None:
    """Refuse page size together with explicit ids.

    `ids` is the parameter (`InstanceIds`), `wire_set` AWS's name for it (`instancesSet`). Errors:
    InvalidParameterCombination.
    """
    if ids in request.parameters and "MaxResults" in request.parameters:
        raise AwsError(
            "InvalidParameterCombination",
            f"The parameter {wire_set} cannot be used with the parameter maxResults",
        )


class Pager:
    """Cuts listings into pages with tokens sealed by `secret` (32 random bytes, equal on all gateways)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return "Pager()"

    def page(
        self,
        request: AwsRequest,
        items: Iterable[T],
        key: Callable[[T], str],
        principal: str = "",
        minimum: int = MINIMUM,
        maximum: int = MAXIMUM,
    ) -> Page[T]:
        """The page of `items` that the request asks for, in the order of `key`.

        `key` is unique and never changes (an id). Without MaxResults and NextToken all items are one page.
        Errors: InvalidParameterValue for the size, InvalidPaginationToken for a token that is not ours or
        not for this request.
        """
        size = request.parameters.get("MaxResults")
        check_max_results(size, minimum, maximum)
        token = request.parameters.get("NextToken")
        rows = sorted(items, key=key)
        if token is not None:
            last = self._open(token, request, principal)
            rows = [row for row in rows if key(row) > last]
            size = size or maximum
        if size is None or len(rows) <= size:
            return Page(rows, None)
        rows = rows[:size]
        return Page(rows, self._seal(key(rows[-1]), request, principal))

    def _seal(self, last: str, request: AwsRequest, principal: str) -> str:
        payload = last.encode()
        return urlsafe_b64encode(self._mac(payload, request, principal) + payload).decode().rstrip("=")

    def _open(self, token: str, request: AwsRequest, principal: str) -> str:
        try:
            if len(token) > _MAX_TOKEN:
                raise ValueError("too long")
            raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
            seal, payload = raw[:_SEAL], raw[_SEAL:]
            if not hmac.compare_digest(seal, self._mac(payload, request, principal)):
                raise ValueError("not ours")
            return payload.decode()
        except ValueError:
            raise AwsError("InvalidPaginationToken", "The pagination token is invalid") from None

    def _mac(self, payload: bytes, request: AwsRequest, principal: str) -> bytes:
        bound: list[Any] = [parameters_digest(request), principal, payload]
        return hmac.digest(self._secret, msgspec.json.encode(bound), "sha256")[:_SEAL]
