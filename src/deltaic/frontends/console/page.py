"""What the handlers of pages are given, and how they answer."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from msgspec import structs
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from deltaic.frontends.console.history import Histories
from deltaic.frontends.console.notes import Note, Notes
from deltaic.frontends.console.settings import ConsoleSettings
from deltaic.frontends.console.shelf import Shelf
from deltaic.frontends.console.templating import render
from deltaic.frontends.console.visitor import Visitor
from deltaic.model.capability import Capability
from deltaic.model.context import Context
from deltaic.model.volume import Volume
from deltaic.services import Services
from deltaic.services.views import InstanceView
from deltaic.services.zones import Region

T = TypeVar("T")

#: What a page may load: its own files, nothing else; nobody may put it into a frame.
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

#: Stands in a part for the digest of the part itself.
_SEEN: Final = "@seen@"


@dataclass(frozen=True, slots=True)
class Page:
    """One request of somebody who is logged in. `fields` are the form's, empty for a GET.

    `centers` are the data centers to choose from, empty where that is no question.
    """

    request: Request
    visitor: Visitor
    services: Services
    settings: ConsoleSettings
    capability: Capability
    endpoint: str
    notes: Notes
    histories: Histories
    shelf: Shelf
    centers: Sequence[Region] = ()
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def context(self) -> Context:
        """On whose behalf services are called."""
        return self.visitor.context

    @property
    def live(self) -> bool:
        """Whether htmx asks for a part of a page."""
        return "hx-request" in self.request.headers

    @property
    def id(self) -> str:
        """The id in the address."""
        return str(self.request.path_params["id"])

    async def instances(self, *, details: bool) -> Sequence[InstanceView]:
        """The instances of the scope; those of a large cloud may be some seconds old."""
        what = "instances with details" if details else "instances"
        return await self.kept(what, lambda: self.services.instances.list(self.context, details=details))

    async def volumes(self) -> Sequence[Volume]:
        """The volumes of the scope; those of a large cloud may be some seconds old."""
        return await self.kept("volumes", lambda: self.services.volumes.list(self.context))

    async def kept(self, what: str, fetch: Callable[[], Awaitable[T]]) -> T:
        """What `fetch` gives, or gave a moment ago; a change looks it up anew."""
        return await (fetch() if self.request.method == "POST" else self.shelf.read(self.context, what, fetch))

    def working_for(self, context: Context) -> Page:
        """The same request under a context that names its job."""
        return replace(self, visitor=structs.replace(self.visitor, context=context))

    def query(self, name: str) -> str:
        """A parameter of the address, without blanks around it."""
        return self.request.query_params.get(name, "").strip()

    def field(self, name: str) -> str:
        """A field of the form, without blanks around it."""
        return self.fields.get(name, "").strip()

    def to(self, *segments: str) -> str:
        """The path of a page."""
        return "/".join((self.settings.mount, *segments))

    def show(self, template: str, code: int = 200, /, **values: Any) -> Response:
        """A whole page."""
        note = self.notes.read(self.request, self.visitor.csrf)
        response = html(template, code, **self._shared(), note=note, **values)
        if note is not None:
            self.notes.forget(response)
        return response

    def part(self, template: str, /, **values: Any) -> Response:
        """A part of a page; an empty answer to a browser that shows just that already."""
        text = render(template, self._shared() | values)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        if self.query("seen") == digest:
            return Response(None, 204, HEADERS)
        return HTMLResponse(text.replace(_SEEN, digest), 200, HEADERS)

    def go(self, *segments: str, said: str = "", problem: bool = False) -> Response:
        """Send the browser on to another page, which says what happened."""
        if self.live:
            response = Response(None, 204, {**HEADERS, "HX-Redirect": self.to(*segments)})
        else:
            response = RedirectResponse(self.to(*segments), 303, HEADERS)
        if said:
            self.notes.give(self.request, response, self.visitor.csrf, Note(said, problem))
        return response

    def _shared(self) -> dict[str, Any]:
        return {
            "mount": self.settings.mount,
            "user": self.context.principal.user,
            "cloud": self.context.scope.provider if len(self.services.identity.clouds) > 1 else "",
            "csrf": self.visitor.csrf,
            "can": self.capability,
            "path": self.request.url.path,
            "session": bool(self.visitor.token),
            "centers": self.centers,
            "center": self.context.scope.data_center,
            "seen": _SEEN,
        }


def html(template: str, code: int = 200, /, **values: Any) -> Response:
    """A template with values."""
    return HTMLResponse(render(template, values), code, HEADERS)
