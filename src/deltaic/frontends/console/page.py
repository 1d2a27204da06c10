"""What the handlers of pages are given, and how they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from deltaic.frontends.console.settings import ConsoleSettings
from deltaic.frontends.console.templating import render
from deltaic.frontends.console.visitor import Visitor
from deltaic.model.capability import Capability
from deltaic.model.context import Context
from deltaic.services import Services

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


@dataclass(frozen=True, slots=True)
class Page:
    """One request of somebody who is logged in. `fields` are the form's, empty for a GET."""

    request: Request
    visitor: Visitor
    services: Services
    settings: ConsoleSettings
    capability: Capability
    endpoint: str
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def context(self) -> Context:
        """On whose behalf services are called."""
        return self.visitor.context

    @property
    def live(self) -> bool:
        """Whether htmx asks for a part of a page."""
        return "hx-request" in self.request.headers

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
        """A page or a part of one."""
        shared = {
            "mount": self.settings.mount,
            "user": self.context.principal.user,
            "csrf": self.visitor.csrf,
            "can": self.capability,
            "path": self.request.url.path,
            "session": bool(self.visitor.token),
        }
        return html(template, code, **shared, **values)

    def go(self, *segments: str) -> Response:
        """Send the browser on to another page, after a change."""
        if self.live:
            return Response(None, 204, {**HEADERS, "HX-Redirect": self.to(*segments)})
        return RedirectResponse(self.to(*segments), 303, HEADERS)


def html(template: str, code: int = 200, /, **values: Any) -> Response:
    """A template with values."""
    return HTMLResponse(render(template, values), code, HEADERS)


def fields_of(form: FormData) -> dict[str, str]:
    """The text fields of a form; files are none of them."""
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}
