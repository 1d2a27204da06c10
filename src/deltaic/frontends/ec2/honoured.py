"""Which parameters of an action are honoured: what is read, what says what is the case anyway, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from deltaic.frontends.ec2.request import unsupported
from deltaic.frontends.ec2.run_limits import leaves


class Honoured(Struct, frozen=True):
    """The parameters of one action. `read` are looked at by its handler.

    `harmless` have values that say what is the case anyway (None accepts every value); `reasons` tell, by the
    beginning of a name, why anything else is refused.
    """

    read: frozenset[str]
    harmless: Mapping[str, tuple[Any, ...] | None] = {}
    reasons: Mapping[str, str] = {}

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Refuse what can't be honoured. Errors: UnsupportedOperation naming the parameter."""
        for path, value in leaves(parameters):
            if path == "DryRun" or path in self.read:
                continue
            if path in self.harmless:
                allowed = self.harmless[path]
                if allowed is None or value in allowed:
                    continue
            raise unsupported(path, self._reason(path))

    def refusals(self) -> tuple[str, ...]:
        """What is refused, in words for the coverage table."""
        limited = [f"{path} other than {_words(values)}" for path, values in self.harmless.items() if values]
        return (*limited, *(path for path in self.reasons if path not in self.harmless))

    def _reason(self, path: str) -> str:
        found = (reason for beginning, reason in self.reasons.items() if path.startswith(beginning))
        return next(found, "the cloud has nothing like it.")


def _words(values: tuple[Any, ...]) -> str:
    return " or ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in values)
