"""Who a request comes from: Bearer, Basic, or the cookie of a persistent session."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.sso import LoginError

COOKIE: Final = "JSESSIONID"
PERSISTENT: Final = "persistent-auth"


@dataclass(slots=True)
class Principal:
    """The user, and the session cookie that the answer sets (empty: none)."""

    user: Entity
    cookie: str = ""


def authenticate(engine: Engine, request: Request) -> Principal | None:
    """Return the principal of a request, or None for 401.

    A cookie counts only while every request repeats `Prefer: persistent-auth`; one without it ends the session.
    """
    preferences = {one.strip().lower() for one in request.headers.get("prefer", "").split(",")}
    persistent = PERSISTENT in preferences
    cookie = request.cookies.get(COOKIE, "")
    if cookie and (not persistent or "new-auth" in preferences):
        engine.sessions.revoke(cookie)
        cookie = ""
    user = _by_header(engine, request.headers.get("authorization", ""))
    if user is None and cookie:
        user = engine.sessions.user_of(cookie)
        return Principal(user) if user is not None else None
    if user is None:
        return None
    return Principal(user, engine.sessions.open(user) if persistent and not cookie else "")


def _by_header(engine: Engine, header: str) -> Entity | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return engine.sessions.user_of(value.strip())
    if scheme.lower() != "basic":
        return None
    try:
        login, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
        return engine.sessions.check(login, password)
    except (binascii.Error, UnicodeDecodeError, LoginError):
        return None
