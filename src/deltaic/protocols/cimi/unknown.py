"""Names in a body that nothing has: refused, or ignored and remembered."""

from __future__ import annotations

from typing import Final

from deltaic.model.errors import invalid

#: Most names that are remembered.
MOST: Final = 20


class Unknown:
    """What becomes of names that the table does not have; with `strict` neither other spellings are taken."""

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.names: list[str] = []

    def ignore(self, path: str) -> None:
        """Remember a name by its path from the root. Errors: INVALID with it as the field, if strict."""
        field = path[:160]
        if self.strict:
            raise invalid(field, f"There is no attribute '{field}' here")
        if len(self.names) < MOST and field not in self.names:
            self.names.append(field)

    def spelling(self, path: str, name: str, standard: str) -> None:
        """Take another spelling of a standard name. Errors: INVALID with the name as the field, if strict."""
        if self.strict and name != standard:
            field = f"{path}{name}"[:160]
            raise invalid(field, f"There is no attribute '{field}' here; the standard calls it '{standard}'")
