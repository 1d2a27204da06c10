"""A browser without a screen: cookies, forms and the headers that browsers send, nothing else."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.support.processes import PASSWORD, USER

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


@dataclass(frozen=True)
class Seen:
    """An answer: status, headers (lower case; cookies apart) and text."""

    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    text: str

    @property
    def csrf(self) -> str:
        """The token of the page's forms."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        assert found is not None, self.text[:500]
        return found[1]


@dataclass
class ConsoleClient:
    """`host` is the gateway's `host:port`."""

    host: str
    cookies: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Seen:
        """One request; redirects are answers. Cookies are kept as a browser keeps them."""
        given = {"Accept": HTML, **(headers or {})}
        if self.cookies and "Cookie" not in given:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        content = None
        if form is not None:
            content = urlencode(form)
            given.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request(method, path, content, given)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            lines = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
            told = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()
        set_now: dict[str, str] = {}
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                set_now[name] = line
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return Seen(answer.status, told, set_now, text)

    def get(self, path: str, **headers: str) -> Seen:
        """One page."""
        return self.send("GET", path, headers=headers)

    def log_in(self, user: str = USER, password: str = PASSWORD, back: str = "") -> Seen:
        """Fill in the form; the answer to it."""
        page = self.get("/api/login")
        return self.send("POST", "/api/login", {"csrf": page.csrf, "user": user, "password": password, "next": back})

    def post(self, path: str, headers: Mapping[str, str] | None = None, **form: str) -> Seen:
        """Send a form with the token of the session's pages."""
        return self.send("POST", path, {"csrf": self.get("/api/connect").csrf, **form}, headers)
