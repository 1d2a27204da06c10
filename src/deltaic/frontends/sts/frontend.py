"""GetCallerIdentity: the only thing that EC2's clients ask of STS."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from deltaic.frontends.aws.call import Call
from deltaic.model.context import Principal, Scope
from deltaic.protocols.aws.errors import invalid_action


class StsFrontend:
    """Answers with the caller's account, user id and ARN; all are stable per engine user."""

    name = "sts"
    scoped = False

    def is_plain(self, version: str | None) -> bool:
        """A request without a version comes from a plain HTTP client."""
        return version is None

    def namespace_version(self, version: str | None) -> str | None:
        """STS has one namespace."""
        return version

    def widen(self, version: str | None, scope: Scope) -> Scope:
        """Identity does not depend on the scope."""
        return scope

    async def answer(self, call: Call) -> Mapping[str, Any]:
        """Serve GetCallerIdentity."""
        if call.request.action != "GetCallerIdentity":
            raise invalid_action(call.request.action, call.request.version, self.name)
        return caller_identity(call.context.principal)


def caller_identity(principal: Principal) -> dict[str, str]:
    """The 12-digit account, an AWS-style user id and the ARN of an engine user."""
    digest = hashlib.sha256(b"user-id\0" + principal.user.encode()).digest()
    return {
        "UserId": "AIDA" + base64.b32encode(digest).decode()[:17],
        "Account": principal.account,
        "Arn": f"arn:aws:iam::{principal.account}:user/{principal.user}",
    }
