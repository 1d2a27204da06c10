"""Provider strings, searches, ids, logins' keys: the small pure parts."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from urllib.parse import quote
from uuid import UUID

import pytest

from deltaic.driver import DriverConfig
from deltaic.drivers import registry
from deltaic.drivers.http import redact
from deltaic.drivers.http.tls import normal_fingerprint
from deltaic.drivers.ovirt import convert, ids, search, wire
from deltaic.drivers.ovirt.client import correlation_id
from deltaic.drivers.ovirt.config import api_url
from deltaic.drivers.ovirt.interfaces import addresses_by_mac
from deltaic.model.annotation import Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState as S

API = "/ovirt-engine/api"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://localhost:8080/api", "http://localhost:8080" + API),
        ("http://localhost:8080/api;7922;USER", "http://localhost:8080" + API),
        ("https://e.example/ovirt-engine/api/;Default;ADMIN", "https://e.example" + API),
        ("https://e.example", "https://e.example" + API),
        ("https://e.example/ovirt-engine/;;user", "https://e.example" + API),
        ("https://e.example/proxy/ovirt-engine/api", "https://e.example/proxy" + API),
        ("https://[::1]:8443/api ; My DC ", "https://[::1]:8443" + API),
        ("HTTPS://E.example:443/api", "https://e.example:443" + API),
    ],
)
def test_provider_strings(text: str, expected: str) -> None:
    assert api_url(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "localhost:8080/api", "ftp://h/api", "http://", "http://h/api;a;b;c", "http://h/api;a;ROOT", "http://u:p@h/api",
     "http://h/api?x=1", "http://h/api#x", "http://h/other", "http://h:port/api", "http://[::1/api"],
)  # fmt: skip
def test_wrong_provider_strings(text: str) -> None:
    with pytest.raises(Error) as caught:
        registry.create("ovirt", DriverConfig(provider=text))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "provider")
    assert "p@h" not in caught.value.message


@pytest.mark.parametrize("name", ["ovirt", "rhevm", "rhev", "olvm", " RHEVM "])
def test_names_of_the_driver(name: str) -> None:
    assert registry.find(name).name == "ovirt"


@pytest.mark.parametrize(
    ("name", "words"),
    [("ovrit", "did you mean 'ovirt'"), ("eucalyptus", "is not installed: install"), ("zzz", "installed: ")],
)
def test_unknown_drivers(name: str, words: str) -> None:
    with pytest.raises(Error, match=words) as caught:
        registry.find(name)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "driver")


def test_a_driver_that_lacks_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("broken", "no_such_package.driver:DRIVER", registry.GROUP)
    installed = registry.entry_points(group=registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [*installed, broken])
    with pytest.raises(Error, match="install no_such_package") as caught:
        registry.find("broken")
    assert caught.value.kind is ErrorKind.UNSUPPORTED
    assert [factory.name for factory in registry.factories()] == ["openstack", "ovirt"]
    assert registry.find("olvm").title == "oVirt Engine, RHV, OLVM"


def test_unknown_option() -> None:
    with pytest.raises(Error, match="'speed'"):
        registry.create("ovirt", DriverConfig(provider="http://h/api", options={"speed": "1"}))


class TestSearch:
    def test_terms(self) -> None:
        assert search.in_data_center("My DC") == 'datacenter="My DC"'
        assert search.in_data_center("") == ""
        assert search.disks_in_data_center("x") == 'datacenter.name="x"'
        assert search.with_comment("l-1:0") == 'comment="*l-1:0*"'

    @pytest.mark.parametrize("value", ["a'b", 'a"b', "a;b", "a\\", "a\nb", "a\x00"])
    def test_what_can_not_be_quoted(self, value: str) -> None:
        with pytest.raises(Error) as caught:
            search.in_data_center(value)
        assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "data_center")

    def test_ids_go_in_batches(self) -> None:
        batches = list(search.by_ids(str(number) for number in range(301)))
        assert [batch.count("id=") for batch in batches] == [150, 150, 1]
        assert batches[2] == "id=300"
        assert list(search.by_ids(["a", "b"])) == ["id=a or id=b"]

    def test_a_batch_fits_a_request_line(self) -> None:
        (batch,) = search.by_ids([str(UUID(int=number)) for number in range(search.IDS_PER_SEARCH)])
        assert len(quote(batch)) < 8190 - 200


def test_ids() -> None:
    good = "99408929-82CF-4dc7-a532-9d998063fa95"
    assert ids.known([good, "x", "../vms", good.lower(), good + "\n"]) == [good.lower()]
    with pytest.raises(Error) as caught:
        ids.checked("instance", "../../sso")
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "instance")


def test_correlation_ids() -> None:
    assert correlation_id("a b/c_d-E\r\nx: y") == "abc_d-Exy"
    assert len(correlation_id("x" * 100)) == 36


def test_fingerprints() -> None:
    assert normal_fingerprint("AB:" * 31 + "CD") == "ab" * 31 + "cd"
    with pytest.raises(Error, match="64 hex digits"):
        normal_fingerprint("abcd")


def test_redaction() -> None:
    assert redact.url("https://u:p@h:1/a?token=t") == "https://h:1/a"


@pytest.mark.parametrize(
    ("status", "detail", "want", "state"),
    [
        ("image_locked", "", Want.RUNNING, S.CREATING),
        ("image_locked", "", Want.STOPPED, S.CREATING),
        ("image_locked", "", Want.TERMINATED, S.DELETING),
        ("image_locked", "", None, S.LOCKED),
        ("paused", "", None, S.PAUSED),
        ("paused", "EIO", None, S.PAUSED_BY_ERROR),
        ("paused", "enospc", None, S.PAUSED_BY_ERROR),
        ("down", "", Want.RUNNING, S.STOPPED),
        ("up", "", None, S.RUNNING),
        ("unknown", "", None, S.UNKNOWN),
        ("not_responding", "", None, S.NOT_RESPONDING),
        ("saving_state", "", None, S.SUSPENDING),
        ("restoring_state", "", None, S.RESUMING),
        ("reboot_in_progress", "", None, S.REBOOTING),
        ("wait_for_launch", "", None, S.STARTING),
        ("", "", None, S.ERROR),
        ("a_word_of_tomorrow", "", None, S.UNKNOWN),
    ],
)
def test_states(status: str, detail: str, want: Want | None, state: S) -> None:
    vm = wire.Vm("v", told_status=status, status_detail=detail)
    assert convert.instance_state(vm, want) is state


def device(name: str, mac: str, *addresses: str) -> wire.ReportedDevice:
    return wire.ReportedDevice(name, wire.Mac(mac), wire.Ips([wire.Ip(address) for address in addresses]))


def test_addresses_of_a_guest() -> None:
    found = addresses_by_mac(
        [
            device("lo", "00:00:00:00:00:00", "127.0.0.1", "::1"),
            device("eth0", "56:6F:00:00:00:01", "fe80::1", "2001:db8::5", "10.0.0.5", "169.254.1.1", "10.0.0.5", "x"),
            device("docker0", "56:6f:00:00:00:01", "172.17.0.1"),
            device("br-12ab", "56:6f:00:00:00:01", "172.18.0.1"),
            device("eth1", "56:6f:00:00:00:02", "0.0.0.0", "224.0.0.1"),
        ]
    )
    assert found == {
        "56:6f:00:00:00:01": (("10.0.0.5",), ("2001:db8::5",)),
        "56:6f:00:00:00:02": ((), ()),
    }


@pytest.mark.parametrize(
    ("word", "name"), [("x86_64", "x86_64"), ("ppc64", "ppc64le"), ("aarch64", "arm64"), ("undefined", "x86_64")]
)
def test_architectures(word: str, name: str) -> None:
    assert convert.architecture(word) == name


@pytest.mark.parametrize("milliseconds", [10**30, -(10**30), None])
def test_times_no_calendar_holds(milliseconds: int | None) -> None:
    assert convert.time_of(milliseconds) is None
