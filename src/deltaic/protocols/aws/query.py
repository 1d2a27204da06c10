"""Requests of the ec2 and query protocols: form pairs in, a typed request out.

Names such as `Filter.1.Value.2` are put into a trie in one pass; readers compiled from the action's input
shape (`readers`) walk it. Lists may count from 0, have gaps, come in any order, or be one bare value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from deltaic.protocols.aws.actions import is_served, service_of
from deltaic.protocols.aws.errors import MAX_SHOWN, AwsError, invalid_action, missing_parameter, unknown_parameter
from deltaic.protocols.aws.model import service_model
from deltaic.protocols.aws.readers import Fault, Node, Reader, compile_input

MAX_PARAMETERS: Final = 10_000
MAX_BYTES: Final = 1 << 20
MAX_NAME: Final = MAX_SHOWN
MAX_DEPTH: Final = 12

#: Parameters of the protocol and of the signature, which no action sees.
ENVELOPE: Final = frozenset(
    {
        "Action",
        "Version",
        "AWSAccessKeyId",
        "Signature",
        "SignatureMethod",
        "SignatureVersion",
        "Timestamp",
        "Expires",
        "SecurityToken",
    }
)
_SIGNATURE_V4: Final = "X-Amz-"
_VERSION: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")

Pair = tuple[str, str]


class AwsRequest(msgspec.Struct, frozen=True):
    """What a client asks for.

    `parameters` has the model's member names as keys; `version` is None when none was sent; `names` are
    the action's own parameters as they were written (for a log: values may be secret, names are not).
    """

    service: str
    action: str
    version: str | None
    parameters: dict[str, Any]
    names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"AwsRequest({self.service}, {self.action}, version={self.version}, names={self.names})"


def decode_pairs(query: str | bytes, body: str | bytes = b"") -> list[Pair]:
    """The decoded names and values of a query string and a form body, in that order.

    Errors: RequestEntityTooLarge 413, MalformedQueryString 400 (not UTF-8, too many parameters).
    """
    if len(query) + len(body) > MAX_BYTES:
        raise AwsError("RequestEntityTooLarge", f"The request is larger than {MAX_BYTES} bytes.")
    pairs: list[Pair] = []
    for part in (query, body):
        if part:
            pairs += _decode(part, MAX_PARAMETERS - len(pairs))
    return pairs


def _decode(part: str | bytes, room: int) -> list[Pair]:
    try:
        text = part if isinstance(part, str) else part.decode("utf-8")
    except UnicodeDecodeError:
        raise AwsError("MalformedQueryString", "The parameters are not valid UTF-8.") from None
    if text.count("&") >= room:
        raise AwsError("MalformedQueryString", f"More than {MAX_PARAMETERS} parameters were sent.")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise AwsError("MalformedQueryString", "The parameters are not valid UTF-8.") from None


def parse_request(pairs: Iterable[Pair], service: str | None = None) -> AwsRequest:
    """The typed request that the pairs describe.

    `service` is what the credential scope names, None to guess. Errors (all 400): MissingAction,
    InvalidAction, NoSuchVersion, UnknownParameter, MissingParameter, InvalidParameterValue,
    InvalidParameterCombination, MalformedQueryString; each names the parameter.
    """
    envelope, own = _split(pairs)
    action, version = envelope.get("Action", ""), envelope.get("Version") or None
    if not action:
        raise AwsError("MissingAction", "The request must contain the parameter Action")
    if version is not None and not _VERSION.fullmatch(version):
        raise AwsError("NoSuchVersion", f"The requested version ({version[:40]}) of the service does not exist.")
    service = service or service_of(action, version)
    if not is_served(action, service):
        raise invalid_action(action[:128], version, service)
    parameters = _read(input_reader(service, action), own)
    return AwsRequest(service, action, version, parameters, tuple(name for name, _ in own))


def _split(pairs: Iterable[Pair]) -> tuple[dict[str, str], list[Pair]]:
    envelope: dict[str, str] = {}
    own: list[Pair] = []
    for pair in pairs:
        name = pair[0]
        if name not in ENVELOPE and not name.startswith(_SIGNATURE_V4):
            own.append(pair)
        elif name in envelope:
            raise _repeated(name)
        else:
            envelope[name] = pair[1]
    return envelope, own


@cache
def input_reader(service: str, action: str) -> Reader:
    """The reader of an action's parameters, compiled once."""
    model = service_model(service)
    return compile_input(model, model.actions[action].input)


def _read(reader: Reader, pairs: list[Pair]) -> dict[str, Any]:
    try:
        parameters: dict[str, Any] = reader(build_trie(pairs))
    except Fault as fault:
        name = ".".join(fault.path)
        if fault.code == "UnknownParameter":
            raise unknown_parameter(name) from None
        if fault.code == "MissingParameter":
            raise missing_parameter(name) from None
        raise AwsError(fault.code, fault.text.format(name=name, value=fault.value)) from None
    return parameters


def build_trie(pairs: Iterable[Pair]) -> dict[str, Node]:
    """Dotted names as nested dicts with text at the leaves.

    Errors: MalformedQueryString for a name that is empty, repeated, or both a value and a prefix;
    UnknownParameter for one too long or too deep for any action.
    """
    root: dict[str, Node] = {}
    for name, value in pairs:
        if "." not in name:
            if name in root or not name:
                raise _repeated(name)
            root[name] = value
            continue
        parts = name.split(".")
        if len(parts) > MAX_DEPTH or len(name) > MAX_NAME:
            raise unknown_parameter(name)
        node = root
        for part in parts[:-1]:
            below = node.get(part)
            if below is None:
                below = node[part] = {}
            elif isinstance(below, str):
                raise _repeated(name)
            node = below
        if parts[-1] in node:
            raise _repeated(name)
        node[parts[-1]] = value
    return root


def _repeated(name: str) -> AwsError:
    if not name:
        return AwsError("MalformedQueryString", "A parameter without a name was sent.")
    return AwsError("MalformedQueryString", f"The parameter {name[:MAX_NAME]} was sent more than once.")
