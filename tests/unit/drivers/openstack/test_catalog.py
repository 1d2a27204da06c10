"""Where services are, by the catalogs of clouds of all ages."""

from __future__ import annotations

import msgspec
import pytest

from deltaic.drivers.openstack import catalog
from deltaic.drivers.openstack.microversions import headers, newest
from deltaic.drivers.openstack.wire_identity import Service, TokenAnswer, VersionAnswer
from deltaic.model.errors import Error, ErrorKind
from tests.unit.drivers.openstack.cloud import recorded

PROJECT = "07fc3dff8e114d6ba057a26ef4ab72ac"
RECORDED = msgspec.json.decode(recorded("token.json"), type=TokenAnswer).token.catalog


def one(type_: str, url: str, interface: str = "public", region: str = "R1") -> tuple[Service, ...]:
    raw = [{"type": type_, "endpoints": [{"url": url, "interface": interface, "region": region}]}]
    return msgspec.convert(raw, type=tuple[Service, ...])


@pytest.mark.parametrize(
    ("service", "url"),
    [
        ("compute", "http://127.0.0.1:18774/v2.1"),
        ("image", "http://127.0.0.1:19292/v2"),
        ("network", "http://127.0.0.1:19696/v2.0"),
        ("block-storage", f"http://127.0.0.1:18776/v3/{PROJECT}"),
        ("identity", "http://127.0.0.1:15000/v3"),
    ],
)
def test_services_of_a_real_catalog(service: str, url: str) -> None:
    assert catalog.place(RECORDED, service, "RegionOne", "public", PROJECT).url == url
    assert catalog.regions(RECORDED) == ["RegionOne"]


@pytest.mark.parametrize(
    ("service", "type_", "listed", "url"),
    [
        ("compute", "compute", "https://c:8774/v2/$(tenant_id)s", f"https://c:8774/v2.1/{PROJECT}"),
        ("compute", "computev21", "https://c:8774/v2.1/%(project_id)s", f"https://c:8774/v2.1/{PROJECT}"),
        ("compute", "compute", "https://c/compute", "https://c/compute/v2.1"),
        ("image", "image", "https://c:9292/v1/", "https://c:9292/v2"),
        ("network", "network", "https://c/network/", "https://c/network/v2.0"),
        ("block-storage", "volume", "https://c:8776/v1/1", "https://c:8776/v3/1"),
        ("block-storage", "volumev2", "https://c:8776/v2/%(tenant_id)s", f"https://c:8776/v3/{PROJECT}"),
        ("block-storage", "block-storage", " https://c/block-storage/v3/ ", f"https://c/block-storage/v3/{PROJECT}"),
        ("block-storage", "block-store", "https://c/volume", f"https://c/volume/v3/{PROJECT}"),
    ],
)
def test_addresses_of_other_clouds(service: str, type_: str, listed: str, url: str) -> None:
    assert catalog.place(one(type_, listed, "publicURL"), service, "R1", "public", PROJECT).url == url


def test_a_service_of_no_region_serves_those_that_have_none_of_their_own() -> None:
    raw = [
        {"url": "https://everywhere/v2.1", "interface": "public", "region": None, "region_id": None},
        {"url": "https://here/v2.1", "interface": "public", "region": "R1", "region_id": "R1"},
    ]
    found = msgspec.convert([{"type": "compute", "endpoints": raw}], type=tuple[Service, ...])
    assert catalog.place(found, "compute", "R1", "public", PROJECT).url == "https://here/v2.1"
    assert catalog.place(found, "compute", "R2", "public", PROJECT).url == "https://everywhere/v2.1"
    assert catalog.regions(found) == ["R1"]


@pytest.mark.parametrize(
    ("service", "region", "interface"),
    [("compute", "R2", "public"), ("compute", "R1", "internal"), ("image", "R1", "public")],
)
def test_a_service_that_is_not_offered(service: str, region: str, interface: str) -> None:
    with pytest.raises(Error) as caught:
        catalog.place(one("compute", "https://c:8774/v2.1"), service, region, interface, PROJECT)
    assert caught.value.kind is ErrorKind.UNSUPPORTED


def test_where_else_a_service_is_offered() -> None:
    found = one("compute", "https://c:8774/v2.1", "internalURL")
    with pytest.raises(Error) as caught:
        catalog.place(found, "compute", "R1", "public", PROJECT)
    words = "in region 'R1' at a public address, only at internal ones (option 'interface')"
    assert caught.value.message.endswith(words)
    assert (catalog.regions(found), catalog.regions(found, "public"), catalog.regions(found, "internal")) == (
        ["R1"], [], ["R1"],
    )  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "ftp://c/", "https:///v2.1", "https://u:p@c/v2.1", "https://c/v2.1?x", "c", "", "http://c:port/v2.1",
        "http://c:99999/", "http://[::1/v2.1", "http://c:0/",
    ],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(Error) as caught:
        catalog.place(one("compute", url), "compute", "R1", "public", PROJECT)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNAVAILABLE, False)


def version(service: str, top: str, bottom: str) -> tuple[int, int]:
    raw = {"version": {"id": "v2.1", "version": top, "min_version": bottom}}
    return newest(service, msgspec.convert(raw, type=VersionAnswer))


def test_the_newest_microversion_that_both_sides_know() -> None:
    real = msgspec.json.decode(recorded("compute_version.json"), type=VersionAnswer)
    assert newest("compute", real) == (2, 96)
    real = msgspec.json.decode(recorded("block_storage_version.json"), type=VersionAnswer)
    assert newest("block-storage", real) == (3, 71)
    assert version("compute", "2.12", "2.1") == (2, 12)
    assert version("compute", "2.120", "2.1") == (2, 96)
    assert version("compute", "", "") == (2, 1)
    assert version("compute", "2.300", "2.97") == (2, 1)
    assert newest("compute", VersionAnswer()) == (2, 1)


def test_the_floor_goes_without_headers() -> None:
    assert headers("compute", (2, 1)) == {}
    assert headers("compute", (2, 12)) == {
        "OpenStack-API-Version": "compute 2.12",
        "X-OpenStack-Nova-API-Version": "2.12",
    }
    assert headers("block-storage", (3, 71)) == {"OpenStack-API-Version": "volume 3.71"}
    assert headers("network", (9, 9)) == {}
