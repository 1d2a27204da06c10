"""Ends every verb at its caller's deadline, whatever the driver is doing."""

from __future__ import annotations

import asyncio
from typing import Any

from deltaic.layers.base import Call, Next
from deltaic.model.errors import Error, ErrorKind


class TimeoutLayer:
    """TIMEOUT once the context's deadline has passed."""

    async def __call__(self, call: Call, proceed: Next) -> Any:
        """Wait no longer than the caller does."""
        try:
            async with asyncio.timeout(call.context.remaining()):
                return await proceed()
        except TimeoutError:
            message = "The cloud did not answer in time"
            raise Error(ErrorKind.TIMEOUT, message, operation=call.verb) from None
