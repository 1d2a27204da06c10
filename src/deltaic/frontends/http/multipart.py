"""The text fields of a `multipart/form-data` form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from deltaic.frontends.http.body import BodyError
from deltaic.frontends.http.forms import MOST

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MULTIPART: Final = "multipart/form-data"
_LONGEST_HEADER: Final = 4096


def parts(content: bytes, content_type: str) -> dict[str, str]:
    """The fields by name; what stands later wins. A file's content is a text like any other.

    Errors: 400 for what can't be read and for more than `MOST` parts.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not boundary or len(boundary) > 70:
        raise _unreadable()
    form = _Form()
    parser = MultipartParser(boundary, form.callbacks())
    try:
        parser.write(content)
        parser.finalize()
    except FormParserError:
        raise _unreadable() from None
    if not form.ended:
        raise _unreadable()
    return form.fields


class _Form:
    """What the parser tells, piece by piece."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.ended = False
        self._parts = 0
        self._name = b""
        self._header = (bytearray(), bytearray())
        self._data = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._gather(self._header[0], data[start:end]),
            "on_header_value": lambda data, start, end: self._gather(self._header[1], data[start:end]),
            "on_header_end": self._header_end,
            "on_part_data": lambda data, start, end: self._data.extend(data[start:end]),
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST:
            raise BodyError(400, f"A form has at most {MOST} fields")
        self._name = b""
        self._data = bytearray()
        self._header = (bytearray(), bytearray())

    def _gather(self, into: bytearray, data: bytes) -> None:
        into.extend(data)
        if len(into) > _LONGEST_HEADER:
            raise _unreadable()

    def _header_end(self) -> None:
        name, value = (bytes(one) for one in self._header)
        if name.strip().lower() == b"content-disposition":
            self._name = parse_options_header(value)[1].get(b"name", b"")
        self._header = (bytearray(), bytearray())

    def _part_end(self) -> None:
        if not self._name:
            raise _unreadable()
        try:
            self.fields[self._name.decode()] = self._data.decode()
        except UnicodeDecodeError:
            raise BodyError(400, "The form's fields must be UTF-8") from None

    def _end(self) -> None:
        self.ended = True


def _unreadable() -> BodyError:
    return BodyError(400, "The form can't be read")
