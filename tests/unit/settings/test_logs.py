"""The log: one JSON object per line, request id in it, secrets out of it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from deltaic.logs import bound, configure
from deltaic.model.secret import Secret
from deltaic.settings import LogSettings
from tests.support.log_state import kept_log_state


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """The log's target, configured for JSON."""
    target = io.StringIO()
    with kept_log_state():
        configure(LogSettings(format="json", level="debug"), target)
        yield target


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_line_has_event_level_time_and_request_id(stream: io.StringIO) -> None:
    with bound(request_id="r-1"):
        structlog.get_logger("room").info("hello", zone="a")
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["logger"], line["zone"]) == ("hello", "info", "room", "a")
    assert line["request_id"] == "r-1"
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "facts",
    [
        {"password": "hidden"},
        {"Authorization": "AWS4-HMAC-SHA256 hidden"},
        {"secret_key": "hidden"},
        {"headers": {"X-Amz-Security-Token": "hidden"}},
        {"calls": [{"access_token": "hidden"}]},
        {"text": "Authorization: Bearer hidden-token"},
        {"text": "Basic aGlkZGVuOmhpZGRlbg=="},
        {"text": "https://user:hidden@host/"},
        {"text": "grant_type=password&username=a&password=hidden&scope=x"},
        {"text": "/?Action=x&X-Amz-Signature=hidden&X-Amz-Date=1"},
        {"adminPass": "hidden"},
        {"text": '{"adminPass": "hidden"}'},
        {"text": "https://console/?path=%3Ftoken%3Dhidden"},
        {"value": Secret("hidden")},
        {"raw": b"hidden"},
    ],
)
def test_secrets_stay_out(stream: io.StringIO, facts: dict[str, Any]) -> None:
    structlog.get_logger("room").info("event", **facts)
    text = stream.getvalue()
    assert "hidden" not in text
    assert "aGlkZGVu" not in text
    assert lines(stream)[0]["event"] == "event"


def test_exceptions_are_logged_without_secrets(stream: io.StringIO) -> None:
    try:
        raise ValueError("login failed: password=hidden")
    except ValueError:
        structlog.get_logger("room").exception("failed")
    (line,) = lines(stream)
    assert "ValueError: login failed: password=***" in line["exception"]


def test_records_of_libraries_take_the_same_way(stream: io.StringIO) -> None:
    logging.getLogger("library").warning("got %s", "Bearer hidden-token")
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == ("got Bearer ***", "warning", "library")


def test_client_token_is_no_secret(stream: io.StringIO) -> None:
    structlog.get_logger("room").info("launch", client_token="t-1")
    assert lines(stream)[0]["client_token"] == "t-1"


def test_a_line_break_in_a_value_makes_no_second_line(stream: io.StringIO) -> None:
    structlog.get_logger("room").info("x", user='a\n{"event": "forged"}')
    assert len(lines(stream)) == 1


def test_long_values_are_cut(stream: io.StringIO) -> None:
    structlog.get_logger("room").info("x", text="a" * 100_000)
    assert lines(stream)[0]["text"] == "a" * 8192 + "..."
