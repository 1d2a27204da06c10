"""Single values: their text in a document, and from what a client sent back to the value."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from deltaic.model.errors import invalid
from deltaic.protocols.cimi.kinds import Attribute, Kind
from deltaic.protocols.cimi.text import unfit

_LONG: Final = 2**63
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
#: The usual form of a whole number, which comes back as it was.
_SHORT: Final = re.compile(r"0|-?[1-9][0-9]{0,17}", re.ASCII)
_DECIMAL: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?", re.ASCII)
_DURATION: Final = re.compile(
    r"-?P(?=[0-9T])(?:[0-9]{1,9}Y)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}D)?"
    r"(?:T(?=[0-9])(?:[0-9]{1,9}H)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}(?:\.[0-9]{1,9})?S)?)?",
    re.ASCII,
)
_URI: Final = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*:|(?![^/?#]*:))(?://(?:[\w.~!$&'()*+,;=%-]*@)?(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)"
    r"(?::[0-9]{1,5})?(?=[/?#]|\Z)|(?!//))"
    r"[\w.~!$&'()*+,;=:@%/-]*(?:\?[\w.~!$&'()*+,;=:@%/?-]*)?(?:#[\w.~!$&'()*+,;=:@%/?-]*)?"
)
#: The plugfest helper of 2013 writes the scheme of action URIs twice.
_DOUBLED: Final = re.compile(r"(?:http://)+(?=http://)")
_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT: Final = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[T ](?P<time>\d{2}:\d{2}:\d{2})(?:\.(?P<part>\d{1,12}))?"
    r"\s?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_POWERS: Final = {"": 0, "byte": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


def format_moment(value: datetime) -> str:
    """A point in time in UTC, with the part of a second only if there is one."""
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"


def format_scalar(kind: Kind, value: Any) -> str:
    """The text of a value in XML. TypeError for a value of another type: a defect of the caller."""
    return FORMATS[kind](value)


def _format_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _foreign(value)


def _format_integer(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _foreign(value)


def _format_boolean(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    raise _foreign(value)


def _format_datetime(value: Any) -> str:
    if isinstance(value, datetime):
        return format_moment(value)
    raise _foreign(value)


def _format_bytes(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex().upper()
    raise _foreign(value)


def _format_any(value: Any) -> str:
    if isinstance(value, str):
        return value
    return _format_boolean(value) if isinstance(value, bool) else _format_integer(value)


def _foreign(value: Any) -> TypeError:
    return TypeError(f"an attribute can't be written from {type(value).__name__}")


#: What makes the text of a value, by its kind.
FORMATS: Final[dict[Kind, Callable[[Any], str]]] = {
    Kind.STRING: _format_text,
    Kind.INTEGER: _format_integer,
    Kind.BOOLEAN: _format_boolean,
    Kind.DATETIME: _format_datetime,
    Kind.URI: _format_text,
    Kind.DURATION: _format_text,
    Kind.HEX: _format_bytes,
    Kind.ANY: _format_any,
}


def parse_moment(text: str) -> datetime | None:
    """The point in time a text means, UTC where it names no zone; None if it means none."""
    if _DAY.fullmatch(text):
        text += "T00:00:00"
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    zone = match["zone"] or "Z"
    part = (match["part"] or "0")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(
            f"{match['day']}T{match['time']}.{part}{'Z' if zone in ('UTC', 'GMT') else zone}"
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def valid_uri(text: str) -> bool:
    """Whether a text is a URI reference that the schema takes."""
    return len(text) <= 4096 and _URI.fullmatch(text) is not None and _BAD_PERCENT.search(text) is None


def parse_scalar(attribute: Attribute, value: Any, field: str) -> Any:
    """The value that a client's text, number or truth value means. Errors: INVALID with the field."""
    if isinstance(value, dict):
        value = _unwrap(attribute, value, field)
    if isinstance(value, str):
        if unfit(value):
            raise invalid(field, f"The value of '{field}' has a character that XML can't hold")
        value = value if attribute.secret else value.strip()
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else str(value)
    if not isinstance(value, str | int | bool):
        raise invalid(field, f"The value of '{field}' must be a {attribute.kind.value}")
    return _PARSERS[attribute.kind](value, field)


def _unwrap(attribute: Attribute, value: dict[str, Any], field: str) -> Any:
    """What early clients wrapped: a URI as a reference, a size as a quantity with its unit."""
    if attribute.kind is Kind.URI and "href" in value:
        return value["href"]
    if attribute.unit and "quantity" in value:
        return _size(attribute.unit, str(value["quantity"]).strip(), str(value.get("units", "")).strip(), field)
    raise invalid(field, f"The value of '{field}' must be a {attribute.kind.value}")


def _size(unit: int, quantity: str, units: str, field: str) -> int:
    word = units.lower().removesuffix("s").removesuffix("byte").removesuffix("b")
    letter, binary = word[:1], word.endswith(("i", "ibi", "ebi", "obi")) and len(word) > 1
    known = letter in _POWERS and (len(word) <= 2 or word in ("kilo", "mega", "giga", "tera", "peta", "kibi", "mebi"))
    if not _DECIMAL.fullmatch(quantity) or not (known or units.lower() in ("", "byte", "bytes")):
        raise invalid(field, f"The size '{field}' must have a quantity and a unit such as gigabyte")
    return int(float(quantity) * (1024 if binary else unit) ** _POWERS[letter]) // unit


def _text(value: str | int | bool, field: str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _integer(value: str | int | bool, field: str) -> int:
    if isinstance(value, bool) or (isinstance(value, str) and not _WHOLE.fullmatch(value)):
        raise invalid(field, f"The value of '{field}' must be a whole number")
    number = int(value)
    if not -_LONG <= number < _LONG:
        raise invalid(field, f"The value of '{field}' is out of range")
    return number


def _boolean(value: str | int | bool, field: str) -> bool:
    if isinstance(value, bool):
        return value
    found = _BOOLEANS.get(str(value).lower())
    if found is None:
        raise invalid(field, f"The value of '{field}' must be true or false")
    return found


def plain(value: str | int | bool) -> str | int | bool:
    """The truth value or whole number that a text looks like, else the text itself."""
    if not isinstance(value, str):
        return value
    if value in ("true", "false"):
        return value == "true"
    return int(value) if _SHORT.fullmatch(value) else value


def _any(value: str | int | bool, field: str) -> str | int | bool:
    return plain(value) if isinstance(value, str | bool) else _integer(value, field)


def _moment(value: str | int | bool, field: str) -> datetime:
    found = parse_moment(str(value))
    if found is None:
        raise invalid(field, f"The value of '{field}' must be a date with a time")
    return found


def _uri(value: str | int | bool, field: str) -> str:
    text = _text(value, field)
    text = text[match.end() :] if (match := _DOUBLED.match(text)) else text
    if not valid_uri(text):
        raise invalid(field, f"The value of '{field}' must be a URI")
    return text


def _duration(value: str | int | bool, field: str) -> str:
    text = str(value)
    if not _DURATION.fullmatch(text):
        raise invalid(field, f"The value of '{field}' must be a duration such as PT1H")
    return text


def _bytes(value: str | int | bool, field: str) -> bytes:
    """A key: hexadecimal as the schema says, base64 as Java clients send it, or the plain text."""
    text = str(value)
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()


_PARSERS: Final[dict[Kind, Callable[[str | int | bool, str], Any]]] = {
    Kind.STRING: _text,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.DATETIME: _moment,
    Kind.URI: _uri,
    Kind.DURATION: _duration,
    Kind.HEX: _bytes,
    Kind.ANY: _any,
}
