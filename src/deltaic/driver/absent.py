"""What stands where a driver has no noun."""

from __future__ import annotations

from typing import Any, Final

from deltaic.model.errors import unsupported


class _Absent:
    """Every verb of it is UNSUPPORTED."""

    def __getattr__(self, verb: str) -> Any:
        if verb.startswith("_"):
            raise AttributeError(verb)

        async def refuse(context: object, *arguments: object, **named: object) -> None:
            raise unsupported(verb)

        return refuse


#: A noun that the driver does not have; its capability flags are off.
ABSENT: Final[Any] = _Absent()
