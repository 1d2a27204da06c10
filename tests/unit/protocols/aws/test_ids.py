"""Ids out and in."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.ids import IdIndex, IdRef, ec2_id, native_digits, parse_id, prefix_of

VM = "84623036-49fe-4f22-ac6f-ff526e8b82be"
TWIN = "84623036-49fe-4f22-ac6f-000000000000"  # the first 17 digits are VM's


def test_out() -> None:
    assert ec2_id("i", VM) == "i-8462303649fe4f22a"
    assert ec2_id("ami", UUID(VM)) == "ami-8462303649fe4f22a"
    assert ec2_id("i", VM.upper(), 32) == "i-8462303649fe4f22ac6fff526e8b82be"


def test_native_ids_that_are_no_uuids_are_hashed() -> None:
    # SHA-256 of "abc", the example of FIPS 180
    assert native_digits("abc") == "ba7816bf8f01cfea414140de5dae2223"
    assert ec2_id("i", "abc") == "i-ba7816bf8f01cfea4"


@pytest.mark.parametrize(
    "text",
    [
        "i-8462303649fe4f22a",
        "i-8462303649FE4F22A",
        "I-8462303649fe4f22a",
        "i-8462303649fe4f22ac6fff526e8b82be",
        VM,
        VM.upper(),
        f"i-{VM}",
    ],
)
def test_in(text: str) -> None:
    ref = parse_id("i", text)
    assert ref.prefix == "i"
    assert ref.matches(VM)
    assert not ref.matches("00000000-0000-0000-0000-000000000000")
    assert IdIndex("i", [VM]).resolve(text) == VM


@pytest.mark.parametrize(
    "text",
    [
        "",
        "i-",
        "i",
        "foo",
        "i-xyz",
        "vol-8462303649fe4f22a",
        "i-8462303649fe4f22",
        "i-8462303649fe4f22a0",
        "8462303649fe4f22a",
        f"{VM}”",
        f"{VM}\n",
        "i-8462303649fe4f22a\n",
        "i-٣٣٣٣٣٣٣٣",
        "i-" + "a" * 100_000,
    ],
)
def test_malformed(text: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse_id("i", text)
    assert (caught.value.code, caught.value.status) == ("InvalidInstanceID.Malformed", 400)
    assert caught.value.message == f'Invalid id: "{text[:100]}" (expecting "i-...")'


def test_well_formed_but_unknown() -> None:
    index = IdIndex("vol", [VM])
    assert index.resolve("vol-12345678") is None
    assert index.resolve("vol-1234567890abcdef0") is None
    assert parse_id("vol", "vol-12345678") == IdRef("vol", "12345678")


def test_the_later_of_two_that_collide_has_the_long_id() -> None:
    index = IdIndex("i", [VM, TWIN])
    assert index.id_of(VM) == "i-8462303649fe4f22a"
    assert index.id_of(TWIN) == "i-8462303649fe4f22ac6f000000000000"
    assert index.resolve("i-8462303649fe4f22a") == VM
    assert index.resolve(index.id_of(TWIN)) == TWIN
    assert index.resolve(TWIN) == TWIN
    assert index.add(TWIN) == "i-8462303649fe4f22ac6f000000000000"
    assert len(index) == 2


def test_id_of_an_object_that_was_not_added() -> None:
    assert IdIndex("i").id_of(VM) == "i-8462303649fe4f22a"


@given(st.lists(st.one_of(st.uuids().map(str), st.sampled_from([VM, TWIN]), st.text(max_size=4)), unique=True))
def test_every_id_resolves_to_its_object(natives: list[str]) -> None:
    index = IdIndex("i", natives)
    ids = [index.id_of(native) for native in natives]
    assert len(set(ids)) == len(natives)
    assert [index.resolve(own) for own in ids] == natives


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("i-8462303649fe4f22a", "i"),
        ("VOL-12345678", "vol"),
        (f"snap-{VM}", "snap"),
        (VM, None),
        ("i-xyz", None),
        ("zzz-12345678", None),
    ],
)
def test_prefix_of(text: str, prefix: str | None) -> None:
    assert prefix_of(text) == prefix
