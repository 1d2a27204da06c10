"""The web console: what a person sees at the addresses of the Deltacloud API.

Pages are made on the server (Jinja2) and work without JavaScript; htmx, a file of `static`, keeps what changes up to
date. Pages and API call the same services.
"""

from __future__ import annotations

from deltaic.frontends.console.frontend import ConsoleFrontend
from deltaic.frontends.console.settings import ConsoleSettings

__all__ = ["ConsoleFrontend", "ConsoleSettings"]
