"""Reads an engine directly, past the gateway: what really happened."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections import Counter
from typing import Any

from tests.support.processes import PASSWORD, USER


class EngineReader:
    """Plain GETs with Basic authentication, as JSON."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._authorization = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def get(self, path: str) -> Any:
        """The decoded answer of one GET below the API's root."""
        headers = {"Accept": "application/json", "Authorization": self._authorization}
        with urllib.request.urlopen(urllib.request.Request(self._url + path, headers=headers), timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The decoded answer of one POST below the API's root: something done past the gateway."""
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": self._authorization,
        }
        request = urllib.request.Request(self._url + path, data=json.dumps(body).encode(), headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def machines(self) -> list[dict[str, Any]]:
        """Every virtual machine."""
        found: list[dict[str, Any]] = self.get("/vms").get("vm", [])
        return found

    def event_codes(self, machine: str) -> Counter[str]:
        """How many events of each code concern a machine (also one that is gone)."""
        events = self.get("/events?max=100000").get("event", [])
        return Counter(str(each["code"]) for each in events if each.get("vm", {}).get("id") == machine)
