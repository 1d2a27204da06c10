"""The error type survives a journal, the secret type shows nothing."""

from __future__ import annotations

import copy
import pickle

import pytest

from deltaic.model.context import Principal
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceChanges, InstanceSpec
from deltaic.model.secret import Secret
from deltaic.ports.operations import FlowInput


def test_error_survives_pickling() -> None:
    error = Error(
        ErrorKind.BUSY,
        "locked",
        resource="instance",
        resource_id="x",
        field="id",
        retry_after=7,
        context={"state": "up"},
    )
    again = pickle.loads(pickle.dumps(error))
    assert (again.kind, again.message, again.resource, again.resource_id, again.field, again.context) == (
        ErrorKind.BUSY,
        "locked",
        "instance",
        "x",
        "id",
        {"state": "up"},
    )
    assert again.retryable is True
    assert again.retry_after == 7


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_retryable_follows_the_kind(kind: ErrorKind) -> None:
    expected = kind.value in {"busy", "rate_limited", "unavailable", "timeout"}
    assert Error(kind, "x").retryable is expected
    assert Error(kind, "x", retryable=not expected).retryable is not expected


def test_secret_never_shows() -> None:
    secret = Secret("hunter2")
    principal = Principal(id="key:A", user="admin@internal", password=secret)
    shown = f"{secret} {secret!r} {secret!s} {secret:>30} {principal!r} {[secret]!r}"
    assert "hunter2" not in shown
    assert secret.reveal() == "hunter2"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)


def test_secret_compares_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1


def test_account_is_twelve_digits_and_stable() -> None:
    one = Principal(id="key:A", user="admin@internal", password=Secret("x"))
    other = Principal(id="key:B", user="admin@internal", password=Secret("y"))
    assert one.account == other.account
    assert one.account.isdigit()
    assert len(one.account) == 12


@pytest.mark.parametrize(
    "value",
    [
        InstanceSpec("web", "image", "zone", user_data=b"hunter2", password="hunter2"),
        InstanceChanges(user_data=b"hunter2"),
        FlowInput("key:A", "default", "", "request", b'{"user_data":"hunter2"}'),
    ],
)
def test_user_data_never_show(value: object) -> None:
    assert "hunter2" not in repr(value)
