"""Base64 as EC2's clients really send it: with line breaks, sometimes without padding."""

from __future__ import annotations

import binascii
import re
from typing import Final

from deltaic.protocols.aws.errors import AwsError

#: Decoded size limit of an instance's user data, bytes.
MAX_USER_DATA: Final = 16 * 1024

_WHITESPACE: Final = re.compile(r"[ \t\r\n\f\v]+")
_ALPHABET: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def decode_base64(text: str) -> bytes:
    """The bytes that lenient base64 stands for: whitespace ignored, missing padding added.

    Raises ValueError for anything else.
    """
    packed = _WHITESPACE.sub("", text)
    if not _ALPHABET.fullmatch(packed):
        raise ValueError("not base64")
    bare = packed.rstrip("=")
    try:
        return binascii.a2b_base64(bare + "=" * (-len(bare) % 4))
    except binascii.Error as error:
        raise ValueError("not base64") from error


def decode_user_data(text: str) -> bytes:
    """An instance's user data.

    Errors: InvalidUserData.Malformed when it is not base64, InvalidParameterValue above 16 KiB.
    """
    try:
        data = decode_base64(text)
    except ValueError:
        raise AwsError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.") from None
    if len(data) > MAX_USER_DATA:
        raise AwsError(
            "InvalidParameterValue", f"User data is limited to {MAX_USER_DATA} bytes, {len(data)} were sent."
        )
    return data


def encode_base64(data: bytes) -> str:
    """Base64 without line breaks, as answers carry it."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")
