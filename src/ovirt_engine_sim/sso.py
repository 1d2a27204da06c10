"""SSO: tokens, their idle limit, revocation; and who a principal is."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ovirt_engine_sim.durations import DURATIONS

if TYPE_CHECKING:
    from ovirt_engine_sim.engine import Engine
    from ovirt_engine_sim.entity import Entity

API_SCOPE: Final = "ovirt-app-api"
SCOPES: Final = frozenset(
    {
        API_SCOPE, "ovirt-app-admin", "ovirt-app-portal", "openid", "ovirt-ext=token:password-access",
        "ovirt-ext=token-info:validate", "ovirt-ext=token-info:authz-search",
        "ovirt-ext=token-info:public-authz-search", "ovirt-ext=revoke:revoke-all",
    }
)  # fmt: skip
_SWEEP: Final = 1000
NEVER: Final = "9223372036854775807"


@dataclass(slots=True)
class Session:
    """One granted token; `used` is the time of the last request, epoch milliseconds."""

    user: str
    scopes: frozenset[str]
    used: int


class LoginError(Exception):
    """An SSO error: `code` as in OAuth, `text` for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Sessions:
    """The tokens that are alive; they die with the process, as the engine's do."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sessions: dict[str, Session] = {}

    def check(self, login: str, password: str) -> Entity:
        """Return the user entity for `user@profile` and password; raises LoginError access_denied."""
        expected = self._engine.users.get(login)
        given = password.encode()
        right = hmac.compare_digest((expected or "").encode(), given)
        user = next((one for one in self._engine.all("user") if one.inner.get("login") == login), None)
        if expected is None or not right or user is None:
            raise LoginError(
                "access_denied",
                f"Cannot authenticate user '{login[:200]}': Unable to log in. Verify your login information "
                "or contact the system administrator..",
            )
        return user

    def grant(self, form: dict[str, str]) -> dict[str, Any]:
        """Return the token answer for a token request form; raises LoginError."""
        for name in ("grant_type", "scope"):
            if not form.get(name):
                raise LoginError("invalid_request", f"Missing parameter: '{name}'")
        if form["grant_type"] != "password":
            raise LoginError("unsupported_grant_type", "The grant type is not supported.")
        scopes = frozenset(form["scope"].split())
        if not scopes <= SCOPES:
            raise LoginError("invalid_scope", "The requested scope is not valid.")
        for name in ("username", "password"):
            if not form.get(name):
                raise LoginError("invalid_request", f"Missing parameter: '{name}'")
        user = self.check(form["username"], form["password"])
        token = self.open(user, scopes)
        return {
            "access_token": token,
            "scope": " ".join(sorted(scopes)),
            "exp": NEVER,
            "token_type": "bearer",
        }

    def open(self, user: Entity, scopes: frozenset[str] = frozenset({API_SCOPE})) -> str:
        """Start a session and return its token."""
        if len(self._sessions) >= _SWEEP:
            self._sessions = {token: one for token, one in self._sessions.items() if not self._idle(one)}
        token = secrets.token_urlsafe(64)
        self._sessions[token] = Session(user.id, scopes, self._engine.now())
        return token

    def user_of(self, token: str) -> Entity | None:
        """Return the user behind a live token with API scope and count this as use."""
        session = self._sessions.get(token)
        if session is None or API_SCOPE not in session.scopes:
            return None
        if self._idle(session):
            del self._sessions[token]
            return None
        session.used = self._engine.now()
        return self._engine.get("user", session.user)

    def _idle(self, session: Session) -> bool:
        return self._engine.now() - session.used > DURATIONS["idle_session"] * 1000

    def info(self, token: str) -> dict[str, Any]:
        """Return what token introspection tells."""
        user = self.user_of(token)
        if user is None:
            return {"active": False}
        return {
            "active": True, "token_type": "bearer", "client_id": "ovirt-engine-core", "scope": API_SCOPE,
            "user_id": user.data.get("user_name"), "user_authz": "internal-authz", "exp": NEVER,
        }  # fmt: skip

    def revoke(self, token: str) -> None:
        """Forget a token; an unknown one is fine."""
        self._sessions.pop(token, None)

    def clear(self) -> None:
        """Forget every token."""
        self._sessions.clear()
