"""Text forms of scalar values, shared by both readers and the XML writer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ovirt_engine_sim.faults import invalid_value
from ovirt_engine_sim.types import WIDE, Field, Type, enum_values

TRUE: Final = frozenset({"true", "1"})
FALSE: Final = frozenset({"false", "0"})
INT32: Final = 2**31
INT64: Final = 2**63
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def date_text(milliseconds: int) -> str:
    """Return epoch milliseconds as ISO 8601 with milliseconds and offset."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}+00:00"


def text(field: Field, value: Any) -> str:
    """Return a scalar as XML text."""
    if field.kind == "boolean":
        return "true" if value else "false"
    if field.kind == "date":
        return date_text(value)
    return str(value)


def identity(kind: Type, name: str, raw: str) -> Any:
    """Return the value of an id or href: text, but for the few types whose id is a number."""
    field = kind.by_name.get(name)
    return raw if field is None or field.kind == "string" else parse(field, raw)


def parse(field: Field, raw: Any) -> Any:
    """Return the native value of a scalar that arrived as text, number or boolean.

    Raises Fault 400 "Invalid value" naming the member.
    """
    if field.kind == "string":
        if isinstance(raw, bool):
            return "true" if raw else "false"
        return str(raw)
    return _PARSERS[field.kind](field, raw)


def _boolean(field: Field, raw: Any) -> bool:
    lowered = str(raw).strip().lower()
    if lowered in TRUE:
        return True
    if lowered in FALSE:
        return False
    raise invalid_value(field.name, raw)


def _integer(field: Field, raw: Any) -> int:
    shown = str(raw).strip()
    digits = shown.removeprefix("-")
    if isinstance(raw, bool) or not (digits.isascii() and digits.isdigit()) or len(digits) > 20:
        raise invalid_value(field.name, raw)
    number = int(shown)
    limit = INT64 if field.name in WIDE else INT32
    if not -limit <= number < limit:
        raise invalid_value(field.name, raw)
    return number


def _decimal(field: Field, raw: Any) -> float:
    try:
        number = Decimal(str(raw).strip())
    except InvalidOperation:
        raise invalid_value(field.name, raw) from None
    if not number.is_finite():
        raise invalid_value(field.name, raw)
    return float(number)


def _date(field: Field, raw: Any) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 253402300800000:
        return raw
    shown = str(raw).strip()
    if shown.isascii() and shown.isdigit() and len(shown) < 15:
        return int(shown)
    try:
        moment = datetime.fromisoformat(shown)
    except ValueError:
        raise invalid_value(field.name, raw) from None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)


def _enum(field: Field, raw: Any) -> str:
    lowered = str(raw).strip().lower()
    if lowered not in enum_values(field.type):
        raise invalid_value(field.name, raw, enum=True)
    return lowered


_PARSERS: Final = {
    "boolean": _boolean,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "enum": _enum,
}
