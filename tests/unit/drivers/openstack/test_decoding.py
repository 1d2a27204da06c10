"""JSON of services that are older, or more careless, than their documentation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deltaic.drivers.openstack.convert import instance
from deltaic.drivers.openstack.decoding import decoded
from deltaic.drivers.openstack.times import moment
from deltaic.drivers.openstack.wire_compute import Flavors, Server, ServerAnswer, Servers
from deltaic.drivers.openstack.wire_identity import TokenAnswer
from deltaic.drivers.openstack.wire_image import image_of
from deltaic.drivers.openstack.wire_network import Ports
from deltaic.model.errors import Error, ErrorKind

DEEP = b'{"servers": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def test_nulls_count_as_left_out() -> None:
    (server,) = decoded(
        Servers,
        b'{"servers": [{"id": "1", "name": null, "status": "ACTIVE", "metadata": null, "addresses": null,'
        b' "flavor": null, "tags": null, "OS-EXT-STS:power_state": "1", "locked": null}], "servers_links": null}',
    ).servers
    assert server == Server(id="1", name="", status="ACTIVE", image=None, power_state=1)
    (port,) = decoded(Ports, b'{"ports": [null, {"id": "p", "fixed_ips": null, "security_groups": null}]}').ports
    assert (port.id, port.fixed_ips, port.security_groups) == ("p", (), ())
    assert decoded(Servers, b'{"servers": null}').servers == ()


def test_numbers_as_texts() -> None:
    (flavor,) = decoded(
        Flavors, b'{"flavors": [{"id": "7", "ram": "512", "vcpus": "2", "disk": 0, "extra_specs": null}]}'
    ).flavors
    assert (flavor.ram, flavor.vcpus, flavor.disk, flavor.extra_specs) == (512, 2, 0, {})


def test_a_null_image_member() -> None:
    found = image_of({"id": "i", "name": None, "status": "active", "min_disk": None, "tags": None, "size": "7"})
    assert (found.name, found.min_disk, found.tags, found.size) == ("", 0, (), 7)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"servers": 7}', b'{"servers": [7]}', b"\xff", DEEP, b"[" * 200_000, b'{"servers": null, "a": '],
    ids=["nothing", "page", "number", "of numbers", "no utf-8", "deep", "deep and open", "open"],
)  # fmt: skip
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(Error) as caught:
        decoded(Servers, body)
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    assert len(caught.value.message) < 300


def test_a_catalog_with_nulls() -> None:
    answer = decoded(
        TokenAnswer,
        b'{"token": {"catalog": [{"type": "compute", "name": null, "endpoints": [{"url": null, "interface": "public"},'
        b' {"url": "http://c/", "interface": "public", "region_id": null, "region": "R"}]}], "roles": null}}',
    )
    assert [point.url for point in answer.token.catalog[0].endpoints] == ["", "http://c/"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T22:51:20Z", "2026-11-22T22:51:20", "2026-11-22T22:51:20.000000", "2026-11-22T22:51:20.000Z",
        "2026-11-22T22:51:20+00:00", "2026-11-23T00:51:20+0200", " 2026-11-22 22:51:20 ", "2026-11-22T17:51:20-05:00",
    ],
)  # fmt: skip
def test_times_in_any_form(text: str) -> None:
    assert moment(text) == datetime(2026, 11, 22, 22, 51, 20, tzinfo=UTC)
    server = decoded(ServerAnswer, b'{"server": {"id": "1", "created": "%s"}}' % text.encode()).server
    assert instance(server, "R").created_at == datetime(2026, 11, 22, 22, 51, 20, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", None, "yesterday", "0001-01-01T00:00:00+14:00", "2026-13-01T00:00:00Z"])
def test_times_that_are_none(text: str | None) -> None:
    assert moment(text) is None
