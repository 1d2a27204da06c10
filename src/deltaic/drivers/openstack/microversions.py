"""Which microversion a service is spoken to in: the newest that both sides know.

Source page: "Microversions" of the API working group; compute's and block storage's REST API version history.
"""

from __future__ import annotations

import re
from typing import Final

from deltaic.drivers.openstack.wire_identity import VersionAnswer

Number = tuple[int, int]

#: The newest that this driver is written for.
KNOWN: Final[dict[str, Number]] = {"compute": (2, 96), "block-storage": (3, 71)}
#: What is spoken without any header.
FLOOR: Final[dict[str, Number]] = {"compute": (2, 1), "block-storage": (3, 0)}

#: The service's name in the header.
_NAMES: Final = {"compute": "compute", "block-storage": "volume"}
#: Before 2.27 compute knew only a header of its own.
_COMPUTE_HEADER: Final = "X-OpenStack-Nova-API-Version"
_NUMBER = re.compile(r"(\d{1,3})\.(\d{1,5})")


def number(text: str) -> Number | None:
    """`2.61` as a pair; None when it is none."""
    found = _NUMBER.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


def newest(service: str, answer: VersionAnswer) -> Number:
    """The newest that both know; the floor where the service has none, or none of ours."""
    floor = FLOOR[service]
    ranges = (answer.version, *answer.versions) if answer.version else answer.versions
    for one in ranges:
        top, bottom = number(one.version), number(one.min_version)
        if top and bottom and top[0] == floor[0] and bottom <= KNOWN[service]:
            return min(top, KNOWN[service])
    return floor


def lowered(version: Number, most: str) -> Number:
    """`version`, or `most` (`2.61`) where that is given and older."""
    wanted = number(most)
    return min(version, wanted) if wanted else version


def headers(service: str, version: Number) -> dict[str, str]:
    """The headers that ask for `version`; none for the floor."""
    if service not in KNOWN or version <= FLOOR[service]:
        return {}
    text = f"{version[0]}.{version[1]}"
    asked = {"OpenStack-API-Version": f"{_NAMES[service]} {text}"}
    return {**asked, _COMPUTE_HEADER: text} if service == "compute" else asked
