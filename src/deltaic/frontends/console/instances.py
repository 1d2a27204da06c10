"""The list of instances: search, states, pages."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final

from msgspec import Struct
from starlette.responses import Response

from deltaic.frontends.console.page import Page
from deltaic.frontends.console.states import HIDDEN, LOOKS, VERBS, Look
from deltaic.model.instance import Instance
from deltaic.services.views import InstanceView

#: Rows of one page.
ROWS: Final = 50
NAME_TAG: Final = "Name"


class Row(Struct, frozen=True):
    """An instance as a line of a table, or at the head of its page."""

    instance: Instance
    name: str
    zone: str
    type_name: str
    look: str
    word: str
    verbs: tuple[str, ...]

    @property
    def settled(self) -> bool:
        """Whether nothing is under way."""
        return self.look != Look.CHANGING


async def index(page: Page) -> Response:
    """One page of the instances that are searched for."""
    views = await page.services.instances.list(page.context)
    wanted, look = page.query("q").casefold(), page.query("state")
    found = [
        view
        for view in views
        if view.instance.state not in HIDDEN
        and (not look or LOOKS[view.instance.state] == look)
        and (not wanted or _matches(view, wanted))
    ]
    found.sort(key=lambda view: (name_of(view.instance).casefold(), view.instance.id))
    pages = max(1, ceil(len(found) / ROWS))
    number = min(max(1, _number(page.query("page"))), pages)
    shown = found[(number - 1) * ROWS : number * ROWS]
    return page.show(
        "instances_rows.html" if page.live else "instances.html",
        rows=rows(shown),
        count=len(found),
        total=len(views),
        number=number,
        pages=pages,
        q=page.query("q"),
        state=look,
        looks=list(Look),
    )


def rows(views: Sequence[InstanceView]) -> list[Row]:
    """The lines of these instances."""
    return [row(view) for view in views]


def row(view: InstanceView) -> Row:
    """An instance's line."""
    one = view.instance
    return Row(
        one,
        name_of(one),
        view.zone.zone.name if view.zone else "",
        view.type_name,
        LOOKS[one.state].value,
        one.state.value.replace("_", " "),
        VERBS.get(one.state, ()),
    )


def name_of(instance: Instance) -> str:
    """The name that its owner gave it, or the engine's."""
    return instance.annotation.tags.get(NAME_TAG) or instance.name


def _matches(view: InstanceView, wanted: str) -> bool:
    one = view.instance
    texts = (name_of(one), one.name, one.id, one.fqdn, one.description, *one.addresses)
    return any(wanted in text.casefold() for text in texts)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
