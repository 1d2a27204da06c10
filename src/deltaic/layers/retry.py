"""Repeats reads and safe verbs after faults that may pass by themselves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from deltaic.layers.base import Call, Next
from deltaic.model.errors import Error, ErrorKind

#: Kinds that a second attempt may cure here. BUSY is left to durable flows: a lock lasts longer than a request
#: may; TIMEOUT means that the caller's time is over.
KINDS = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.RATE_LIMITED})

#: Seconds before each further attempt; half to all of it, at random.
PAUSES = (0.1, 0.4, 1.6)
#: What the cloud asks for (`Error.retry_after`) is added to a pause, while it is no more than this in all. For more a
#: client waits better than we, who may keep others waiting: an edit of many seconds counts as that of a dead gateway.
LONGEST = 5

Sleep = Callable[[float], Awaitable[None]]


class RetryLayer:
    """At most one attempt more than there are pauses; none before the cloud wants it, and none after the deadline."""

    def __init__(self, pauses: tuple[float, ...] = PAUSES, sleep: Sleep = asyncio.sleep) -> None:
        self._pauses = pauses
        self._sleep = sleep

    async def __call__(self, call: Call, proceed: Next) -> Any:
        """Pass on, again where it helps."""
        left = LONGEST
        for pause in self._pauses if call.is_safe else ():
            try:
                return await proceed()
            except Error as error:
                asked = error.retry_after
                if error.kind not in KINDS or not error.retryable or asked > left:
                    raise
                if call.context.remaining() <= asked + pause:
                    raise
                left -= asked
            await self._sleep(asked + pause * random.uniform(0.5, 1.0))  # noqa: S311
        return await proceed()
