"""A gateway and its engine as clients see them: two addresses, and what is known about the demo."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import boto3
from botocore.config import Config

from tests.e2e.engine_reader import EngineReader
from tests.support.processes import ACCESS_KEY, PASSWORD, SECRET_KEY, USER

TIME_FACTOR = "0.1"

DEFAULT_CENTER = "79221158-0d50-11e2-a8af-17acc9433061"
BARCELONA_CENTER = "3c1f0a52-8f0b-4c5e-9d55-6a0b7d2f4e11"
DEFAULT_CLUSTER = "99408929-82cf-4dc7-a532-9d998063fa95"
BARCELONA_CLUSTER = "77d52ef6-11e3-11e2-be8c-87a6485627fe"
BLANK = "00000000-0000-0000-0000-000000000000"
DESKTOP = "77ea7521-3017-4ee9-bcdf-d566178991c6"
WORKSHOP = "a10f0123-ca40-4428-adac-26ac42f282dd"

WORKSHOP_AMI = "ami-a10f0123ca404428a"
DESKTOP_AMI = "ami-77ea752130174ee9b"

#: No second try hides a first failure.
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower case) and document of an answer."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def tree(self) -> ElementTree.Element:
        """The document without its namespace, so that paths stay short."""
        root = ElementTree.fromstring(self.text)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return root

    def values(self, path: str) -> list[str]:
        """The texts of all elements at a path below the root."""
        return [element.text or "" for element in self.tree.findall(path)]

    @property
    def error(self) -> tuple[int, str]:
        """HTTP status and code of an error document."""
        code = self.tree.find(".//Error/Code")
        assert code is not None, self.text
        return self.status, code.text or ""

    @property
    def message(self) -> str:
        """The error's text."""
        return self.tree.findtext(".//Error/Message") or ""


@dataclass(frozen=True)
class Gateway:
    """Where a gateway listens (with its path) and where the engine behind it does.

    `data_center` is the one that the gateway was started with; empty for all of them. Login and access key are the
    demo's unless others are given.
    """

    url: str
    engine_url: str
    data_center: str = ""
    user: str = USER
    password: str = field(default=PASSWORD, repr=False)
    access_key: str = ACCESS_KEY
    secret_key: str = field(default=SECRET_KEY, repr=False)

    @property
    def host(self) -> str:
        """`host:port`."""
        return urlsplit(self.url).netloc

    @property
    def engine(self) -> EngineReader:
        """The engine itself, to see what really happened."""
        return EngineReader(self.engine_url)

    @property
    def basic(self) -> dict[str, str]:
        """The header of the gateway's own login."""
        return basic(self.user, self.password)

    def session(self, region: str = "us-east-1", key: str = "", secret: str = "") -> boto3.Session:
        """A session with the gateway's own access key, or with another one."""
        return boto3.Session(
            aws_access_key_id=key or self.access_key,
            aws_secret_access_key=secret or self.secret_key,
            region_name=region,
        )

    def client(self, service: str = "ec2", region: str = "us-east-1", **keys: str) -> Any:
        """A boto3 client that tries once."""
        return self.session(region, **keys).client(service, endpoint_url=self.url, config=ONCE)

    def get(self, parameters: dict[str, str], headers: dict[str, str] | None = None) -> Answer:
        """A plain GET with Basic authentication, as curl sends it."""
        return fetch(f"{self.url}?{urlencode(parameters)}", headers={**self.basic, **(headers or {})})


def basic(user: str = USER, password: str = PASSWORD) -> dict[str, str]:
    """The header of Basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def fetch(url: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    """One request without any client's cleverness; errors are answers too."""
    request = urllib.request.Request(url, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return _answer(response.status, response.headers.items(), response.read())
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.headers.items(), error.read())


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    return Answer(status, {name.lower(): value for name, value in headers}, body.decode())
