"""Somebody at a browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, expect

from tests.clients.gateway import Gateway
from tests.support.processes import PASSWORD, USER

#: Milliseconds within which a page shows what it should.
PATIENCE = 30_000
DESK = (1280, 900)
PHONE = (390, 844)


class Person:
    """A browser's window with cookies of its own. `complaints` are what its console printed."""

    def __init__(
        self, browser: Browser, gateway: Gateway, size: tuple[int, int] = DESK, scheme: Any = "light", **options: Any
    ) -> None:
        parts = urlsplit(gateway.url)
        self.root = f"{parts.scheme}://{parts.netloc}"
        width, height = size
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True, **options
        )
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str = "") -> None:
        """Open a page of the console."""
        self.page.goto(f"{self.root}/api{path}")

    def log_in(self, user: str = USER, password: str = PASSWORD) -> None:
        """Type user and password."""
        self.go("/login")
        self.page.get_by_label("User").fill(user)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("heading", name="Overview")).to_be_visible()

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Follow a link."""
        self.page.get_by_role("link", name=name, exact=True).click()

    def confirm(self, name: str) -> None:
        """Follow the link to what can't be taken back, and say yes."""
        self.follow(name)
        expect(self.page.get_by_role("link", name="Cancel")).to_be_visible()
        self.press(name)

    @property
    def state(self) -> Locator:
        """The state that the page of a thing shows."""
        return self.page.locator("#live .state").first

    def sees(self, word: str) -> None:
        """Wait until the thing is in that state."""
        expect(self.state).to_have_text(word, timeout=PATIENCE)

    def close(self) -> None:
        """Close the window."""
        self.context.close()
