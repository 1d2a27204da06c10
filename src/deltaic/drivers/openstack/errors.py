"""The cloud's faults -> our error kinds. The only place that looks at the cloud's words.

Five services, four forms: `{"<name>": {"message", "code"}}` (compute, block storage), `{"NeutronError": {"type",
"message", "detail"}}`, `{"error": {"message", "code", "title"}}` (identity, middleware), and HTML (image).
The status decides, except where one status has several meanings: then Neutron's `type`, else the words do.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from deltaic.model.errors import Error, ErrorKind

#: Exception names of the network service -> kind. Source: neutron_lib.exceptions.
TYPES: dict[str, ErrorKind] = {
    "OverQuota": ErrorKind.QUOTA,
    "IpAddressGenerationFailure": ErrorKind.CAPACITY,
    "IpAddressGenerationFailureAllSubnets": ErrorKind.CAPACITY,
    "NoNetworkAvailable": ErrorKind.CAPACITY,
    "ExternalIpAddressExhausted": ErrorKind.CAPACITY,
    "MacAddressGenerationFailure": ErrorKind.CAPACITY,
    "NetworkInUse": ErrorKind.IN_USE,
    "SubnetInUse": ErrorKind.IN_USE,
    "SubnetPoolInUse": ErrorKind.IN_USE,
    "PortInUse": ErrorKind.IN_USE,
    "PortBound": ErrorKind.IN_USE,
    "RouterInUse": ErrorKind.IN_USE,
    "RouterInUseByFloatingIP": ErrorKind.IN_USE,
    "RouterInterfaceInUseByFloatingIP": ErrorKind.IN_USE,
    "SecurityGroupInUse": ErrorKind.IN_USE,
    "FloatingIPPortAlreadyAssociated": ErrorKind.IN_USE,
    "IpAddressInUse": ErrorKind.IN_USE,
    "IpAddressAlreadyAllocated": ErrorKind.IN_USE,
    "MacAddressInUse": ErrorKind.IN_USE,
    "SecurityGroupRuleExists": ErrorKind.ALREADY_EXISTS,
    "SecurityGroupDefaultAlreadyExists": ErrorKind.ALREADY_EXISTS,
    "SecurityGroupCannotRemoveDefault": ErrorKind.CONFLICT,
    "SecurityGroupCannotUpdateDefault": ErrorKind.CONFLICT,
    "ServicePortInUse": ErrorKind.IN_USE,
    "RevisionNumberConstraintFailed": ErrorKind.BUSY,
    "PolicyNotAuthorized": ErrorKind.FORBIDDEN,
}

#: Statuses with several meanings -> lower-case words of the fault -> kind. Special before general.
WORDS: dict[int, tuple[tuple[str, ErrorKind], ...]] = {
    400: (
        ("quota exceeded", ErrorKind.QUOTA),
        ("exceeds allowed", ErrorKind.QUOTA),
        ("no valid host", ErrorKind.CAPACITY),
        ("is not active", ErrorKind.CONFLICT),
        ("status must be", ErrorKind.CONFLICT),
        ("must be available", ErrorKind.CONFLICT),
        ("must be in", ErrorKind.CONFLICT),
        ("in-use", ErrorKind.IN_USE),
        ("already attached", ErrorKind.IN_USE),
        ("already has floating address", ErrorKind.IN_USE),
        ("still has", ErrorKind.IN_USE),
        ("dependent", ErrorKind.IN_USE),
        ("could not be found", ErrorKind.NOT_FOUND),
    ),
    403: (
        ("quota", ErrorKind.QUOTA),
        ("maximum number", ErrorKind.QUOTA),
        ("exceeds the limit", ErrorKind.QUOTA),
        ("is protected", ErrorKind.PROTECTED),
    ),
    409: (
        ("quota exceeded", ErrorKind.QUOTA),
        ("no more ip addresses", ErrorKind.CAPACITY),
        ("no valid host", ErrorKind.CAPACITY),
        ("is locked", ErrorKind.PROTECTED),
        ("while it is in task_state", ErrorKind.BUSY),
        ("already exists", ErrorKind.ALREADY_EXISTS),
        ("duplicate entry", ErrorKind.ALREADY_EXISTS),
        ("already used by", ErrorKind.ALREADY_EXISTS),
        ("in use", ErrorKind.IN_USE),
        ("still in use", ErrorKind.IN_USE),
        ("concurrently", ErrorKind.BUSY),
    ),
    413: (
        ("quota", ErrorKind.QUOTA),
        ("limit", ErrorKind.QUOTA),
    ),
    500: (("no valid host", ErrorKind.CAPACITY),),
}

STATUSES: dict[int, ErrorKind] = {
    400: ErrorKind.INVALID,
    401: ErrorKind.UNAUTHENTICATED,
    403: ErrorKind.FORBIDDEN,
    404: ErrorKind.NOT_FOUND,
    405: ErrorKind.UNSUPPORTED,
    406: ErrorKind.UNSUPPORTED,
    409: ErrorKind.CONFLICT,
    410: ErrorKind.NOT_FOUND,
    412: ErrorKind.BUSY,
    413: ErrorKind.INVALID,
    414: ErrorKind.INVALID,
    415: ErrorKind.UNSUPPORTED,
    429: ErrorKind.RATE_LIMITED,
    501: ErrorKind.UNSUPPORTED,
}

#: Words of an INVALID, QUOTA or ALREADY_EXISTS fault -> the neutral field they are about.
FIELDS: tuple[tuple[str, str], ...] = (
    ("flavor", "instance_type_id"),
    ("image", "image_id"),
    ("key_name", "key_name"),
    ("keypair", "key_name"),
    ("availability zone", "zone_id"),
    ("availability_zone", "zone_id"),
    ("user_data", "user_data"),
    ("metadata", "tags"),
    ("tag", "tags"),
    ("security group", "security_group_ids"),
    ("volume type", "volume_type"),
    ("cidr", "cidr"),
    ("network", "network_ids"),
    ("size", "size"),
    ("description", "description"),
    ("name", "name"),
)

#: Longest piece of the cloud's words that is passed on.
WORDS_LIMIT = 500

_MARKUP = re.compile(r"<(title|h1)>[^<]*</\1>|<[^>]*>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


class Subject(Struct, frozen=True):
    """What a request is about, for its error."""

    resource: str = ""
    id: str = ""


#: A request about nothing in particular.
NOTHING = Subject()


class Fault(Struct, frozen=True):
    """The cloud's own words; empty where it answered none."""

    type: str = ""
    message: str = ""


