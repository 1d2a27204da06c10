"""Logging in and out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from deltaic.frontends.console.page import HEADERS, Page, html
from deltaic.frontends.console.settings import ConsoleSettings
from deltaic.frontends.console.visitor import COOKIE, check_change
from deltaic.frontends.http import body
from deltaic.frontends.http.basic import pause, peer
from deltaic.frontends.http.forms import fields
from deltaic.model.context import Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.ports.sessions import LONGEST
from deltaic.services import Services

_FORM_COOKIE = "deltaic_login"


class Login:
    """The page that everybody sees who is not known yet."""

    def __init__(self, services: Services, settings: ConsoleSettings, secret: bytes) -> None:
        self._services = services
        self._settings = settings
        self._secret = secret

    def ask(self, request: Request) -> Response:
        """Send somebody who is not known to the login, and from there back; a session that is over is said so."""
        path, mount = self._settings.mount, self._settings.mount
        if request.method == "GET" and "hx-request" not in request.headers:
            path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        over = "over=1&" if COOKIE in request.cookies else ""
        where = f"{mount}/login?{over}next={quote(path, safe='/')}"
        if "hx-request" in request.headers:
            return Response(None, 401, {**HEADERS, "HX-Redirect": where})
        return RedirectResponse(where, 303, HEADERS)

    async def show(self, request: Request) -> Response:
        """The form."""
        over = "over" in request.query_params and COOKIE in request.cookies
        message = "Your session is over. Please log in again." if over else ""
        return self._form(request, request.query_params.get("next", ""), message)

    async def enter(self, request: Request) -> Response:
        """Check a login with the cloud and begin a session, always a new one."""
        content = await body.read(request, self._settings.body_limit, self._settings.body_timeout)
        given = fields(content, request.headers.get("content-type", ""))
        check_change(request, None, "")
        back = given.get("next", "")
        if not hmac.compare_digest(given.get("csrf", "").encode(), self._csrf(request.cookies.get(_FORM_COOKIE, ""))):
            return self._form(request, back, "This page was out of date: please try again.", 400)
        cloud = given.get("cloud", "") or self._services.identity.clouds[0]
        if cloud not in self._services.identity.clouds:
            return self._form(request, back, "There is no such cloud here.", 400)
        user, password = given.get("user", "").strip(), given.get("password", "")
        if not user or not password or "\0" in user + password:
            return self._form(request, back, "A user and a password are needed.", 400, cloud)
        scope = self._services.identity.scope_of_cloud(cloud)
        try:
            principal, scope = await self._services.identity.basic(user, Secret(password), scope, address=peer(request))
        except Error as error:
            if error.kind is ErrorKind.UNAUTHENTICATED:
                return self._form(request, back, "The cloud does not know this user and password.", 401, cloud)
            if error.kind is not ErrorKind.RATE_LIMITED:
                raise
            response = self._form(request, back, f"{error.message}.", 429, cloud)
            response.headers.update(pause(error))
            return response
        await self._services.sessions.close(request.cookies.get(COOKIE, ""))
        token = await self._services.sessions.open(principal, scope)
        response = RedirectResponse(inside(self._settings.mount, back), 303, HEADERS)
        self._set(request, response, COOKIE, token, int(LONGEST.total_seconds()))
        response.delete_cookie(_FORM_COOKIE, path=self._settings.mount)
        return response

    def _form(self, request: Request, back: str, message: str = "", status: int = 200, cloud: str = "") -> Response:
        mark = secrets.token_urlsafe(18)
        csrf = self._csrf(mark).decode()
        response = html(
            "login.html",
            status,
            mount=self._settings.mount,
            next=inside(self._settings.mount, back),
            message=message,
            csrf=csrf,
            clouds=self._services.identity.clouds,
            cloud=cloud,
        )
        self._set(request, response, _FORM_COOKIE, mark, 3600)
        return response

    def _csrf(self, mark: str) -> bytes:
        """What the form must bring back for the cookie that came with it."""
        return hmac.new(self._secret, f"login\0{mark}".encode(), hashlib.sha256).hexdigest().encode() if mark else b"-"

    def _set(self, request: Request, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=self._settings.mount,
            secure=self._settings.private(request.url.scheme),
            httponly=True,
            samesite="strict" if name == _FORM_COOKIE else "lax",
        )


def inside(mount: str, path: str) -> str:
    """A path of the console, whatever was asked for: nobody is sent to another site."""
    plain = path.isprintable() and len(path) < 2000 and not any(sign in path for sign in ("\\", "//", ":", ".."))
    return path if plain and (path == mount or path.startswith((f"{mount}/", f"{mount}?"))) else mount


async def leave(page: Page) -> Response:
    """End the session."""
    if page.visitor.token:
        await page.services.sessions.close(page.visitor.token)
    response = RedirectResponse(page.to("login"), 303, HEADERS)
    response.delete_cookie(COOKIE, path=page.settings.mount)
    return response


async def look_at(page: Page) -> Response:
    """Look at another data center of the same cloud, on the same kind of page."""
    wanted = page.field("data_center")
    regions = await page.services.zones.regions(page.context)
    names = {region.data_center.id: region.data_center.name for region in regions}
    scope = page.context.scope
    said = ""
    if page.visitor.token and (wanted in names or not wanted):
        chosen = Scope(scope.provider, wanted, scope.view, chosen=bool(wanted))
        await page.services.sessions.look_at(page.visitor.token, chosen)
        said = f"You look at the data center {names[wanted]} now." if wanted else "You look at all data centers now."
    # An item of one data center is not there in another: back to its list.
    place = inside(page.settings.mount, page.field("next")).removeprefix(page.settings.mount).strip("/")
    return page.go(*filter(None, [place.partition("?")[0].partition("/")[0]]), said=said)
