"""The list of instances: search, states, pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from starlette.responses import Response

from deltaic.frontends.console.listing import listed
from deltaic.frontends.console.page import Page
from deltaic.frontends.console.states import HIDDEN, LOOKS, VERBS, Look
from deltaic.model.instance import Instance
from deltaic.services.views import InstanceView

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
    def address(self) -> str:
        """The one to reach it at: a public one where it has any."""
        public = [ip for nic in self.instance.nics for ip in nic.public_ipv4]
        return next(iter((*public, *self.instance.addresses)), "")

    @property
    def settled(self) -> bool:
        """Whether nothing is under way."""
        return self.look != Look.CHANGING


async def index(page: Page) -> Response:
    """One page of the instances that are searched for."""
    views = [view for view in await page.instances(details=True) if view.instance.state not in HIDDEN]
    look = page.query("state")
    found = listed(
        page,
        views,
        _texts,
        lambda view: name_of(view.instance),
        (lambda view: LOOKS[view.instance.state] == look) if look else None,
    )
    show = page.part if page.live else page.show
    template = "instances_rows.html" if page.live else "instances.html"
    return show(template, listing=found, rows=rows(found.items), state=look, looks=list(Look))


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
    """The name that its owner gave it, or the cloud's."""
    return instance.annotation.tags.get(NAME_TAG) or instance.name


def _texts(view: InstanceView) -> tuple[str, ...]:
    one = view.instance
    public = [ip for nic in one.nics for ip in nic.public_ipv4]
    return (name_of(one), one.name, one.id, one.fqdn, one.description, *one.addresses, *public)
