"""Base64 as clients send it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.user_data import MAX_USER_DATA, decode_base64, decode_user_data, encode_base64


@pytest.mark.parametrize(
    "text", ["IyEvYmluL3NoCg==", "IyEvYmluL3NoCg", "IyEv\nYmlu\r\nL3NoCg==\n", " IyEvYmlu L3NoCg = = "]
)
def test_lenient(text: str) -> None:
    assert decode_user_data(text) == b"#!/bin/sh\n"


def test_empty() -> None:
    assert decode_user_data("") == b""


@pytest.mark.parametrize("text", ["#!/bin/sh", "abcde", "ab=c", "====", "é", "IyEv*", "IyEv\x00"])
def test_not_base64(text: str) -> None:
    with pytest.raises(AwsError) as caught:
        decode_user_data(text)
    assert (caught.value.code, caught.value.status) == ("InvalidUserData.Malformed", 400)
    assert text not in caught.value.message


def test_limit_is_on_the_decoded_size() -> None:
    assert len(decode_user_data(encode_base64(b"x" * MAX_USER_DATA))) == 16384
    with pytest.raises(AwsError) as caught:
        decode_user_data(encode_base64(b"x" * (MAX_USER_DATA + 1)))
    assert (caught.value.code, caught.value.message) == (
        "InvalidParameterValue",
        "User data is limited to 16384 bytes, 16385 were sent.",
    )


@given(st.binary(max_size=200))
def test_round_trip(data: bytes) -> None:
    assert decode_base64(encode_base64(data)) == data
    assert "\n" not in encode_base64(data)
