"""The classic provider string."""

from __future__ import annotations

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.provider import Provider

URL = "https://engine.example/ovirt-engine/api"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (URL, Provider(URL)),
        (f"{URL}/", Provider(URL)),
        (f"{URL};Default", Provider(URL, "Default")),
        (f"{URL};;USER", Provider(URL, "", "USER")),
        (f" {URL} ; Default ; user ", Provider(URL, "Default", "user")),
        (
            f"{URL};79221158-0d50-11e2-a8af-17acc9433061;ADMIN",
            Provider(URL, "79221158-0d50-11e2-a8af-17acc9433061", "ADMIN"),
        ),
        ("http://localhost:8080/api;dc", Provider("http://localhost:8080/api", "dc")),
    ],
)
def test_parse(text: str, expected: Provider) -> None:
    assert Provider.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("barcelona", Provider("", "barcelona")), ("barcelona;USER", Provider("", "barcelona", "USER"))],
)
def test_parse_data_center_alone(text: str, expected: Provider) -> None:
    assert Provider.parse(text, url_required=False) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "engine",
        "ftp://engine/api",
        "https://",
        f"{URL};a;USER;b;c",
        "https://u:p@engine/api",
        "http://h:port/api",
        "http://[::1/api",
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(Error) as caught:
        Provider.parse(text)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "provider")
    assert "u:p" not in caught.value.message


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://engine/api", "https://ENGINE:443/ovirt-engine/api", True),
        ("https://engine/api", "http://engine/api", False),
        ("https://engine/api", "https://engine.evil/api", False),
        ("https://engine:8443/api", "https://engine/api", False),
    ],
)
def test_same_address(one: str, other: str, same: bool) -> None:
    assert Provider.parse(one).same_address(Provider.parse(other)) is same
