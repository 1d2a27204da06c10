"""The comparison itself notices every sort of difference that it is there for."""

from __future__ import annotations

import pytest

from tests.sim.golden.compare import added, differing, missing
from tests.sim.golden.shape import Shape, href_pattern, shape_of, value_class
from tests.sim.golden.tree import parse

RECORDED = (
    b'<vms><vm href="/api/vms/0aa0" id="79221158-0d50-11e2-a8af-17acc9433061"><name>a</name>'
    b'<link href="/api/vms/0aa0/nics" rel="nics"/><memory>1024</memory><status>down</status>'
    b"<description></description><nics/></vm></vms>"
)


def shape(document: bytes) -> Shape:
    return shape_of(parse(document).children)


def changed(old: bytes, new: bytes) -> Shape:
    assert old in RECORDED
    return shape(RECORDED.replace(old, new))


def found(ours: Shape) -> tuple[list[str], list[str], list[str]]:
    recorded = shape(RECORDED)
    return list(missing(recorded, ours)), list(added(recorded, ours)), list(differing(recorded, ours))


def test_equal_shapes_agree() -> None:
    assert found(shape(RECORDED)) == ([], [], [])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"<memory>1024</memory>", b"", (["/memory"], [], [])),
        (b"<memory>", b"<fqdn>x</fqdn><memory>", ([], ["/fqdn"], [])),
        (b">1024<", b">1 GiB<", ([], [], ["value of /memory: ['text'], recorded ['integer']"])),
        (b">down<", b">DOWN<", ([], [], ["value of /status: ['text'], recorded ['token']"])),
        (b' rel="nics"', b' rel="disks"', (["/link[nics]"], ["/link[disks]"], [])),
        (b' id="79221158-0d50-11e2-a8af-17acc9433061"', b"", (["/@id"], [], [])),
        (b"<nics/>", b"<nics></nics>", ([], [], ["empty form of /nics: closed=[False], recorded closed=[True]"])),
        (b"<memory>1024</memory><status>down</status>", b"<status>down</status><memory>1024</memory>",
         ([], [], ["order in /: status before memory"])),
        (b'href="/api/vms/0aa0/nics"', b'href="/api/nics"',
         ([], [], ["href of /link[nics]: /api/nics, recorded ['/api/vms/ID/nics']"])),
    ],
    ids=["missing", "added", "unit", "case", "rel", "id", "empty", "order", "href"],
)  # fmt: skip
def test_difference_is_noticed(old: bytes, new: bytes, expected: tuple[list[str], list[str], list[str]]) -> None:
    assert found(changed(old, new)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", "boolean"), ("-1", "integer"), ("0.5", "decimal"), ("2019-10-15T12:12:12.505+02:00", "date"),
     ("56:6f:85:ae:00:01", "mac"), ("fe80::21a", "address"), ("10.0.0.1", "address"), ("image_locked", "token"),
     ("LOCK_SCREEN", "text"), (" ", "empty"), ("8ebc8e0c-38a3-ff89-b043-1e5ec6e4c9a3", "uuid")],
)  # fmt: skip
def test_value_classes(text: str, expected: str) -> None:
    assert value_class(text) == expected


def test_ids_in_hrefs_do_not_matter() -> None:
    assert (
        href_pattern("/ovirt-engine/api/vms/8ebc8e0c-38a3-ff89-b043-1e5ec6e4c9a3/nics")
        == "/ovirt-engine/api/vms/ID/nics"
    )
