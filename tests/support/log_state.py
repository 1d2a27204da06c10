"""Keeps what a test does to the process's logging out of the tests after it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import structlog


@contextlib.contextmanager
def kept_log_state() -> Iterator[None]:
    """Put structlog's configuration, the root logger's handlers and all levels back at the end."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    loggers = {
        name: logger.level
        for name, logger in logging.Logger.manager.loggerDict.items()
        if isinstance(logger, logging.Logger)
    }
    root.handlers.clear()
    configured, configuration = structlog.is_configured(), structlog.get_config()
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name, logger in logging.Logger.manager.loggerDict.items():
            if isinstance(logger, logging.Logger):
                logger.setLevel(loggers.get(name, logging.NOTSET))
        structlog.reset_defaults()
        if configured:
            structlog.configure(**configuration)
