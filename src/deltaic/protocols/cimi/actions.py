"""Verbs of actions, in all the spellings of their URIs."""

from __future__ import annotations

import re
from typing import Final

from deltaic.model.errors import invalid
from deltaic.protocols.cimi.kinds import NAMESPACE

_WORD: Final = re.compile(r"[A-Za-z_]{1,40}", re.ASCII)
_BASE: Final = re.compile(
    r"(?:http://)*(?:schemas\.dmtf\.org/cimi/[12]|www\.dmtf\.org/cimi)(?:/action)?/", re.ASCII | re.IGNORECASE
)
#: Verbs whose `rel` is the bare word.
_BARE: Final = frozenset({"add", "edit", "delete", "insert", "remove"})


def rel(verb: str) -> str:
    """The `rel` of an operation: the bare word for add, edit and delete, else the action's URI."""
    return verb if verb in _BARE else f"{NAMESPACE}/action/{verb}"


def verb_of(action: str, field: str = "action") -> str:
    """The verb of an action's URI: the standard's, the early one's, one with a doubled scheme, or a bare word.

    Errors: INVALID with the field.
    """
    text = action.strip()
    base = _BASE.match(text)
    word = text[base.end() :] if base else text
    if not _WORD.fullmatch(word):
        raise invalid(field, f"'{text[:200]}' is not the URI of an action")
    return word.lower()
