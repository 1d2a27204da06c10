"""Names and markers of machines that the gateway makes."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata

#: The engine refuses longer names for machines whose guest it can't tell (64), and host names must fit a label (63).
_LONGEST = 60


def launch_id(owner: str, client_token: str, claimed_at: str) -> str:
    """The id of one launch: the same for the same owner, token and claim, fresh without a token. 20 hex digits.

    A token whose launch failed is released; its next claim has another time, and so makes another launch.
    """
    if not client_token:
        return secrets.token_hex(10)
    return hashlib.sha256(f"{owner}\0{client_token}\0{claimed_at}".encode()).hexdigest()[:20]


def reservation_id(launch: str) -> str:
    """The AWS-style reservation id of a launch: `r-` and 17 hex digits."""
    return "r-" + hashlib.sha256(launch.encode()).hexdigest()[:17]


def instance_name(wanted: str, launch: str, index: int, count: int) -> str:
    """A name the engine accepts, from what the caller wants it to be called.

    One machine keeps a legal wanted name as it is; several get `-1`, `-2` ...; nothing usable gives `i-<launch>`.
    """
    plain = unicodedata.normalize("NFKD", wanted).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-._")[:_LONGEST]
    if not slug:
        slug = f"i-{launch[:17]}"
    return slug if count == 1 else f"{slug[: _LONGEST - 4]}-{index + 1}"
