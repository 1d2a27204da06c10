"""What can go wrong with the lab itself, said in one line."""

from __future__ import annotations


class LabError(Exception):
    """The lab can't be started or used; the text says why, and what to do."""
