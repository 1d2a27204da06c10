"""One gateway before four clouds: what belongs to one of them never reaches another, whatever clients write."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from ovirt_engine_sim.app import create_app
from ovirt_engine_sim.clock import RealClock
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.inventory import seed_inventory
from tests.clients.console_client import ConsoleClient
from tests.clients.gateway import Answer, Gateway, basic, fetch
from tests.support.identity_service import NAME, identity_service
from tests.support.processes import Process, clean_environment, data_folder, url_in
from tests.support.recording import Recorder, served

ENGINES = ("north", "south")
IDENTITIES = ("east", "west")
USER = "admin@internal"


@dataclass
class Site:
    """The gateway, what each cloud heard, where each is, and a key of the gateway's own for each engine."""

    url: str
    recorders: dict[str, Recorder]
    urls: dict[str, str]
    keys: dict[str, tuple[str, str]]

    def client(self, key: tuple[str, str], region: str = "us-east-1", service: str = "ec2", **headers: str) -> Any:
        """boto3 with further headers (underscores for hyphens)."""
        client = Gateway(f"{self.url}/ec2/", "").client(service, region, key=key[0], secret=key[1])
        given = {name.replace("_", "-"): value for name, value in headers.items()}

        def add(request: Any, **_: Any) -> None:
            for name, value in given.items():
                request.headers[name] = value

        client.meta.events.register("before-sign", add)
        return client

    def plain(self, cloud: str, path: str = "/api/realms", user: str = USER, **headers: str) -> Answer:
        """A request with the login of a cloud."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        login = basic(user, f"password-of-{cloud}")
        return fetch(self.url + path, login | {"Accept": "application/xml"} | given)


def secrets_of(cloud: str, recorder: Recorder) -> set[str]:
    """What nobody but a cloud may hear."""
    own = {f"password-of-{cloud}", f"access-key-of-{cloud}", f"token-of-{cloud}"}
    return own | recorder.tokens


def engine(cloud: str) -> Any:
    """A simulated engine with a password of its own."""
    users = {USER: f"password-of-{cloud}"}
    return create_app(Engine(seed_inventory(), clock=RealClock(0.1), users=users, data_dir=None))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("clouds")
    recorders = {name: Recorder(engine(name)) for name in ENGINES}
    recorders |= {name: Recorder(identity_service(name)) for name in IDENTITIES}
    with served(recorders) as urls:
        urls = {name: url + ("/ovirt-engine/api" if name in ENGINES else "/identity") for name, url in urls.items()}
        settings = root / "deltaic.toml"
        settings.write_text(_settings(data_folder(root, "data"), urls), "utf-8")
        keys = {name: _key(settings, name) for name in ENGINES}
        gateway = Process(["serve", "--config", str(settings), "--port", "0"])
        try:
            url = url_in(gateway.ready()).removesuffix("/cimi").removesuffix("/api").removesuffix("/ec2")
            yield Site(url, recorders, urls, keys)
        finally:
            code = gateway.stop()
    assert code == 0, gateway.output
    for name in recorders:
        assert f"password-of-{name}" not in gateway.output


def _settings(data: str, urls: dict[str, str]) -> str:
    lines = [f'data = "{data}"', 'frontends = ["ec2", "cimi", "deltacloud"]']
    for name in ENGINES:
        provider = urls[name] + (";barcelona" if name == "south" else "")
        lines += ["[[cloud]]", f'name = "{name}"', f'provider = "{provider}"']
    for name in IDENTITIES:
        lines += ["[[cloud]]", f'name = "{name}"', 'driver = "openstack"']
        lines += [f'provider = "{urls[name]};region-of-{name}"', "[cloud.options]"]
        lines += [f'service_user = "{NAME}"', f'service_password = "service-password-of-{name}"']
    return "\n".join(lines) + "\n"


def _key(settings: Any, cloud: str) -> tuple[str, str]:
    command = ["keys", "create", "-u", USER, "--password-stdin", "--json", "--cloud", cloud, "--config", str(settings)]
    made = subprocess.run(
        [sys.executable, "-m", "deltaic", *command],
        input=f"password-of-{cloud}",
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)
    return key["access_key"], key["secret_key"]


@pytest.fixture(autouse=True)
def nothing_crosses(site: Site) -> Iterator[None]:
    """After each test: no cloud heard what belongs to another one."""
    yield
    for owner, own in site.recorders.items():
        for secret in secrets_of(owner, own):
            heard = [name for name, recorder in site.recorders.items() if name != owner and recorder.has(secret)]
            assert heard == [], (owner, heard)


def regions(client: Any) -> list[str]:
    return [region["RegionName"] for region in client.describe_regions()["Regions"]]


def refusal(call: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def test_what_is_recorded_can_be_found(site: Site) -> None:
    """The proof would be worth nothing if passwords could not be seen."""
    for name in ENGINES:
        assert site.plain(name, x_deltacloud_provider=name).status == 200
        assert site.recorders[name].has(f"password-of-{name}")
        assert site.recorders[name].tokens
    for name in IDENTITIES:
        assert regions(site.client((f"access-key-of-{name}", "s" * 32), name)) == [f"region-of-{name}"]
        for secret in (f"service-password-of-{name}", f"access-key-of-{name}", f"token-of-{name}-{NAME}"):
            assert site.recorders[name].has(secret)


def test_basic_goes_where_the_headers_say(site: Site) -> None:
    url = site.urls["south"]
    for provider in ("south", f"{url};barcelona", url, f"{url}/;Default"):
        assert site.plain("south", x_deltacloud_provider=provider).status == 200, provider
    assert site.plain("south", x_deltacloud_driver="south").status == 200
    assert site.plain("south", f"/api;provider={quote('south')}/realms").status == 200
    assert site.plain("south", "/api;driver=south/realms").status == 200
    assert site.plain("south", "/api?driver=south&force_auth=1").status == 200
    assert site.plain("south", "/cimi/machines", x_deltacloud_provider="south").status == 200
    assert site.plain("north").status == 200


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1.", "evil.example", "127.0.0.1@evil.example", "127.1"])
def test_addresses_that_are_almost_a_clouds(site: Site, scheme: str, host: str) -> None:
    port = site.urls["south"].partition("127.0.0.1:")[2].partition("/")[0]
    for provider in (f"{scheme}://{host}:{port}/ovirt-engine/api", f"{scheme}://south:pw@127.0.0.1:{port}/x"):
        assert site.plain("south", x_deltacloud_provider=provider).status in (400, 403)


def test_headers_that_contradict_each_other(site: Site) -> None:
    for driver, provider in (("north", "south"), ("east", site.urls["south"]), ("openstack", "south")):
        answer = site.plain("south", x_deltacloud_driver=driver, x_deltacloud_provider=provider)
        assert answer.status == 400, answer.text
    assert site.plain("south", "/api;driver=north/realms", x_deltacloud_provider="south").status == 400
    assert site.plain("south", x_deltacloud_provider="nowhere;a;b;c;d").status == 400


@pytest.mark.parametrize(("own", "other"), [("north", "south"), ("south", "north")])
def test_keys_of_the_gateway_stay_with_their_cloud(site: Site, own: str, other: str) -> None:
    key = site.keys[own]
    assert "barcelona" in regions(site.client(key))
    for headers in (
        {"x_deltacloud_provider": other},
        {"x_deltacloud_driver": other},
        {"x_deltacloud_provider": site.urls[other]},
        {"x_deltacloud_provider": "east"},
    ):
        assert refusal(site.client(key, **headers).describe_regions) == "UnauthorizedOperation"
    for region in (other, "east", "region-of-west"):
        assert refusal(site.client(key, region).describe_regions) == "UnauthorizedOperation"
    # Both engines have a data center of this name: it is the own one's.
    assert "barcelona" in regions(site.client(key, "barcelona"))
    assert site.client(key, service="sts").get_caller_identity()["Arn"].endswith(USER)


def test_keys_that_a_cloud_issued_are_shown_to_that_cloud(site: Site) -> None:
    for name in IDENTITIES:
        key = (f"access-key-of-{name}", "s" * 32)
        for region in (name, f"region-of-{name}"):
            assert regions(site.client(key, region)) == [f"region-of-{name}"]
            assert site.client(key, region, "sts").get_caller_identity()["Arn"].endswith("/ann@Default")
        assert regions(site.client(key, x_deltacloud_provider=name)) == [f"region-of-{name}"]
        assert regions(site.client(key, x_deltacloud_driver=name)) == [f"region-of-{name}"]
        url = site.urls[name]
        assert regions(site.client(key, x_deltacloud_provider=f"{url};region-of-{name}")) == [f"region-of-{name}"]
        # The default cloud checks no signatures: nobody is asked.
        assert refusal(site.client(key).describe_regions) == "AuthFailure"


def test_people_choose_the_cloud_at_the_console(site: Site) -> None:
    for name, status in (("south", 303), ("north", 303)):
        browser = ConsoleClient(site.url.removeprefix("http://"))
        page = browser.get("/api/login")
        assert page.text.count("<option") == 4
        form = {"csrf": page.csrf, "user": USER, "password": f"password-of-{name}", "next": "", "cloud": name}
        assert browser.send("POST", "/api/login", form).status == status
        shown = browser.get("/api/instances")
        assert (shown.status, f"at {name}" in shown.text) == (200, True)
        # A session stays where it began, whatever headers come with it.
        headers = {"X-Deltacloud-Provider": "north" if name == "south" else "south"}
        assert f"at {name}" in browser.get("/api/instances", **headers).text
    browser = ConsoleClient(site.url.removeprefix("http://"))
    page = browser.get("/api/login")
    form = {"csrf": page.csrf, "user": USER, "password": "password-of-south", "next": "", "cloud": "nowhere"}
    assert browser.send("POST", "/api/login", form).status == 400
