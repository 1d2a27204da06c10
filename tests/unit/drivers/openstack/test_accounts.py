"""User names as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.drivers.openstack.accounts import (
    Account,
    account_of,
    password_login,
    read_login,
    view_of,
    write_account,
)
from deltaic.drivers.openstack.views import View
from deltaic.drivers.openstack.wire_identity import InDomain, Named

names = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("user", "view", "account", "place"),
    [
        ("demo", View(), Account("demo"), View()),
        ("demo", View("p", "Corp"), Account("demo", "Corp"), View("p", "Corp")),
        ("demo@Corp", View("p"), Account("demo", "Corp"), View("p")),
        ("demo@default", View("p", "Corp"), Account("demo"), View("p", "Corp")),
        ("demo+q", View("p", "Corp"), Account("demo", "Corp"), View("q", "Corp")),
        ("demo@Corp+q", View("p"), Account("demo", "Corp"), View("q", "Corp")),
        ("eve@example.com@Default", View(), Account("eve@example.com"), View()),
        ("eve+tag@example.com@Default", View(), Account("eve+tag@example.com"), View()),
        ("eve@a%40b", View(), Account("eve", "a@b"), View()),
        ("+q", View(), Account("+q"), View()),
        ("eve@", View(), Account("eve@"), View()),
        ("application_credential:0a1b", View("p"), Account(credential="0a1b"), View("p")),
        ("application_credential:0a1b@Default", View(), Account("application_credential:0a1b"), View()),
    ],
)
def test_logins_are_taken_apart(user: str, view: View, account: Account, place: View) -> None:
    assert read_login(user, view) == (account, place)


@given(name=names, domain=names, view=st.sampled_from([View(), View("p", "Corp")]))
def test_no_two_users_have_one_form_and_none_has_two(name: str, domain: str, view: View) -> None:
    account = Account(name, "" if domain.lower() == "default" else domain)
    assert read_login(write_account(account), view)[0] == account


def test_users_and_projects_of_the_identity_service() -> None:
    default = Named("default", "Renamed")
    assert account_of(InDomain("1", "demo", default)) == Account("demo")
    assert account_of(InDomain("1", "demo", Named("77", "Corp"))) == Account("demo", "Corp")
    # Another domain that is called like the default one can't be told from it.
    assert account_of(InDomain("1", "demo", Named("77", "default"))) is None
    assert view_of(InDomain("1", "p", default)) == View("p", "Default")
    assert view_of(InDomain("1", "p", Named("77", "Corp"))) == View("p", "Corp")


def test_a_project_is_named_with_its_domain_or_by_its_id() -> None:
    auth = password_login(Account("demo"), "lab", View("p", "Corp"))["auth"]
    assert auth["identity"]["password"]["user"] == {"name": "demo", "password": "lab", "domain": {"id": "default"}}
    assert auth["scope"] == {"project": {"name": "p", "domain": {"name": "Corp"}}}
    number = "07fc3dff8e114d6ba057a26ef4ab72ac"
    assert password_login(Account("demo"), "lab", View(number))["auth"]["scope"] == {"project": {"id": number}}
    assert "scope" not in password_login(Account("demo"), "lab", View())["auth"]
