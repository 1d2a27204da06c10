"""The demo starts on a machine where somebody else has the engine's usual port."""

from __future__ import annotations

import socket

from deltaic.cli.demo import free_port


def test_a_taken_port_means_any() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert free_port(taken) == 0
    assert free_port(taken) == taken
