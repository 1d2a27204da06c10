"""Whom the driver trusts: the same for the identity service and for those that its catalog names."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import Struct

from deltaic.driver import DriverConfig
from deltaic.drivers.openstack.client import Client
from deltaic.model.errors import Error, ErrorKind
from tests.unit.drivers.openstack.cloud import LOGIN, Answer, asks, cloud
from tests.unit.drivers.ovirt.canned import Authority


class Networks(Struct):
    networks: list[str] = []


async def test_a_cloud_behind_a_ca_of_its_own(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with cloud(authority.context) as made:
        made.answers["GET /network/v2.0/networks"] = Answer({"networks": ["a"]})
        client = Client(made.config(ca_file=str(authority.file)))
        assert await client.read(asks(), "network", "networks", Networks) == Networks(["a"])
        await client.close()


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_catalog_takes_no_token_out_of_its_protection(tmp_path: Path, allowed: bool) -> None:
    authority = Authority(tmp_path)
    async with cloud(authority.context) as secure, cloud() as plain:
        plain.answers["GET /network/v2.0/networks"] = Answer({"networks": ["a"]})
        secure.answers[LOGIN] = lambda _: secure.token(catalog=plain.catalog())
        options = {"allow_http": "yes"} if allowed else {}
        client = Client(secure.config(ca_file=str(authority.file), options=options))
        if allowed:
            assert await client.read(asks(), "network", "networks", Networks) == Networks(["a"])
        else:
            for service in ("network", "compute"):
                with pytest.raises(Error) as caught:
                    await client.read(asks(), service, "networks", Networks)
                assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNAVAILABLE, False)
                assert f"the {service} service is plain http" in caught.value.message
            assert plain.asked == []
        await client.close()


async def test_a_certificate_that_nobody_vouches_for_gets_no_password(tmp_path: Path) -> None:
    async with cloud(Authority(tmp_path).context) as made:
        client = Client(made.config())
        with pytest.raises(Error) as caught:
            await client.login(asks())
        assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNAVAILABLE, False)
        assert "certificate" in caught.value.message
        assert made.asked == []
        await client.close()


def test_a_configuration_does_not_show_its_passwords() -> None:
    config = DriverConfig(provider="https://cloud", options={"service_user": "x", "service_password": "secret-1"})
    assert repr(config) == (
        "DriverConfig(name='default', provider='https://cloud', options=['service_password', 'service_user'])"
    )
