"""HTTP/1.1 on the wire: uvicorn's httptools protocol with bounds on what a client may hold open or send as head."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 32\r\nconnection: close\r\n\r\nThe request's head is too large."
)

#: How long a stopping server waits for the other side to close, seconds.
_FAREWELL = 0.5


class BoundedProtocol(HttpToolsProtocol):
    """Refuses heads above `max_head_size` bytes and closes connections whose head is not in after `head_timeout`.

    httptools collects a head without any bound of its own, so bytes are counted before it sees them.
    """

    max_head_size = 65_536
    head_timeout = 20.0

    _head_size = 0
    _beside_body = 0
    _in_head = True
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close when nothing is under way. TLS waits for the other side's farewell; an idle client sends none."""
        super().shutdown()
        if self.transport.is_closing() and self.transport.get_write_buffer_size() == 0:
            self.loop.call_later(_FAREWELL, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        if not self._in_head:
            self._body_data(data)
            return
        if self._head_timer is None:
            self._start_head_timer()
        # A piece may hold the end of the head and the start of a body: only what can't be a body is fed at once.
        view = memoryview(data)
        while view and self._in_head and not self.transport.is_closing():
            allowance = self.max_head_size - self._head_size
            if allowance <= 0:
                self.transport.write(_TOO_LARGE)
                self.transport.close()
                return
            piece, view = view[:allowance], view[allowance:]
            self._head_size += len(piece)
            super().data_received(bytes(piece))
        if view and not self.transport.is_closing():
            self._body_data(bytes(view))

    def _body_data(self, data: bytes) -> None:
        # Trailers and chunk extensions are no body and never reach the application, which bounds the body alone.
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > self.max_head_size and not self.transport.is_closing():
            self.transport.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._beside_body = 0
        super().on_body(body)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_size = self._beside_body = 0
        self._stop_head_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        self._head_size = 0
        self._beside_body = 0
        super().on_message_complete()

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(self.head_timeout, self._head_late)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_late(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()


def bounded(max_head_size: int, head_timeout: float) -> type[BoundedProtocol]:
    """The protocol class with these bounds, in bytes and seconds."""
    return type("Bounded", (BoundedProtocol,), {"max_head_size": max_head_size, "head_timeout": head_timeout})
