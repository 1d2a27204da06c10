"""The console's own files: style sheet, icon, htmx."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from deltaic.frontends.console.page import HEADERS
from deltaic.frontends.console.templating import FOLDER

#: How long a browser keeps a file without asking, seconds: pages name files with their version.
_KEPT: Final = 3600


class Files(StaticFiles):
    """The files of the folder `static` with the headers that pages have, apart from how long they are kept."""

    def __init__(self, folder: Path = FOLDER / "static") -> None:
        super().__init__(directory=folder)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file."""
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS | {"Cache-Control": f"public, max-age={_KEPT}"})
        return response
