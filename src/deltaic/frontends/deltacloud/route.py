"""Which requests are this frontend's: by the path alone, whatever stands in it."""

from __future__ import annotations

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from deltaic.frontends.deltacloud.exchange import MOUNT


class Below(BaseRoute):
    """Everything below the mount.

    The router's own patterns stop at line feeds; and matrix parameters (`/api;driver=x`) or an extension may follow
    the mount point itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is ours."""
        path: str = scope.get("path", "")
        ours = scope["type"] == "http" and path.startswith(MOUNT) and path[len(MOUNT) : len(MOUNT) + 1] in ("", *"/;.")
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it."""
        await self._app(scope, receive, send)
