"""Identical reads of one principal in one scope, asked at the same time, share one call.

A read never joins one that began before a change that its caller may know of: every change ends a generation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from typing import Any

from deltaic.layers.base import Call, Next
from deltaic.model.errors import Error, ErrorKind

#: Reads whose answer is about the moment or the caller's password: each goes its own way.
ALONE = frozenset({"login", "verify", "doctor", "instances.screenshot", "consoles.url"})


class CoalesceLayer:
    """The shared call goes on when a caller leaves, and ends when the last one has left."""

    def __init__(self) -> None:
        self._generation = 0
        self._running: dict[Hashable, _Shared] = {}

    async def __call__(self, call: Call, proceed: Next) -> Any:
        """Join a running call, or run."""
        if call.verb in ALONE:
            return await proceed()
        if not call.is_read:
            try:
                return await proceed()
            finally:
                self.begin_anew()
        while True:
            key = self._key(call)
            shared = self._running.get(key)
            leads = shared is None or shared.abandoned
            if shared is None or shared.abandoned:
                shared = self._start(key, proceed)
            try:
                return _own(await shared.wait())
            except Error as error:
                # The one who began the call had less time than we have: begin again.
                if leads or error.kind is not ErrorKind.TIMEOUT or call.context.remaining() <= 0:
                    raise

    def begin_anew(self) -> None:
        """No read from now on joins one that began before, as after a change."""
        self._generation += 1

    def _start(self, key: Hashable, proceed: Next) -> _Shared:
        shared = _Shared(proceed)
        self._running[key] = shared
        shared.task.add_done_callback(lambda _: self._finished(key, shared))
        return shared

    def _finished(self, key: Hashable, shared: _Shared) -> None:
        if self._running.get(key) is shared:
            del self._running[key]

    def _key(self, call: Call) -> Hashable:
        # The principal holds the password: another password never shares this one's answer.
        arguments = tuple((name, _frozen(value)) for name, value in call.arguments.items())
        return self._generation, call.verb, call.context.principal, call.context.scope, arguments


class _Shared:
    """One running call and how many wait for it."""

    def __init__(self, proceed: Next) -> None:
        self.task: asyncio.Task[Any] = asyncio.ensure_future(_coroutine(proceed))
        self._waiting = 0
        self.abandoned = False

    async def wait(self) -> Any:
        """The call's result; when the last waiter leaves early the call is cancelled."""
        self._waiting += 1
        try:
            return await asyncio.shield(self.task)
        finally:
            self._waiting -= 1
            if self._waiting == 0 and not self.task.done():
                self.abandoned = True
                self.task.cancel()


async def _coroutine(proceed: Next) -> Any:
    return await proceed()


def _frozen(value: Any) -> Hashable:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return tuple(value)
    hashable: Hashable = value
    return hashable


def _own(answer: Any) -> Any:
    """A list of the caller's own: the items are frozen, the list is not."""
    return list(answer) if isinstance(answer, list) else answer
