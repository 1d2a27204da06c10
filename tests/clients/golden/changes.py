"""Requests that are not sent exactly as they were recorded, each with its reason."""

from __future__ import annotations

from typing import Final

#: Parameters that are left out.
LEFT_OUT: Final[dict[str, dict[str, str]]] = {
    "networks_create": {"address_block": "the engine gives networks no addresses: it is refused, as other tests show"},
    "network_interfaces_create": {"subnet": "a network has one subnet here, which needs no name"},
}
#: Headers that are sent with another value.
HEADERS: Final[dict[str, dict[str, str]]] = {
    # The picture of the states is a drawing that scales.
    "instance_states_index.png": {"Accept": "image/svg+xml"},
}
#: Paths that are others. The console need not have a page for every collection; images have one.
PATHS: Final[dict[str, str]] = dict.fromkeys(("neg_star.out", "neg_xhtml.out", "neg_firefox.out"), "/api/images")
