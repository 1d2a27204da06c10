"""An engine that stays, and a gateway that is killed while it does what CIMI clients asked for."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.clients.cimi_client import CimiClient
from tests.clients.gateway import Answer
from tests.e2e.site import Engine, GatewayProcess, engine_process, sealed_folder
from tests.support.processes import until

JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class CimiSite:
    """Sends and reads JSON; the gateway comes back at the same address, over the same state."""

    def __init__(self, engine: Engine, root: Path, **variables: str) -> None:
        self.engine = engine
        self.reader = engine.reader
        variables = {"DELTAIC_FRONTENDS": "cimi", **variables}
        self.gateway = GatewayProcess(engine, sealed_folder(root, "state"), [], variables).start()

    def send(self, method: str, path: str, document: Any = None) -> Answer:
        """One request."""
        body = json.dumps(document) if document else ""
        return CimiClient(self.gateway.gateway).send(method, path, body, JSON)

    def read(self, path: str) -> dict[str, Any]:
        """A document that is there."""
        answer = self.send("GET", path)
        assert answer.status == 200, answer.text
        document: dict[str, Any] = json.loads(answer.text)
        return document

    def made(self, collection: str, document: dict[str, Any]) -> str:
        """The id of something new."""
        answer = self.send("POST", collection, document)
        assert answer.status == 201, answer.text
        return answer.headers["location"].rpartition("/")[2]

    def killed(self, method: str, path: str, document: Any, moment: Callable[[], bool]) -> None:
        """Ask for something, kill the gateway at a moment, and start it again."""

        def ask() -> Answer | None:
            try:
                return self.send(method, path, document)
            except (OSError, http.client.HTTPException):
                return None

        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(ask)
            until(moment, 60, every=0.01)
            self.gateway.process.kill()
        answer = asked.result()
        assert answer is None or answer.status in (200, 201), answer.text
        self.gateway.start()

    def status(self, machine: str) -> str:
        """The engine's word for a machine's state, or `gone`."""
        return next((str(one["status"]) for one in self.reader.machines() if one["id"] == machine), "gone")


Site = TypeVar("Site", bound=CimiSite)


@contextmanager
def running(kind: type[Site], root: Path, **variables: str) -> Iterator[Site]:
    """A site of this kind below a folder, whose gateway gets these variables and must stop well at the end."""
    with engine_process(root) as engine:
        site = kind(engine, root, **variables)
        yield site
        assert site.gateway.process.stop() == 0