class _Words(Struct):
    message: str = ""
    type: str = ""
    detail: str = ""


_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_words = msgspec.json.Decoder(_Words | str, strict=False).decode


def read_fault(content_type: str, body: bytes) -> Fault:
    """The fault in an answer's body, in whichever service's form; of an HTML page its text."""
    if "html" in content_type or "plain" in content_type:
        return Fault("", _plain(body[:4096].decode("utf-8", "replace")))
    if "json" not in content_type or not body:
        return Fault()
    try:
        for name, raw in _members(body).items():
            if name in ("code", "title"):
                continue
            found = _words(raw)
            if isinstance(found, str):
                return Fault(name, _plain(found))
            return Fault(found.type or name, _plain(found.message))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Fault()
    return Fault()


def kind_of(status: int, fault: Fault) -> ErrorKind:
    """The kind of a fault."""
    if fault.type in TYPES:
        return TYPES[fault.type]
    lowered = fault.message.lower()
    for text, kind in WORDS.get(status, ()):
        if text in lowered:
            return kind
    return STATUSES.get(status, ErrorKind.UNAVAILABLE if status >= 500 else ErrorKind.INTERNAL)


def to_error(status: int, content_type: str, body: bytes, subject: Subject = NOTHING) -> Error:
    """Make the error for an answer that is not a success."""
    fault = read_fault(content_type, body)
    kind = kind_of(status, fault)
    words = fault.message
    if kind is ErrorKind.NOT_FOUND and subject.resource:
        words = f"The {subject.resource.replace('_', ' ')} '{subject.id}' does not exist"
    return Error(
        kind,
        words[:WORDS_LIMIT] or f"The cloud answered with status {status}",
        resource=subject.resource,
        resource_id=subject.id,
        field=_field(kind, words),
        context={"status": str(status), "type": fault.type[:100], "words": fault.message[:WORDS_LIMIT]},
    )


def nonsense(what: str) -> Error:
    """The error for an answer that is no answer of such a cloud."""
    return Error(ErrorKind.UNAVAILABLE, f"The cloud's answer can't be understood: {what}")


def _plain(text: str) -> str:
    return _SPACE.sub(" ", _MARKUP.sub(" ", text)).strip()


def _field(kind: ErrorKind, words: str) -> str:
    if kind not in (ErrorKind.INVALID, ErrorKind.ALREADY_EXISTS):
        return ""
    lowered = words.lower()
    return next((field for text, field in FIELDS if text in lowered), "")
