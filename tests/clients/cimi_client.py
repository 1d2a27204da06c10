"""A plain HTTP client for CIMI: any method, any Host, errors are answers too."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.clients.gateway import Answer, Gateway, basic


@dataclass(frozen=True)
class CimiClient:
    """Paths are below `/cimi`, or whole URIs. `host` is what the gateway is called; empty: its address."""

    gateway: Gateway
    host: str = ""

    def get(self, path: str, accept: str = "application/xml") -> Answer:
        """A successful GET."""
        answer = self.send("GET", path, headers={"Accept": accept})
        assert answer.status == 200, (path, answer.text)
        return answer

    def send(
        self,
        method: str,
        path: str,
        body: str = "",
        headers: dict[str, str] | None = None,
        password: str | None = None,
    ) -> Answer:
        """One request with a login."""
        parts = urlsplit(path)
        target = f"{parts.path if parts.netloc else f'/cimi{parts.path}'}{'?' if parts.query else ''}{parts.query}"
        login = basic(self.gateway.user, self.gateway.password if password is None else password)
        given = {**login, "Host": self.host or self.gateway.host, **(headers or {})}
        connection = http.client.HTTPConnection(self.gateway.host, timeout=60)
        try:
            connection.request(method, target, body.encode() if body else None, given)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read().decode())
        finally:
            connection.close()
