"""A real browser before a real demo: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.person import Person
from tests.clients.conftest import running_demo
from tests.clients.gateway import Gateway


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The demo that all tests here share."""
    with running_demo(tmp_path_factory.mktemp("browser")) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Chromium is needed: apt-get install chromium, or name it in CHROMIUM"
    with sync_playwright() as playwright:
        # Chromium's sandbox does not work for root, as whom containers run.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = playwright.chromium.launch(executable_path=found, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def person(browser: Browser, demo: Gateway) -> Iterator[Person]:
    """Somebody at a desk who is logged in; what the browser complained of fails the test."""
    one = Person(browser, demo)
    one.log_in()
    yield one
    one.close()
    assert one.complaints == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which `make test-browser` fetches."""
    path = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
    assert path.exists(), "axe-core is not there: run make test-browser"
    return path.read_text("utf-8")
