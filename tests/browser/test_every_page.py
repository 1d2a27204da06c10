"""Every page, light and dark, at a desk and on a phone: nothing that axe-core takes seriously, nothing cut off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.person import DESK, PHONE, Person
from tests.clients.gateway import Gateway

PAGES = (
    "", "/instances", "/instances?q=nothing-of-the-sort", "/instances/new", "/images", "/storage_volumes",
    "/storage_snapshots", "/networks", "/keys", "/jobs", "/events", "/access_keys", "/connect",
)  # fmt: skip
#: Lists whose first item's page is looked at, with what is asked there before it is done.
ITEMS = (("/instances", "Delete"), ("/images", "Delete"), ("/storage_volumes", ""), ("/networks", "Delete"))
#: What axe-core takes seriously.
SERIOUS = ("serious", "critical")
LOOKS = [(size, scheme) for size in (DESK, PHONE) for scheme in ("light", "dark")]


def findings(person: Person, axe: str) -> list[str]:
    """What is wrong with the page at hand."""
    page = person.page
    page.evaluate(axe)
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    found = [
        f"{one['id']}: {node['html'][:160]}"
        for one in result["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("the page is wider than the window")
    return found


@pytest.fixture(params=LOOKS, ids=[f"{'desk' if size == DESK else 'phone'}-{scheme}" for size, scheme in LOOKS])
def looker(request: pytest.FixtureRequest, browser: Browser, demo: Gateway) -> Iterator[Person]:
    """Somebody at each kind of screen."""
    size, scheme = request.param
    one = Person(browser, demo, size, scheme, reduced_motion="reduce")
    yield one
    one.close()


def test_nothing_serious(looker: Person, axe: str) -> None:
    wrong: dict[str, list[str]] = {}

    def look(where: str) -> None:
        wrong[where] = findings(looker, axe)

    looker.go("/login")
    look("login")
    looker.log_in()
    for path in PAGES:
        looker.go(path)
        look(path)
    for path, word in ITEMS:
        looker.go(path)
        looker.page.locator("tbody th a").first.click()
        expect(looker.page.locator(".crumbs")).to_be_visible()
        for summary in looker.page.locator("summary").all():
            summary.click()
        look(f"{path}/ID")
        if word and looker.page.get_by_role("link", name=word, exact=True).count():
            looker.follow(word)
            look(f"{path}/ID, {word}")
    looker.go("/keys")
    looker.page.locator("summary").click() if not looker.page.locator("details[open]").count() else None
    looker.page.locator("[name=name]").fill(f"axe-{id(looker)}")
    looker.press("Add key")
    expect(looker.page.locator(".once")).to_be_visible()
    look("a new key")
    if looker.page.locator("button.menu").is_visible():
        looker.press("Menu")
        expect(looker.page.get_by_role("link", name="Instances", exact=True)).to_be_visible()
        look("the menu")
    assert {where: found for where, found in wrong.items() if found} == {}
    assert looker.complaints == []


def test_the_running_instance_with_its_plots(looker: Person, axe: str) -> None:
    looker.log_in()
    looker.go("/instances?q=ec2_machine2")
    looker.follow("ec2_machine2")
    expect(looker.page.locator("#figures polyline").first).to_be_visible()
    assert findings(looker, axe) == []
    looker.follow("See its screen")
    assert findings(looker, axe) == []


def test_without_javascript(browser: Browser, demo: Gateway) -> None:
    """Reading works, and so do changes."""
    person = Person(browser, demo, java_script_enabled=False)
    person.log_in()
    page = person.page
    person.go("/instances")
    person.follow("ec2_machine")
    expect(page.get_by_role("heading", name="Facts")).to_be_visible()
    person.go("/networks")
    page.get_by_text("New network").click()
    page.locator("form.row [name=name]").fill("plain-html")
    person.press("Create network")
    expect(page.locator(".done")).to_have_text("The network plain-html was made.")
    person.confirm("Delete")
    expect(page.locator(".done")).to_have_text("The network plain-html was deleted.")
    person.go("/instances?q=machine2")
    expect(page.locator("#rows tbody tr")).to_have_count(2)
    person.close()


def test_by_keyboard_alone(person: Person) -> None:
    page = person.page
    person.go("/instances")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "New instance"
    # What is brought up to date does not take the focus away.
    page.get_by_role("link", name="cimi_machine", exact=True).focus()
    with page.expect_response(lambda answer: "seen=" in answer.url):
        pass
    assert page.evaluate("document.activeElement.textContent") == "cimi_machine"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="cimi_machine")).to_be_visible()


def test_hostile_names_run_nothing(person: Person) -> None:
    """Whatever an instance is called, it is text; the browser complains of nothing either."""
    page = person.page
    page.on("dialog", lambda dialog: person.complaints.append(f"dialog: {dialog.message}") or dialog.dismiss())
    name = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"
    person.go("/instances/new")
    page.locator("[name=name]").fill(name)
    page.locator("[name=image_id]").select_option(label="desktop_template")
    page.get_by_label("Start it when it is made").uncheck()
    person.press("Create")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    person.sees("stopped")
    made = page.url
    for path in ("", "/instances", "/instances?q=alert(2)", "/jobs", "/events", "/storage_volumes"):
        person.go(path)
        assert page.locator("img[src=x]").count() == 0
        assert page.locator("script").count() == 1
    person.go("/instances?q=alert(2)")
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    page.goto(made)
    person.confirm("Delete")
    expect(page.locator(".done")).to_have_text(f"{name} is being deleted.")
