"""Every error is a status and a Job that failed, in both formats."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.protocols.cimi.bodies import write
from deltaic.protocols.cimi.errors import STATUS, CimiError, from_error, job_document
from deltaic.protocols.cimi.json_reader import read_json
from deltaic.protocols.cimi.negotiation import Format
from deltaic.protocols.cimi.xml_reader import read_xml
from tests.unit.protocols.cimi.schema import assert_valid

NOW = datetime(2012, 11, 8, 9, 0, 0, 500_000, tzinfo=UTC)


def test_every_kind_has_a_status_of_an_error() -> None:
    assert set(STATUS) == set(ErrorKind)
    assert all(400 <= status < 600 for status in STATUS.values())


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (not_found("instance", "x"), 404, "The instance 'x' does not exist"),
        (invalid("cpu", "Too many"), 400, "Too many (attribute 'cpu')"),
        (invalid("cpu", "'cpu' is too big"), 400, "'cpu' is too big"),
        (Error(ErrorKind.CONFLICT, "It runs"), 409, "It runs"),
        (Error(ErrorKind.UNSUPPORTED, "No pause"), 501, "No pause"),
        (Error(ErrorKind.UNAVAILABLE, "No engine"), 503, "No engine"),
        (Error(ErrorKind.INTERNAL, "secret detail"), 500, "The request failed inside the gateway"),
    ],
)
def test_errors_of_the_model(error: Error, status: int, message: str) -> None:
    found = from_error(error)
    assert (found.status, found.message) == (status, message)


@pytest.mark.parametrize(
    "error", [CimiError(406, "No such format <&>\x00"), CimiError(404, ""), from_error(invalid("a\ud800", "b\ud800"))]
)
def test_the_job_is_valid_whatever_it_tells(error: CimiError) -> None:
    job = job_document(error, target="http://h/cimi/machines/1", action="http://schemas.dmtf.org/cimi/1/action/stop")
    assert_valid(write("Job", job, Format.XML))
    assert read_json(write("Job", job, Format.JSON), "Job")["returnCode"] == error.status


def test_the_job_says_the_same_in_both_formats() -> None:
    job = job_document(
        CimiError(409, "The machine runs"),
        target="http://h/cimi/machines/1",
        action="http://schemas.dmtf.org/cimi/1/action/start",
        now=NOW,
    )
    wanted = {
        "created": NOW,
        "state": "FAILED",
        "targetResource": {"href": "http://h/cimi/machines/1"},
        "action": "http://schemas.dmtf.org/cimi/1/action/start",
        "returnCode": 409,
        "progress": 100,
        "statusMessage": "The machine runs",
        "timeOfStatusChange": NOW,
    }
    assert read_xml(write("Job", job, Format.XML), "Job", strict=True) == wanted
    assert read_json(write("Job", job, Format.JSON), "Job", strict=True) == wanted


def test_a_job_without_a_target_has_none() -> None:
    body = write("Job", job_document(CimiError(400, "Bad"), now=NOW), Format.XML)
    assert b"targetResource" not in body
    assert b"<action>" not in body
