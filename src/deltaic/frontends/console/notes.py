"""What a page says once about the change before it: carried by a signed cookie from the answer to the next page."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from deltaic.frontends.console.settings import ConsoleSettings

COOKIE: Final = "deltaic_note"
_LONGEST: Final = 500
_SECONDS: Final = 60


class Note(Struct, frozen=True, array_like=True):
    """A sentence for the person at the browser; a `problem` or what was done."""

    text: str
    problem: bool = False


class Notes:
    """Writes and reads notes. Each belongs to one session: the visitor's token of changes is in the signature."""

    def __init__(self, secret: bytes, settings: ConsoleSettings) -> None:
        self._secret = secret
        self._settings = settings

    def give(self, request: Request, response: Response, csrf: str, note: Note) -> None:
        """Let the next page of this visitor say it."""
        content = msgspec.json.encode(Note(note.text[:_LONGEST], note.problem))
        value = base64.urlsafe_b64encode(content).decode().rstrip("=")
        response.set_cookie(
            COOKIE,
            f"{value}.{self._signature(csrf, value)}",
            max_age=_SECONDS,
            path=self._settings.mount,
            secure=self._settings.private(request.url.scheme),
            httponly=True,
            samesite="lax",
        )

    def read(self, request: Request, csrf: str) -> Note | None:
        """What this page is to say."""
        value, _, signature = request.cookies.get(COOKIE, "").partition(".")
        if not value or not hmac.compare_digest(signature.encode(), self._signature(csrf, value).encode()):
            return None
        try:
            return msgspec.json.decode(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)), type=Note)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            return None

    def forget(self, response: Response) -> None:
        """It was said."""
        response.delete_cookie(COOKIE, path=self._settings.mount)

    def _signature(self, csrf: str, value: str) -> str:
        return hmac.new(self._secret, f"note\0{csrf}\0{value}".encode(), hashlib.sha256).hexdigest()
