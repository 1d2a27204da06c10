"""Calls that a flow's step makes as if they were requests."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def apart(call: Coroutine[Any, Any, T]) -> T:
    """Await a call that starts other flows or asks for them.

    The journal knows by context variables in which step a task is, and takes what happens there for that step's own:
    the call gets a task without them.
    """
    return await asyncio.create_task(call, context=contextvars.Context())
