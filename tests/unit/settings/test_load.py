"""Precedence, types and error texts of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from deltaic.model.secret import Secret
from deltaic.settings import SettingsError, load

ENGINE = "https://engine.example.org/ovirt-engine/api"


def write(folder: Path, text: str) -> Path:
    file = folder / "deltaic.toml"
    file.write_text(text, "utf-8")
    return file


def test_defaults_need_nothing() -> None:
    settings = load(environment={})
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 3001)
    assert settings.frontends == ("ec2",)
    assert settings.clouds == ()


def test_file_then_environment_then_flags(tmp_path: Path) -> None:
    file = write(tmp_path, "[server]\nport = 1001\nhost = '0.0.0.0'\nrequest_timeout = 5\n")
    environment = {"DELTAIC_PORT": "1002", "API_HOST": "::1"}
    settings = load(file, {"server.port": "1003", "server.host": None}, environment)
    assert (settings.server.port, settings.server.host, settings.server.request_timeout) == (1003, "::1", 5.0)


def test_own_variables_win_over_classic_ones() -> None:
    assert load(environment={"DELTAIC_PORT": "1", "API_PORT": "2"}).server.port == 1


def test_classic_variables() -> None:
    settings = load(
        environment={
            "API_DRIVER": "rhevm",
            "API_PROVIDER": "http://localhost:8080/api;79221158-0d50-11e2-a8af-17acc9433061",
            "API_FRONTEND": "cimi, ec2,deltacloud",
            "API_HOST": "localhost",
            "API_PORT": "3002",
            "API_USER": "admin@internal",
            "API_PASSWORD": "letmein",
            "API_VERBOSE": "true",
            "API_TIMEOUT": "30",
        }
    )
    (cloud,) = settings.clouds
    assert (cloud.driver, cloud.name) == ("rhevm", "default")
    assert cloud.config.provider == "http://localhost:8080/api;79221158-0d50-11e2-a8af-17acc9433061"
    assert settings.frontends == ("cimi", "ec2", "deltacloud")
    assert (settings.server.host, settings.server.port, settings.server.request_timeout) == ("localhost", 3002, 30.0)
    assert (settings.login.user, settings.login.password) == ("admin@internal", Secret("letmein"))
    assert settings.log.level == "debug"


@pytest.mark.parametrize(("text", "level"), [("1", "debug"), ("false", "info"), ("0", "info"), ("yes", "debug")])
def test_verbose_switch(text: str, level: str) -> None:
    assert load(environment={"API_VERBOSE": text}).log.level == level


def test_several_clouds_first_is_default_and_takes_the_overrides(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        f"""
        [[cloud]]
        name = "lab"
        provider = "{ENGINE};Default"
        ca_file = "/etc/ca.pem"
        [[cloud]]
        name = "prod"
        driver = "rhevm"
        provider = "{ENGINE};Production"
        [cloud.options]
        page = "100"
        """,
    )
    first, second = load(file, {"cloud.provider": f"{ENGINE};Other"}, {}).clouds
    assert (first.name, first.config.provider, first.config.ca_file) == ("lab", f"{ENGINE};Other", "/etc/ca.pem")
    assert (second.name, second.driver, second.config.provider) == ("prod", "rhevm", f"{ENGINE};Production")
    assert second.config.options == {"page": "100"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sever]\nport = 1", "unknown key 'sever'; did you mean 'server'?"),
        ("[server]\nprot = 1", "unknown key 'server.prot'; did you mean 'server.port'?"),
        ("[[cloud]]\nprovidr = 'x'", "unknown key 'cloud[1].providr'; did you mean 'cloud[1].provider'?"),
        ("zzz = 1", "unknown key 'zzz'"),
        ("[server]\nport = 'x'", "server.port: expected `int`, got `str`"),
        ("[server]\nport = 70000", "server.port: must be between 0 and 65535"),
        ("[server]\nstop_grace = 60", "server.stop_grace: must be between 0.1 and 9.0"),
        ("node_silence = 0.5", "node_silence: must be between 1 and 3600"),
        ("[cimi]\njob_retention = 0", "cimi.job_retention: must be between 1 and 4320"),
        ("[cimi]\njob_retention = 4321", "cimi.job_retention: must be between 1 and 4320"),
        ("[server]\ntls_key = 'k'", "server.tls_key: is given without server.tls_certificate"),
        ("[server]\ntrusted_proxies = '10.0.0.1'", "server.trusted_proxies: expected `array`, got `str`"),
        ("[server]\ntrusted_proxies = [1]", "server.trusted_proxies[0]: expected `str`, got `int`"),
        ("[log]\nlevel = 'loud'", "log.level: invalid enum value 'loud'"),
        ("data = 3", "data: expected text, got `int`"),
        ("[[cloud]]\n[[cloud]]", "cloud.name: 'default' is used twice"),
        ("[[cloud]]\nname = 'a b'", "cloud.name: 'a b' must be letters, digits, '-', '_' or '.'"),
        ("cloud = 3", "cloud: expected `array`, got `int`"),
    ],
)
def test_wrong_files_name_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load(file, environment={})
    assert str(caught.value) == f"{file}: {message}"


def test_trusted_proxies_come_from_file_variable_and_option(tmp_path: Path) -> None:
    assert load(environment={}).server.trusted_proxies == ()
    file = write(tmp_path, "[server]\ntrusted_proxies = ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32']\n")
    assert load(file, environment={}).server.trusted_proxies == ("127.0.0.1", "10.0.0.0/8", "2001:db8::/32")
    environment = {"DELTAIC_TRUSTED_PROXIES": "192.0.2.1, 10.0.0.0/8,"}
    assert load(file, environment=environment).server.trusted_proxies == ("192.0.2.1", "10.0.0.0/8")
    assert load(file, {"server.trusted_proxies": "::1"}, environment).server.trusted_proxies == ("::1",)


NO_ADDRESS = "is no IP address and no network such as 10.0.0.0/8"
EVERYBODY = "would believe everybody; list the proxies' own addresses"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("*", f"'*' {EVERYBODY}"),
        ("0.0.0.0/0", f"'0.0.0.0/0' {EVERYBODY}"),
        ("10.0.0.1,::/0", f"'::/0' {EVERYBODY}"),
        ("proxy.example.org", f"'proxy.example.org' {NO_ADDRESS}"),
        ("10.0.0.1:80", f"'10.0.0.1:80' {NO_ADDRESS}"),
        ("10.0.0.0/33", f"'10.0.0.0/33' {NO_ADDRESS}"),
        ("10.0.0.1/8", f"'10.0.0.1/8' {NO_ADDRESS}; the bits after the prefix must be 0"),
        ("::ffff:10.0.0.1", "'::ffff:10.0.0.1' is an address of IPv4: write it as one"),
    ],
)
def test_proxies_that_nobody_can_trust_are_refused(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(environment={"DELTAIC_TRUSTED_PROXIES": text})
    assert str(caught.value) == f"settings: server.trusted_proxies: {message}"


def test_file_that_is_not_toml(tmp_path: Path) -> None:
    file = write(tmp_path, "port: 3001\n")
    with pytest.raises(SettingsError, match=r"deltaic\.toml: not TOML: "):
        load(file, environment={})


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(environment={"DELTAIC_CONFIG": str(tmp_path / "none.toml")})
    assert str(caught.value) == f"{tmp_path / 'none.toml'}: No such file or directory"


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("DELTAIC_PROT", "1", "environment: unknown variable DELTAIC_PROT; did you mean DELTAIC_PORT?"),
        ("API_PORT", "x", "API_PORT: expected a number, got 'x'"),
        ("DELTAIC_PORT", "tcp://10.0.0.1:3001", "DELTAIC_PORT: expected a number, got 'tcp://10.0.0.1:3001'"),
        ("DELTAIC_SIGV2", "maybe", "DELTAIC_SIGV2: expected yes or no, got 'maybe'"),
        ("DELTAIC_LOG_FORMAT", "xml", "DELTAIC_LOG_FORMAT: log.format: invalid enum value 'xml'"),
    ],
)
def test_wrong_variables_are_named(variable: str, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(environment={variable: text})
    assert str(caught.value) == message


def test_names_that_container_platforms_make_up_are_left_alone() -> None:
    assert load(environment={"DELTAIC_SERVICE_PORT_HTTP": "3001"}).server.port == 3001


def test_relative_data_is_beside_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "data = 'state'\n")
    settings = load(file, environment={})
    assert settings.data == tmp_path / "state"
    assert settings.database == f"sqlite:///{tmp_path}/state/deltaic.sqlite"


def test_state_folder_by_systemd_then_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert load(environment={}).data == tmp_path / "deltaic"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/deltaic:/var/lib/other")
    assert load(environment={}).data == Path("/var/lib/deltaic")


def test_repr_holds_no_secret(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        database_url = "postgresql://gw:hidden1@db/deltaic"
        [login]
        user = "admin@internal"
        password = "hidden2"
        [[cloud]]
        provider = "https://u:hidden3@engine/api"
        [cloud.options]
        api_token = "hidden4"
        """,
    )
    shown = repr(load(file, environment={}))
    assert "hidden" not in shown
    assert "postgresql://gw:***@db/deltaic" in shown
    assert "'api_token': '***'" in shown
