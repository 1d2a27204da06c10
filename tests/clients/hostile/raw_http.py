"""HTTP by hand: bytes on a socket, whatever they are, and what comes back before a deadline."""

from __future__ import annotations

import contextlib
import gzip
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree

#: No refusal may take longer; a request that hangs fails its test.
DEADLINE = 15.0


@dataclass(frozen=True)
class RawAnswer:
    """What came back: status 0 when the connection was closed without a word."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    seconds: float

    def header(self, name: str) -> str:
        """The one value of a header; empty when it is not there."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, values
        return values[0] if values else ""

    @property
    def code(self) -> str:
        """The error code of an AWS error document, which must be well-formed."""
        root = ElementTree.fromstring(self.body)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        found = root.findtext(".//Error/Code")
        assert found, self.body[:500]
        return found


def exchange(host: str, pieces: bytes | Iterable[bytes], deadline: float = DEADLINE) -> RawAnswer:
    """Send pieces until the other side answers or closes; read one answer to its end."""
    began = time.monotonic()
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port)), timeout=deadline) as connection:
        answer = _send(connection, [pieces] if isinstance(pieces, bytes) else pieces, began + deadline)
        answer += _receive(connection, began + deadline, answer)
    return _parse(answer, time.monotonic() - began)


def _send(connection: socket.socket, pieces: Iterable[bytes], end: float) -> bytes:
    """What was answered while there was still something to send."""
    for piece in pieces:
        assert time.monotonic() < end, "the other side reads without end"
        with contextlib.suppress(ConnectionError):
            connection.sendall(piece)
            connection.setblocking(False)
            try:
                early = connection.recv(65536)
            except BlockingIOError:
                early = None
            finally:
                connection.setblocking(True)
                connection.settimeout(max(0.1, end - time.monotonic()))
            if early is None:
                continue
            return early
        break
    return b""


def _receive(connection: socket.socket, end: float, answer: bytes) -> bytes:
    more = b""
    while not _complete(answer + more):
        connection.settimeout(max(0.01, end - time.monotonic()))
        try:
            piece = connection.recv(65536)
        except ConnectionError:
            break
        if not piece:
            break
        more += piece
    return more


def _complete(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(lengths) and len(body) >= int(lengths[0].split(b":")[1])


def _parse(answer: bytes, seconds: float) -> RawAnswer:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/"):
        return RawAnswer(0, [], answer, seconds)
    headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
    found = RawAnswer(int(lines[0].split()[1]), headers, body, seconds)
    if found.header("content-encoding") == "gzip":
        return RawAnswer(found.status, headers, gzip.decompress(body), seconds)
    return found


def message(method: str, target: bytes | str, headers: Iterable[tuple[str, str | bytes]], body: bytes = b"") -> bytes:
    """A request as it goes over the wire; Content-Length is not added."""
    target = target.encode() if isinstance(target, str) else target
    lines = [method.encode() + b" " + target + b" HTTP/1.1"]
    lines += [
        name.encode() + b": " + (value.encode("latin-1") if isinstance(value, str) else value)
        for name, value in headers
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
