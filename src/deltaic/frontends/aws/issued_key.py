"""A request that is signed with a key which the store does not know: the cloud may have issued it."""

from __future__ import annotations

from datetime import UTC, datetime

from deltaic.frontends.aws.exchange import Exchange
from deltaic.frontends.http.basic import peer
from deltaic.model.context import Principal, Scope
from deltaic.protocols.aws.actions import API_VERSION
from deltaic.protocols.aws.claims import claim_of, may_be_issued
from deltaic.protocols.aws.credentials import Signed, SigV2
from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.signature import unknown_key


async def issued_key(exchange: Exchange, credential: Signed) -> tuple[Principal, Scope]:
    """The caller and the scope, as the cloud of the request's scope tells them.

    Only the cloud that headers or region name is asked, else the default one: another one could use the signature.
    Errors: SignatureError, UNAUTHENTICATED, UNAVAILABLE and their like where the cloud can't tell.
    """
    identity = exchange.services.identity
    headers = exchange.headers
    provider, driver = headers.get("x-deltacloud-provider", ""), headers.get("x-deltacloud-driver", "")
    if provider or driver or isinstance(credential, SigV2):
        asked = identity.scope(provider, driver)
    else:
        asked = identity.scope_of_region(credential.scope.region)
    if not identity.capability(asked).signed_requests or not may_be_issued(credential):
        raise unknown_key(exchange.service)
    claim = claim_of(credential, exchange.parts, datetime.now(UTC), frozenset(API_VERSION))
    principal, scope = await exchange.services.issued_keys.principal(
        claim,
        asked,
        source=peer(exchange.http),
        request_id=exchange.request_id,
        seconds=exchange.settings.request_timeout,
    )
    if identity.names_view(provider) and scope.view != asked.view:
        raise AwsError("UnauthorizedOperation", "The access key belongs to another part of the provider.")
    return principal, scope
