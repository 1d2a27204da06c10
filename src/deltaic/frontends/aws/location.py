"""The endpoint's own address, as the client of a request sees it."""

from __future__ import annotations

import re

from starlette.requests import Request

from deltaic.frontends.http.location import origin

_PATH = re.compile(r"/[A-Za-z0-9._~/-]{0,200}")


def base_url(request: Request) -> str:
    """`scheme://host[:port][/path]` of a request, without a slash at the end."""
    path = request.scope.get("path", "/")
    return f"{origin(request)}{path.rstrip('/') if _PATH.fullmatch(path) else ''}"
