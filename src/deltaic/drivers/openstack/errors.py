"""The cloud's faults -> our error kinds. The only place that looks at the cloud's words.

The status decides, except where one status has several meanings: then the network service's `type`, else the words.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from deltaic.drivers.openstack.faults import Fault, read_fault
from deltaic.model.errors import RETRYABLE_KINDS, Error, ErrorKind

#: Exception names of the network service -> kind. Source: neutron_lib.exceptions.
TYPES: Final[dict[str, ErrorKind]] = {
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
    "ServicePortInUse": ErrorKind.IN_USE,
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
    "ExternalGatewayForFloatingIPNotFound": ErrorKind.CONFLICT,
    "RevisionNumberConstraintFailed": ErrorKind.BUSY,
    "PolicyNotAuthorized": ErrorKind.FORBIDDEN,
}

#: Statuses with several meanings -> lower-case words of the fault -> kind. Special before general.
WORDS: Final[dict[int, tuple[tuple[str, ErrorKind], ...]]] = {
    400: (
        ("quota exceeded", ErrorKind.QUOTA),
        ("no valid host", ErrorKind.CAPACITY),
        ("have snapshots", ErrorKind.IN_USE),
        ("is already attached", ErrorKind.IN_USE),
        ("status must be", ErrorKind.CONFLICT),
        ("is not active", ErrorKind.CONFLICT),
        ("must be available", ErrorKind.CONFLICT),
        ("could not be found", ErrorKind.NOT_FOUND),
        ("can not find", ErrorKind.NOT_FOUND),
        ("unable to find", ErrorKind.NOT_FOUND),
        ("failed to get", ErrorKind.NOT_FOUND),
        ("invalid key_name", ErrorKind.NOT_FOUND),
    ),
    403: (
        ("policy doesn't allow", ErrorKind.FORBIDDEN),
        ("quota", ErrorKind.QUOTA),
        ("maximum number", ErrorKind.QUOTA),
        ("exceeds the limit", ErrorKind.QUOTA),
        ("is protected", ErrorKind.PROTECTED),
        ("volume-backed", ErrorKind.INVALID),
    ),
    409: (
        ("quota exceeded", ErrorKind.QUOTA),
        ("no more ip addresses", ErrorKind.CAPACITY),
        ("no valid host", ErrorKind.CAPACITY),
        ("is locked", ErrorKind.PROTECTED),
        ("while it is in task_state", ErrorKind.BUSY),
        ("while it is in vm_state building", ErrorKind.BUSY),
        ("concurrently", ErrorKind.BUSY),
        ("already exists", ErrorKind.ALREADY_EXISTS),
        ("duplicate", ErrorKind.ALREADY_EXISTS),
        ("in use", ErrorKind.IN_USE),
    ),
    413: (
        ("quota", ErrorKind.QUOTA),
        # What compute and its middleware said before 429 was known.
        ("rate-limited", ErrorKind.RATE_LIMITED),
        ("rate limit", ErrorKind.RATE_LIMITED),
        ("requests", ErrorKind.RATE_LIMITED),
        ("limit", ErrorKind.QUOTA),
    ),
    500: (("no valid host", ErrorKind.CAPACITY),),
}

STATUSES: Final[dict[int, ErrorKind]] = {
    400: ErrorKind.INVALID,
    401: ErrorKind.UNAUTHENTICATED,
    403: ErrorKind.FORBIDDEN,
    404: ErrorKind.NOT_FOUND,
    405: ErrorKind.UNSUPPORTED,
    406: ErrorKind.UNSUPPORTED,
    408: ErrorKind.UNAVAILABLE,
    409: ErrorKind.CONFLICT,
    410: ErrorKind.NOT_FOUND,
    412: ErrorKind.BUSY,
    413: ErrorKind.INVALID,
    414: ErrorKind.INVALID,
    415: ErrorKind.UNSUPPORTED,
    425: ErrorKind.UNAVAILABLE,
    429: ErrorKind.RATE_LIMITED,
    501: ErrorKind.UNSUPPORTED,
}

#: Lower-case words of services that say in plain text or as a page what is missing: the framework, the image service.
MISSING_PAGES: Final = ("the resource could not be found", "no image found", "failed to find image")

#: Lower-case words of a service that was itself refused, perhaps for the caller's token, by the one behind it.
#: Source: answers of compute and block storage (2026.1) to each request for which they ask another service.
REFUSED_BEHIND: Final = ("authorized", "failed to get ", "unable to access ")

#: Attributes of the cloud's schemas -> neutral fields.
ATTRIBUTES: Final[dict[str, str]] = {
    "flavorRef": "instance_type_id",
    "imageRef": "image_id",
    "availability_zone": "zone_id",
    "metadata": "tags",
    "networks": "network_ids",
    "security_groups": "security_group_ids",
    "volume_size": "size",
    "new_size": "size",
    **{name: name for name in ("name", "description", "size", "user_data", "key_name", "public_key")},
    "volume_type": "storage_domain_id",
}

#: Lower-case words of an INVALID, ALREADY_EXISTS, NOT_FOUND or QUOTA fault -> the neutral field they are about.
FIELDS: Final[tuple[tuple[str, str], ...]] = (
    ("flavor", "instance_type_id"),
    ("requested image", "image_id"),
    ("key_name", "key_name"),
    ("keypair data", "public_key"),
    ("key pair '", "name"),
    ("availability zone", "zone_id"),
    ("security_group with name", "security_group_ids"),
    ("volume type", "storage_domain_id"),
    ("user_data", "user_data"),
    ("user data", "user_data"),
    ("metadata", "tags"),
    ("new size", "size"),
    ("port_range", "from_port"),
    ("external network", "pool_id"),
    ("cidr", "cidr"),
    ("ip address", "address"),
)

#: Lower-case words of a NOT_FOUND fault -> the noun that is missing, where it is not the request's subject.
NOUNS: Final[tuple[tuple[str, str], ...]] = (
    ("flavor", "instance_type"),
    ("requested image", "image"),
    ("key_name", "key_pair"),
    ("keypair", "key_pair"),
    ("security_group", "security_group"),
    ("security group", "security_group"),
    ("volume type", "storage_domain"),
    ("snapshot", "snapshot"),
    ("volume", "volume"),
    ("subnet", "subnet"),
    ("network", "network"),
    ("image", "image"),
    ("floating ip", "address"),
    ("port", "nic"),
    ("instance", "instance"),
)

_NEWEST: Final = re.compile(r"maximum is (\d{1,3}\.\d{1,5})(?!\.?\d)", re.ASCII | re.IGNORECASE)
_NAMED: Final = frozenset({ErrorKind.INVALID, ErrorKind.ALREADY_EXISTS, ErrorKind.NOT_FOUND, ErrorKind.QUOTA})


class Subject(Struct, frozen=True):
    """What a request is about, for its error."""

    resource: str = ""
    id: str = ""


#: A request about nothing in particular.
NOTHING: Final = Subject()


def kind_of(status: int, fault: Fault, retry_after: int = 0) -> ErrorKind:
    """The kind of a fault."""
    if fault.type in TYPES:
        return TYPES[fault.type]
    lowered = fault.message.lower()
    if status == 413 and retry_after and "quota" not in lowered:
        # A limit that passes by itself.
        return ErrorKind.RATE_LIMITED
    found = () if fault.attribute else WORDS.get(status, ())
    for text, kind in found:
        if text in lowered:
            return kind
    return STATUSES.get(status, ErrorKind.UNAVAILABLE if status >= 500 else ErrorKind.INTERNAL)


def to_error(status: int, content_type: str, body: bytes, subject: Subject = NOTHING, *, retry_after: int = 0) -> Error:
    """Make the error for an answer that is not a success, and says when to ask again (seconds; 0 if it does not)."""
    fault = read_fault(content_type, body)
    if status == 404 and _is_of_no_service(fault, subject):
        message = "Something before the cloud's service answered in its place that there is no such page"
        return Error(ErrorKind.UNAVAILABLE, message, context={"status": "404", "words": fault.message})
    kind = kind_of(status, fault, retry_after)
    words, about = fault.message, subject
    if kind is ErrorKind.NOT_FOUND:
        about = _missing(fault.message, subject)
        if about.id:
            words = f"The {about.resource.replace('_', ' ')} '{about.id}' does not exist"
    return Error(
        kind,
        words or f"The cloud answered with status {status}",
        resource=about.resource,
        resource_id=about.id,
        field=_field(kind, fault) if about is not subject or kind is not ErrorKind.NOT_FOUND else "",
        retry_after=retry_after if kind in RETRYABLE_KINDS else 0,
        context={"status": str(status), "type": fault.type[:100], "words": fault.message},
    )


def may_blame_token(status: int, content_type: str, body: bytes) -> bool:
    """Whether an answer other than 401 may be due to a token that is over.

    A service that has lately seen a token takes it for good for minutes more, and shows it to the one behind it.
    """
    if status not in (400, 403, 500):
        return False
    words = read_fault(content_type, body).message.lower()
    return any(text in words for text in REFUSED_BEHIND)


def newest_of_refusal(content_type: str, body: bytes) -> str:
    """The newest microversion of the node that refused one (406); empty where it does not tell."""
    found = _NEWEST.search(read_fault(content_type, body).message)
    return found[1] if found else ""


def nonsense(what: str) -> Error:
    """The error for an answer that is no answer of such a cloud."""
    return Error(ErrorKind.UNAVAILABLE, f"The cloud's answer can't be understood: {what}")


def _is_of_no_service(fault: Fault, subject: Subject) -> bool:
    """Whether a page comes from a web server or proxy whose service is away: nothing is gone because of that.

    Services answer faults as JSON, or name what they did not find.
    """
    words = fault.message.lower()
    if fault.type or not words or not subject.id:
        return False
    return subject.id.lower() not in words and not any(text in words for text in MISSING_PAGES)


def _missing(words: str, subject: Subject) -> Subject:
    """What is missing: the request's subject when its id is named, or nothing else is."""
    lowered = words.lower()
    if subject.id and subject.id.lower() in lowered:
        return subject
    noun = next((noun for text, noun in NOUNS if text in lowered), "")
    return subject if noun in ("", subject.resource) and subject.id else Subject(noun or subject.resource)


def _field(kind: ErrorKind, fault: Fault) -> str:
    if kind not in _NAMED:
        return ""
    if fault.attribute:
        return ATTRIBUTES.get(fault.attribute, "")
    lowered = fault.message.lower()
    return next((field for text, field in FIELDS if text in lowered), "")
