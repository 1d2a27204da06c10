"""The values of addresses: whatever is sent, it is understood or refused by name."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_interface
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.frontends.cimi.network import address_values
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.nic import NicConfiguration

FIELDS = ("ip", "mask", "defaultGateway", "protocol", "hostname", "allocation")
TEXTS = st.one_of(
    st.text(max_size=20),
    st.ip_addresses().map(str),
    st.integers(-1, 129).map(str),
    st.sampled_from(["IPv4", "ipv6", "static", "dynamic", "255.255.255.0", "0.0.0.255", "/24", "fe80::1%eth0", "a.b"]),
)
DOCUMENTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(FIELDS, TEXTS) | {"dns": st.lists(TEXTS, max_size=10)}
)  # fmt: skip


def attempt(call: Callable[[], Any]) -> Any:
    """What a call returns, or the error that it raises."""
    try:
        return call()
    except Error as error:
        return error


@given(DOCUMENTS)
def test_anything_is_understood_once_or_refused_by_name(document: dict[str, Any]) -> None:
    found = attempt(lambda: address_values.checked(document))
    if isinstance(found, Error):
        assert found.kind is ErrorKind.INVALID
        assert found.field in (*FIELDS, "dns")
        return
    assert address_values.checked(found) == found
    whole = attempt(lambda: address_values.complete(document))
    if isinstance(whole, Error):
        assert (whole.kind, whole.field, bool(found.get("ip"))) == (ErrorKind.MISSING, "ip", False)
        return
    line = attempt(lambda: address_values.configuration(whole))
    if isinstance(line, Error):
        assert line.field in ("mask", "defaultGateway")
        return
    assert str(ip_interface(f"{line.address}/{line.prefix}").ip) == found["ip"]


@pytest.mark.parametrize(
    ("document", "cidr", "line"),
    [
        ({"ip": "10.0.0.9", "mask": "255.255.252.0"}, "", NicConfiguration("10.0.0.9", 22)),
        ({"ip": "10.0.0.9", "mask": "/22"}, "", NicConfiguration("10.0.0.9", 22)),
        ({"ip": "10.0.0.9"}, "10.0.0.0/20", NicConfiguration("10.0.0.9", 20)),
        ({"ip": "10.0.0.9", "mask": "24"}, "10.0.0.0/20", NicConfiguration("10.0.0.9", 24)),
        ({"ip": " 2001:DB8:0::9 ", "mask": "64"}, "", NicConfiguration("2001:db8::9", 64)),
    ],
)
def test_masks(document: dict[str, Any], cidr: str, line: NicConfiguration) -> None:
    assert address_values.configuration(address_values.complete(document), cidr) == line


@pytest.mark.parametrize("cidr", ["", "10.1.0.0/16", "nonsense", "2001:db8::/32"])
def test_a_network_without_the_address_gives_no_mask(cidr: str) -> None:
    with pytest.raises(Error) as caught:
        address_values.configuration(address_values.complete({"ip": "10.0.0.9"}), cidr)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "mask")
