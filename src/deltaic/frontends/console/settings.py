"""What the console is told."""

from __future__ import annotations

from msgspec import Struct


class ConsoleSettings(Struct, frozen=True, kw_only=True):
    """`base_url` is the gateway's own address for clients (empty: as each request says).

    `mount` is the path of the pages. Sizes in bytes, times in seconds.
    """

    base_url: str = ""
    mount: str = "/api"
    body_limit: int = 1 << 20
    body_timeout: float = 30.0
    request_timeout: float = 60.0

    def private(self, scheme: str) -> bool:
        """Whether browsers come over HTTPS, here or at a proxy: cookies then go no other way."""
        return scheme == "https" or self.base_url.lower().startswith("https:")
