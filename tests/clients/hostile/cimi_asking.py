"""CIMI requests of somebody who means harm, and what every answer to them must be: a Job, in the format asked for."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import quoteattr

from lxml import etree

from tests.clients.gateway import Gateway
from tests.clients.hostile.asking import login
from tests.clients.hostile.raw_http import RawAnswer, exchange, message
from tests.support.processes import SECRET_KEY

NAMESPACE = "{http://schemas.dmtf.org/cimi/1}"
SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parents[2] / "data" / "cimi" / "dsp8009_1.0.2_patched.xsd"))
MACHINE = "7434e6e3-a85d-4bfb-b952-b191288c2aa2"
XML, JSON = "application/xml", "application/json"


def ask(
    target: Gateway,
    method: str,
    path: str | bytes,
    body: bytes | str = b"",
    media: str = XML,
    headers: Iterable[tuple[str, str]] = (),
    accept: str = "",
) -> RawAnswer:
    """One request below `/cimi` with a login; it wants an answer in the format that it sends, or in `accept`."""
    content = body.encode() if isinstance(body, str) else body
    own = list(headers)
    given = {name.lower() for name, _ in own}
    usual = [("Host", target.host), *login(), ("Accept", accept or media), ("Content-Length", str(len(content)))]
    usual += [("Content-Type", media)] if content else []
    sent = [*(pair for pair in usual if pair[0].lower() not in given), *own]
    raw = path.encode() if isinstance(path, str) else path
    return exchange(target.host, message(method, b"/cimi" + raw, sent, content))


def refused(answer: RawAnswer, *statuses: int) -> str:
    """What the Job of a refusal says; it has one of the statuses, a valid form, and tells nothing of our inside."""
    assert answer.status in statuses, (answer.status, answer.body[:600])
    assert len(answer.body) < 4096
    for word in (b"Traceback", b".py", b"deltaic.", SECRET_KEY.encode()):
        assert word not in answer.body, answer.body
    if answer.header("content-type") == JSON:
        job = json.loads(answer.body)
        assert job["resourceURI"] == "http://schemas.dmtf.org/cimi/1/Job"
        state, code, text = job["state"], job["returnCode"], job["statusMessage"]
    else:
        assert answer.header("content-type") == XML
        root = etree.fromstring(answer.body)
        SCHEMA.assertValid(root)
        state, code, text = (
            root.findtext(f"{NAMESPACE}{name}") or "" for name in ("state", "returnCode", "statusMessage")
        )
    assert (state, int(code)) == ("FAILED", answer.status)
    assert text
    return str(text)


class Trap:
    """A socket that nobody may connect to; `visits` counts those who did."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.visits = 0
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()

    def close(self) -> None:
        """Close it."""
        self._socket.close()


@contextmanager
def trap() -> Iterator[Trap]:
    """A trap for the block, which must stay empty; that it works is tried first."""
    found = Trap()
    try:
        with socket.create_connection(("127.0.0.1", found.port), timeout=5) as connection:
            assert connection.recv(1) == b""
        assert found.visits == 1
        yield found
        assert found.visits == 1
    finally:
        found.close()


def reference(name: str, href: str) -> str:
    """An XML element that refers to something."""
    return f"<{name} href={quoteattr(href)}/>"
