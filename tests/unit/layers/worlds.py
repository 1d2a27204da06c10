"""A driver whose every verb is a script, and contexts to ask it with."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from deltaic.layers.base import NOUNS
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.secret import Secret
from deltaic.model.signed_request import SignedRequest

Script = Callable[..., Awaitable[Any]]
EVERYTHING = Capability(
    **{name: True for name in Capability.__struct_fields__ if "_limit_" not in name},
    instances_limit_user_data_bytes=16,
    instances_limit_name_length=8,
)


def context(user: str = "ann", password: str = "pw", seconds: float = 30.0, scope: Scope | None = None) -> Context:
    return Context(
        Principal(f"user:{user}", user, Secret(password)), scope or Scope(), "r-1", time.monotonic() + seconds
    )


class Noun:
    """One noun: all verbs of its protocol run the same script."""

    def __init__(self, name: str, world: ScriptedDriver) -> None:
        for verb in vars(NOUNS[name]):
            if not verb.startswith("_"):
                setattr(self, verb, world.verb(f"{name}.{verb}", getattr(NOUNS[name], verb)))


class ScriptedDriver:
    """`script(verb)` answers every verb; `calls` lists them."""

    name = "scripted"

    def __init__(self, script: Callable[[str], Awaitable[Any]], capability: Capability = EVERYTHING) -> None:
        self.capability = capability
        self.script = script
        self.calls: list[str] = []
        for name in NOUNS:
            setattr(self, name, Noun(name, self))

    def verb(self, verb: str, declared: Any) -> Script:
        import functools
        import inspect

        signature = inspect.signature(declared)
        visible = signature.replace(parameters=[p for p in signature.parameters.values() if p.name != "self"])

        @functools.wraps(declared)
        async def run(*positional: Any, **named: Any) -> Any:
            self.calls.append(verb)
            return await self.script(verb)

        run.__signature__ = visible  # type: ignore[attr-defined]
        return run

    def view(self, asked: str, configured: str = "") -> str:
        return asked or configured

    def account(self, user: str, scope: Scope) -> tuple[str, Scope]:
        return user, scope

    async def verify(self, context: Context, claim: SignedRequest) -> Any:
        self.calls.append("verify")
        return await self.script("verify")

    async def login(self, context: Context) -> str:
        self.calls.append("login")
        return str(await self.script("login"))

    async def doctor(self, context: Context) -> Any:
        self.calls.append("doctor")
        return await self.script("doctor")

    async def close(self) -> None:
        self.calls.append("close")
