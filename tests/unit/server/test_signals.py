"""Starting and stopping a whole process around a stub gateway."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("stub_gateway.py")


@contextmanager
def gateway(close: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its base URL, once it said that it is ready."""
    process = subprocess.Popen([sys.executable, str(SCRIPT), close], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        word, url = process.stdout.readline().split()
        assert word == "ready"
        yield process, url
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(number: signal.Signals) -> None:
    with gateway("well") as (process, url):
        with urllib.request.urlopen(url, timeout=10) as response:
            assert response.read() == b"answer"
        process.send_signal(number)
        output, _ = process.communicate(timeout=10)
        assert (process.returncode, output.split()) == (0, ["closing", "closed"])


def test_an_open_request_is_answered_before_the_end() -> None:
    got: list[bytes] = []
    with gateway("well") as (process, url):

        def ask() -> None:
            with urllib.request.urlopen(f"{url}/slow", timeout=10) as response:
                got.append(response.read())

        thread = threading.Thread(target=ask)
        thread.start()
        assert process.stdout is not None
        assert process.stdout.readline() == "slow\n"
        process.send_signal(signal.SIGTERM)
        thread.join(10)
        assert process.wait(10) == 0
    assert got == [b"answer"]


def test_a_close_that_hangs_is_given_up() -> None:
    with gateway("hangs") as (process, _):
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=10)
        assert (process.returncode, output.split()) == (0, ["closing"])


def test_a_close_that_blocks_everything_is_cut_off() -> None:
    with gateway("blocks") as (process, _):
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=10)
        assert (process.returncode, output.split()) == (0, ["closing"])


def test_a_signal_delivered_twice_is_one() -> None:
    with gateway("well") as (process, _):
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=10)
        assert (process.returncode, output.split()) == (0, ["closing", "closed"])


def test_a_later_second_signal_ends_it_at_once() -> None:
    with gateway("blocks for a second signal") as (process, _):
        assert process.stdout is not None
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "closing\n"
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 1
