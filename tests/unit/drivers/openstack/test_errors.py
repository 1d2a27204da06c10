"""Faults recorded from real services, and what they become."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.drivers.openstack.errors import Subject, to_error
from deltaic.drivers.openstack.faults import Fault, read_fault
from deltaic.model.errors import ErrorKind
from tests.unit.drivers.openstack.cloud import recorded

FAULTS = {fault["name"]: fault for fault in json.loads(recorded("faults.json"))}
NOWHERE = "00000000-0000-0000-0000-000000000000"

#: Name -> kind, resource, field; the subject is always a thing that has nothing to do with the fault.
EXPECTED: dict[str, tuple[str, str, str]] = {
    "rule_exists": ("already_exists", "thing", ""),
    "rule_bad_ports": ("invalid", "thing", "from_port"),
    "subnet_bad_cidr": ("invalid", "thing", "cidr"),
    "subnet_overlap": ("invalid", "thing", "cidr"),
    "network_missing": ("not_found", "network", ""),
    "network_unknown_attribute": ("invalid", "thing", ""),
    "address_no_external": ("invalid", "thing", "pool_id"),
    "server_zero_disk": ("invalid", "thing", "instance_type_id"),
    "server_start_running": ("conflict", "thing", ""),
    "server_stop_stopped": ("conflict", "thing", ""),
    "server_missing": ("not_found", "instance", ""),
    "server_bad_flavor": ("not_found", "instance_type", "instance_type_id"),
    "server_bad_image": ("not_found", "image", "image_id"),
    "server_bad_network": ("not_found", "network", ""),
    "server_bad_group": ("not_found", "security_group", "security_group_ids"),
    "server_bad_key": ("not_found", "key_pair", "key_name"),
    "server_bad_zone": ("invalid", "thing", "zone_id"),
    "server_no_name": ("invalid", "thing", ""),
    "server_long_name": ("invalid", "thing", "name"),
    "server_bad_metadata": ("invalid", "thing", ""),
    "server_bad_count": ("invalid", "thing", ""),
    "server_bad_json": ("invalid", "thing", ""),
    "server_resize_same": ("invalid", "thing", "instance_type_id"),
    "server_quota": ("quota", "thing", ""),
    "flavor_missing": ("not_found", "instance_type", "instance_type_id"),
    "key_bad": ("invalid", "thing", "public_key"),
    "key_missing": ("not_found", "key_pair", ""),
    "key_exists": ("already_exists", "thing", "name"),
    "hosts_forbidden": ("forbidden", "thing", ""),
    "network_in_use": ("in_use", "thing", ""),
    "subnet_in_use": ("in_use", "thing", ""),
    "group_in_use": ("in_use", "thing", ""),
    "group_default": ("conflict", "thing", ""),
    "port_ip_in_use": ("in_use", "thing", ""),
    "port_ip_outside": ("invalid", "thing", "address"),
    "port_no_addresses": ("capacity", "thing", ""),
    "network_quota": ("quota", "thing", ""),
    "volume_missing": ("not_found", "volume", ""),
    "volume_bad_size": ("invalid", "thing", "size"),
    "volume_zero_size": ("invalid", "thing", "size"),
    "volume_bad_type": ("not_found", "storage_domain", "storage_domain_id"),
    "volume_bad_zone": ("invalid", "thing", "zone_id"),
    "volume_bad_snapshot": ("not_found", "snapshot", ""),
    "volume_shrink": ("invalid", "thing", "size"),
    "volume_quota": ("quota", "thing", ""),
    "volume_has_snapshot": ("in_use", "thing", ""),
    "volume_in_use_delete": ("in_use", "thing", ""),
    "volume_attach_again": ("in_use", "thing", ""),
    "volume_detach_missing": ("not_found", "volume", ""),
    "attach_missing": ("not_found", "volume", ""),
    "snapshot_in_use": ("conflict", "thing", ""),
    "image_missing": ("not_found", "image", ""),
    "image_bad_format": ("invalid", "thing", ""),
    "image_protected": ("protected", "thing", ""),
    "image_public": ("forbidden", "thing", ""),
    "project_forbidden": ("forbidden", "thing", ""),
}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_recorded_fault_has_its_kind_and_field(name: str) -> None:
    fault = FAULTS[name]
    error = to_error(fault["status"], fault["content_type"], fault["body"].encode(), Subject("thing", "an-id"))
    assert (error.kind.value, error.resource, error.field) == EXPECTED[name]
    assert error.message
    assert "</" not in error.message
    assert error.context["status"] == str(fault["status"])


@pytest.mark.parametrize(
    ("name", "resource"),
    [("server_missing", "instance"), ("volume_missing", "volume"), ("image_missing", "image")],
)
def test_the_subject_that_is_missing_is_named(name: str, resource: str) -> None:
    fault = FAULTS[name]
    error = to_error(404, fault["content_type"], fault["body"].encode(), Subject(resource, NOWHERE))
    assert (error.resource, error.resource_id) == (resource, NOWHERE)
    assert error.message == f"The {resource} '{NOWHERE}' does not exist"


def test_values_that_a_schema_refuses_are_not_repeated() -> None:
    body = json.dumps(
        {
            "badRequest": {
                "message": "Invalid input for field/attribute user_data. Value: c2VjcmV0. 'c2VjcmV0' is too long"
            }
        }
    )
    error = to_error(400, "application/json", body.encode())
    assert error.message == "The cloud refuses the value of 'user_data': it is too long"
    assert error.field == "user_data"
    assert "c2VjcmV0" not in str(error.context)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "unauthenticated"), (404, "not_found"), (405, "unsupported"), (409, "conflict"), (429, "rate_limited"),
     (500, "unavailable"), (503, "unavailable"), (418, "internal"), (408, "unavailable"), (425, "unavailable")],
)  # fmt: skip
def test_without_words_the_status_decides(status: int, kind: str) -> None:
    error = to_error(status, "", b"", Subject("volume", "v"))
    assert error.kind is ErrorKind(kind)
    assert error.message in (f"The cloud answered with status {status}", "The volume 'v' does not exist")


@pytest.mark.parametrize(
    ("content_type", "page"),
    [
        ("text/html", "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1>"
                      "<p>The requested URL was not found on this server.</p></body></html>"),
        ("text/html", "<html><body><center><h1>404 Not Found</h1></center><hr><center>nginx</center></body></html>"),
        ("text/plain", "404 page not found"),
        ("text/plain", "default backend - 404"),
    ],
)  # fmt: skip
def test_a_page_of_a_proxy_is_no_proof_that_something_is_gone(content_type: str, page: str) -> None:
    error = to_error(404, content_type, page.encode(), Subject("instance", NOWHERE))
    assert (error.kind, error.retryable) == (ErrorKind.UNAVAILABLE, True)


def test_a_path_that_a_service_does_not_know_leads_to_nothing() -> None:
    page = "<html><head><title>404 Not Found</title></head><body>The resource could not be found.<br></body></html>"
    assert to_error(404, "text/html", page.encode(), Subject("instance", "a/b")).kind is ErrorKind.NOT_FOUND


@given(st.sampled_from(["application/json", "text/html", "text/plain", ""]), st.binary(max_size=200))
def test_nonsense_is_no_fault(content_type: str, body: bytes) -> None:
    assert isinstance(read_fault(content_type, body), Fault)


def test_deep_json_is_no_fault() -> None:
    assert read_fault("application/json", b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}") == Fault()


@pytest.mark.parametrize(
    ("status", "name", "words", "kind"),
    [
        (413, "overLimit", "This request was rate-limited.", "rate_limited"),
        (413, "overLimit", "Only 10 POST requests can be made to * every minute.", "rate_limited"),
        (413, "overLimit", "Quota exceeded for instances: Requested 1, but already used 10 of 10", "quota"),
        (413, "overLimit", "Maximum number of volumes allowed (10) exceeded for quota 'volumes'.", "quota"),
        (403, "forbidden", "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.", "forbidden"),
        (403, "forbidden", "Quota exceeded for cores: Requested 8, but already used 20 of 20 cores", "quota"),
    ],
)
def test_limits_of_many_kinds(status: int, name: str, words: str, kind: str) -> None:
    body = json.dumps({name: {"code": status, "message": words}}).encode()
    assert to_error(status, "application/json", body).kind is ErrorKind(kind)
