"""The log: structlog as JSON lines or for a console, everybody else's records included, secrets removed."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from deltaic.model.secret import Secret
from deltaic.settings import LogSettings
from deltaic.settings.redaction import STARS, is_secret, redact_text

#: How deep and how long a logged value may be before it is cut; a client's data must not flood the log.
_MAX_DEPTH = 6
_MAX_TEXT = 8_192
_MAX_ITEMS = 100

#: Loggers of libraries that say too much at our level.
_QUIET = {
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "dbos": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "uvicorn": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,
}


def configure(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Set up logging for the process; calling again replaces the set-up.

    `stream` is where lines go when no file is named (standard error).
    """
    level = getattr(logging, settings.level.upper())
    target = stream or sys.stderr
    console = settings.format == "console" or (settings.format == "auto" and not settings.file and target.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if console
        else [structlog.processors.JSONRenderer(default=str)]
    )
    handler = logging.FileHandler(settings.file, encoding="utf-8") if settings.file else logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.PositionalArgumentsFormatter()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                redact,
                *renderer,
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level)
    for name, floor in _QUIET.items():
        logging.getLogger(name).setLevel(max(level, floor))


@contextlib.contextmanager
def bound(**facts: str) -> Iterator[None]:
    """Put facts (`request_id`, `user`, `provider`) into every line logged inside, also in tasks begun there."""
    with structlog.contextvars.bound_contextvars(**facts):
        yield


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Processor: hide values of secret names and secrets inside texts, and cut what is too long."""
    for key in list(event):
        event[key] = STARS if is_secret(key) else _clean(event[key], _MAX_DEPTH)
    return event


def _clean(value: object, depth: int) -> object:
    if isinstance(value, str):
        text = redact_text(value[: _MAX_TEXT + 1])
        return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "..."
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Secret) or depth == 0:
        return STARS
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping):
        items = list(value.items())[:_MAX_ITEMS]
        return {str(key): STARS if is_secret(str(key)) else _clean(item, depth - 1) for key, item in items}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item, depth - 1) for item in list(value)[:_MAX_ITEMS]]
    return _clean(str(value), depth)
