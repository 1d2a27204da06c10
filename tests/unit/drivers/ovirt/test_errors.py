"""The engine's faults become our kinds."""

from __future__ import annotations

import json

import pytest

from deltaic.drivers.ovirt.errors import Subject, to_error
from deltaic.model.errors import ErrorKind as K

FAILED = "Operation Failed"


@pytest.mark.parametrize(
    ("status", "detail", "kind"),
    [
        (409, "[Cannot run VM: VM is locked. Please try again in a few minutes.]", K.BUSY),
        (409, "[Cannot run VM. Related operation is currently in progress. Please try again later.]", K.BUSY),
        (409, "[Cannot delete Template. This template is currently in use to create VM web.]", K.BUSY),
        (409, "[Cannot attach Virtual Disk because the VM is in Image Locked status.]", K.BUSY),
        (409, "[Cannot stop VM. VM is in saving/restoring state.]", K.BUSY),
        (409, "[Cannot remove Virtual Disk: The following disks are locked: a. Please try again in a few minutes.]", K.BUSY),  # noqa: E501
        (409, "[Cannot run VM because the VM is in Up status.]", K.CONFLICT),
        (409, "[Cannot remove VM. VM is running.]", K.CONFLICT),
        (409, "[Cannot remove VM that its state is not down.\n-Please stop the VM first.]", K.CONFLICT),
        (409, "[Cannot stop VM. VM is not running.]", K.CONFLICT),
        (409, "[Cannot hibernate VM. VM is not up.]", K.CONFLICT),
        (409, "[Cannot run VM without at least one bootable disk.]", K.CONFLICT),
        (500, "[Cannot run VM. The following attached disks are in ILLEGAL status: a]", K.CONFLICT),
        (409, "[Cannot add VM. The VM name is already in use, please choose a unique name and try again.]", K.ALREADY_EXISTS),  # noqa: E501
        (409, "[Network interface name is already in use]", K.ALREADY_EXISTS),
        (409, "[The specified Tag name already exists.]", K.ALREADY_EXISTS),
        (409, "[Cannot remove VM. Delete protection is enabled. In order to delete, disable Delete protection first.]", K.PROTECTED),  # noqa: E501
        (409, "[Cannot run VM. There is no host that satisfies current scheduling constraints. See below]", K.CAPACITY),
        (409, "[Cannot add VM. Low disk space on Storage Domain data.]", K.CAPACITY),
        (409, "[Cannot add VM. Quota has insufficient storage resources.]", K.QUOTA),
        (409, "[Cannot delete Template. Template is being used by the following VMs: a.]", K.IN_USE),
        (409, "[Cannot attach Virtual Disk. The disk is already attached to VM.]", K.IN_USE),
        (409, "[Cannot remove Network. This logical network is used by VM: web\n - Please remove it from this VM.]", K.IN_USE),  # noqa: E501
        (409, "[The Network ('a') could not be removed since several iSCSI bonds (2) are using this network: b]", K.IN_USE),  # noqa: E501
        (409, "[The Management Network ('ovirtmgmt') is mandatory and cannot be removed.]", K.CONFLICT),
        (409, "[Cannot add Network. The following Network name is already in use in the Data Center.]", K.ALREADY_EXISTS),  # noqa: E501
        (403, "[User is not authorized to perform this action.]", K.FORBIDDEN),
        (400, "query execution failed due to insufficient permissions.", K.FORBIDDEN),
        (404, "Entity not found: data", K.NOT_FOUND),
        (400, "Entity not found: 1234", K.NOT_FOUND),
        (400, "[Can not add VM. The given name contains special characters. Only ...]", K.INVALID),
        (400, "[General command validation failure.]", K.INVALID),
        (500, "anything", K.UNAVAILABLE),
        (503, "", K.UNAVAILABLE),
        (429, "", K.RATE_LIMITED),
        (405, "", K.UNSUPPORTED),
    ],
)  # fmt: skip
@pytest.mark.parametrize("inside_action", [False, True])
def test_kinds(status: int, detail: str, kind: K, inside_action: bool) -> None:
    fault = {"reason": FAILED, "detail": detail} if detail else {}
    body = {"fault": fault, "status": "failed"} if inside_action else fault
    error = to_error(status, "application/json", json.dumps(body).encode())
    assert error.kind is kind
    assert error.message == (
        detail.strip("[]") or (f"The engine answered with status {status}" if not fault else FAILED)
    )


def test_an_empty_404_names_its_subject() -> None:
    error = to_error(404, "", b"", Subject("instance", "abc"))
    assert (error.kind, error.resource, error.resource_id) == (K.NOT_FOUND, "instance", "abc")
    assert error.message == "The instance 'abc' does not exist"


@pytest.mark.parametrize(
    ("detail", "field"),
    [
        ("[Can not add VM. The given name is too long.]", "name"),
        ("[Cannot edit VM. Physical Memory Guaranteed cannot exceed Memory Size]", "memory"),
        ("[Cannot add VM. Number of CPUs exceeds the limit]", "cpus"),
    ],
)
def test_fields(detail: str, field: str) -> None:
    body = json.dumps({"reason": FAILED, "detail": detail}).encode()
    assert to_error(400, "application/json", body).field == field


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'"x"', b"\xff\xfe", b'{"detail": {"a": 1}}', b"[" * 100_000, b"{" * 100_000]
)
def test_nonsense_is_no_fault(body: bytes) -> None:
    assert to_error(409, "application/json", body).message == "The engine answered with status 409"


def test_long_words_are_cut() -> None:
    body = json.dumps({"detail": "x" * 100_000}).encode()
    assert len(to_error(400, "application/json", body).message) == 500
