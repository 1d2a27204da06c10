"""Whether a browser makes a request on behalf of another site's page.

Browsers send a login that they know (Basic or a cookie) with whatever any page asks for; they also say which page it
was. Tools say nothing of the sort, and are not asked to.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from deltaic.frontends.http.location import origin

#: What a browser says of requests of our own pages, and of those that a person types.
_OWN: Final = frozenset({"same-origin", "none"})
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def changes_from_elsewhere(request: Request) -> bool:
    """Whether another site's page asks for a change."""
    if request.method in _READING:
        return False
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in _OWN
    page = request.headers.get("origin")
    return page is not None and page.rpartition("://")[2] != origin(request).rpartition("://")[2]
