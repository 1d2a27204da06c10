"""Signatures that keys of the cloud's own made: the identity service checks them and answers a token.

Only a service or an administrator may ask it to (since 2025; before, anybody might). Source pages: Identity API v3,
"OS-EC2"; what the service computes anew: version 4 over the signed headers, version 2 over host and parameters.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from deltaic.drivers.http.session import Response
from deltaic.drivers.openstack import accounts
from deltaic.drivers.openstack.accounts import service_context
from deltaic.drivers.openstack.claims import credentials, refused
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.errors import to_error
from deltaic.drivers.openstack.sso import ANSWER_LIMIT, HEADERS, LOGIN_SECONDS, Login
from deltaic.drivers.openstack.views import completed, write_view
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.model.signed_request import Grant, SignedRequest

#: After a success the service's own login counts as good for so long: a refusal then is the signature's.
TRUSTED_SECONDS: Final = 60.0


class Signatures:
    """Asks the identity service, with the login that the configuration holds for it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._good_until = 0.0

    async def verify(self, context: Context, claim: SignedRequest) -> Grant:
        """A token for whoever signed; UNAUTHENTICATED (`reason` `unknown_key` or `bad_signature`) for nobody."""
        body = msgspec.json.encode({"credentials": credentials(claim)})
        own = self._context(context.remaining(), context.request_id)
        answer = await self._ask(own, body)
        if answer.status == 401 and not await self._is_good(own):
            answer = await self._ask(own, body)
        login = self._client.tokens.read(_checked(answer))
        self._good_until = time.monotonic() + TRUSTED_SECONDS
        return self._grant(login)

    async def _ask(self, own: Context, body: bytes) -> Response:
        login = await self._login(own)
        url = f"{self._client.settings.identity_url}/ec2tokens"
        headers = {**HEADERS, "X-Auth-Token": login.token}
        seconds = min(own.remaining(), LOGIN_SECONDS)
        session = self._client.endpoints.session(url)
        return await session.request("POST", url, headers=headers, body=body, seconds=seconds, limit=ANSWER_LIMIT)

    async def _is_good(self, own: Context) -> bool:
        """Whether the service's own token is not what the identity service refused; if it was, it is forgotten."""
        if time.monotonic() < self._good_until:
            return True
        login = await self._login(own)
        if await self._client.tokens.status_of(login.token, own.remaining()) == 200:
            self._good_until = time.monotonic() + TRUSTED_SECONDS
            return True
        self._client.tokens.forget(own, login.token)
        return False

    async def _login(self, own: Context) -> Login:
        try:
            return await self._client.login(own)
        except Error as error:
            if error.kind not in (ErrorKind.UNAUTHENTICATED, ErrorKind.FORBIDDEN):
                raise
            # Not the caller's fault: who signed must not read that the signature is wrong.
            message = "The cloud refused the login with which this gateway asks it about signatures"
            raise Error(ErrorKind.UNAVAILABLE, message, retryable=False) from None

    def _context(self, seconds: float, request_id: str) -> Context:
        service = self._client.settings.service
        if service is None:
            message = "This gateway has no login with which to ask the cloud about signatures"
            raise Error(ErrorKind.UNSUPPORTED, message, operation="verify")
        return service_context(service, seconds, request_id)

    def _grant(self, login: Login) -> Grant:
        account = accounts.account_of(login.user)
        if account is None or login.project is None:
            raise refused("bad_signature")
        user = accounts.write_account(account)
        view = completed(accounts.view_of(login.project), self._client.settings.view)
        self._client.tokens.keep(user, view, login)
        seconds = max(0.0, login.until - time.monotonic())
        return Grant(
            user=user,
            view=write_view(view),
            token=Secret(login.token),
            expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
        )


def _checked(response: Response) -> Response:
    if response.status == 200:
        return response
    if response.status == 404 and response.content_type != HEADERS["Accept"]:
        # A proxy's page, while the service behind it is away, says nothing about the key.
        raise Error(ErrorKind.UNAVAILABLE, "The cloud's identity service does not answer questions about signatures")
    if response.status in (401, 404):
        raise refused("bad_signature" if response.status == 401 else "unknown_key")
    if response.status == 403:
        message = (
            "The login with which this gateway asks the cloud about signatures needs the role 'service' or 'admin'"
        )
        raise Error(ErrorKind.UNAVAILABLE, message, retryable=False)
    raise to_error(response.status, response.content_type, response.body, retry_after=response.retry_after)
