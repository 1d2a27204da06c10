"""The shape of many answers of one kind: what is always there, what was seen, how values look, in which order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tests.sim.golden.tree import Node

_HEX: Final = "[0-9a-fA-F]"
UUID: Final = re.compile(f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}")
_IDENTITY: Final = re.compile(f"{UUID.pattern}|{_HEX}{{2,}}|[^/]+\\.iso")
CLASSES: Final = (
    ("uuid", UUID),
    ("boolean", re.compile("true|false")),
    ("integer", re.compile(r"-?\d+")),
    ("decimal", re.compile(r"-?\d+\.\d+(E-?\d+)?")),
    ("date", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")),
    ("mac", re.compile(f"({_HEX}{{2}}:){{5}}{_HEX}{{2}}")),
    ("address", re.compile(rf"\d+\.\d+\.\d+\.\d+|{_HEX}*:{_HEX}*:[{_HEX[1:-1]}:.]*")),
    ("token", re.compile("[a-z][a-z0-9_]*")),
)
# Members that hold what people or machines wrote: any text fits, an empty one too.
FREE: Final = frozenset(
    {
        "name", "description", "comment", "alias", "path", "value", "version_name", "content", "subject",
        "organization", "address", "fqdn", "time_zone", "product_name", "manufacturer", "serial_number", "family",
        "full_version", "codename", "kernel", "distribution", "instance_id", "iqn", "driver_id", "firmware", "data",
        "vdsm_name", "host_name", "user_name", "custom_script", "dns_servers", "authorized_ssh_keys", "tuned_profile",
        "custom_kernel_cmdline", "vendor", "product", "supported_rng_source", "label", "email", "namespace",
        "principal", "target", "mount_options",
    }
)  # fmt: skip


def value_class(text: str) -> str:
    """The class of a value: the first of CLASSES that fits, else text; empty when there is none."""
    stripped = text.strip()
    if not stripped:
        return "empty"
    return next((name for name, pattern in CLASSES if pattern.fullmatch(stripped)), "text")


def href_pattern(href: str) -> str:
    """An href with every id in it replaced."""
    return "/".join("ID" if _IDENTITY.fullmatch(part) else part
                    for part in href.split("/"))  # fmt: skip


@dataclass
class Shape:
    """Facts by the path of the element they are about ("" is the entity itself)."""

    count: Counter[str] = field(default_factory=Counter)
    facts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    values: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    hrefs: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    empties: dict[str, set[bool]] = field(default_factory=lambda: defaultdict(set))
    orders: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))

    def required(self, path: str) -> set[str]:
        """What every element at this path had."""
        return {fact for fact, count in self.facts[path].items() if count == self.count[path]}

    def seen(self, path: str) -> set[str]:
        """What any element at this path had."""
        return set(self.facts[path])


def shape_of(nodes: Iterable[Node]) -> Shape:
    """The shape of some entities of one kind."""
    shape = Shape()
    for node in nodes:
        _walk(shape, node, "")
    return shape


def _walk(shape: Shape, node: Node, path: str) -> None:
    shape.count[path] += 1
    facts: set[str] = set()
    for name, value in node.attributes.items():
        facts.add("@" + name)
        place = f"{path}/@{name}"
        (shape.hrefs[place].add(href_pattern(value)) if name == "href" else shape.values[place].add(value_class(value)))
    first: dict[str, int] = {}
    for number, child in enumerate(node.children):
        first.setdefault(child.tag, number)
        if child.tag == "link":
            rel = child.attributes.get("rel", "")
            facts.add(f"link[{rel}]")
            shape.hrefs[f"{path}/link[{rel}]"].add(href_pattern(child.attributes.get("href", "")))
        else:
            facts.add(child.tag)
            _walk(shape, child, f"{path}/{child.tag}")
    shape.facts[path].update(facts)
    tags = sorted(first, key=lambda tag: first[tag])
    shape.orders[path].update((one, other) for number, one in enumerate(tags) for other in tags[number + 1 :])
    if not node.children:
        shape.values[path].add(value_class(node.text) if not node.attributes else "attributes")
        if node.empty:
            shape.empties[path].add(node.closed)
