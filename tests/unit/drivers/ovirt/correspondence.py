"""What an engine would have answered in JSON where it answered this XML (rules of the API, version 4)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from lxml import etree

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")
#: Members that hold text even where they look like a collection or a number.
EMPTY_COLLECTIONS = {
    "vms", "nics", "disks", "disk_attachments", "reported_devices", "networks", "clusters", "data_centers",
    "templates", "snapshots", "vnic_profiles", "applications", "statistics", "storage_domains", "files", "ips",
    "host_nics", "network_attachments", "hosts", "usages", "payloads", "values", "nic_configurations",
}  # fmt: skip
BOOLEANS = {"true": True, "false": False}


def to_json(xml: bytes, *, native: bool = False) -> tuple[str, Any]:
    """(root element, JSON value). `native`: integers and booleans as JSON's own instead of strings."""
    root = etree.fromstring(xml)
    return root.tag, _value(root, native)


def _value(element: Any, native: bool) -> Any:
    children = [child for child in element if isinstance(child.tag, str)]
    if not children and not element.attrib:
        return _scalar(element.tag, element.text or "", native)
    if _is_collection(element.tag, children):
        return {children[0].tag: [_value(child, native) for child in children]}
    found: dict[str, Any] = dict(element.attrib.items())
    for child in children:
        if child.tag == "link":
            found.setdefault("link", []).append(dict(child.attrib))
        else:
            found[child.tag] = _value(child, native)
    return found


def _is_collection(tag: str, children: list[Any]) -> bool:
    tags = {child.tag for child in children}
    if len(tags) != 1 or tags == {"link"}:
        return False
    one = tags.pop()
    return tag in (one + "s", one + "es", one[:-1] + "ies")


def _scalar(tag: str, text: str, native: bool) -> Any:
    if tag in EMPTY_COLLECTIONS and not text.strip():
        return {}
    if DATE.fullmatch(text):
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    if tag == "datum":
        return float(text)
    if native and text in BOOLEANS:
        return BOOLEANS[text]
    if native and re.fullmatch(r"-?\d{1,18}", text) and tag not in ("name", "description", "version_name", "id"):
        return int(text)
    return text
