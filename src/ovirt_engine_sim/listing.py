"""Lists: search, filtered mode, paging and `max`, as the engine combines them."""

from __future__ import annotations

import re
from typing import Any, Final

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.entities.base import Service
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import OPERATION_FAILED, Fault
from ovirt_engine_sim.search import EmptyResult, SearchSyntaxError, compile_search
from ovirt_engine_sim.search_values import value_function

_PAGED: Final = re.compile(r"sortby\s+name\s+asc", re.IGNORECASE)


def rows(call: Call, service: Service, parent: Entity | None) -> list[Entity]:
    """Return the members that this call lists, in order."""
    found = service.members(call, parent)
    maximum = call.number("max")
    page = None
    if service.search and parent is None:
        try:
            search = compile_search(service.search, call.query.get("search", ""),
                                    case_sensitive=call.flag("case_sensitive", default=True))  # fmt: skip
            wanted = search.identities() if service.search == "vms" else None
            if wanted is not None:
                # Pollers ask for a few machines among thousands, again and again.
                found = [one for one in found if one.id in wanted]
            found = search.apply(found, value_function(call.engine, service.search))
        except SearchSyntaxError as error:
            raise Fault(400, OPERATION_FAILED, str(error)) from None
        except EmptyResult:
            return []
        page = search.page
        if call.filtered and maximum is not None and page is not None:
            # A quirk of the filtered mode: pages exist only for this one order, and terms are ignored then.
            if _PAGED.search(call.query.get("search", "")) is None:
                page = None
            else:
                found = compile_search(service.search, "sortby name asc").apply(
                    service.members(call, parent), value_function(call.engine, service.search)
                )
    return window(found, maximum, page)


def window(found: list[Any], maximum: int | None, page: int | None) -> list[Any]:
    """Return one page: `max` is the page size; without it page 1 is everything and later pages are empty."""
    if maximum is None or maximum < 0:
        return found if page in (None, 1) else []
    start = maximum * ((page or 1) - 1)
    return found[start : start + maximum]
