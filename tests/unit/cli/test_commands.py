"""Command lines: help of every option, refusals, and texts of commands that need no server."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from deltaic.cli import main
from deltaic.cli.classic import command as deltacloud
from deltaic.cli.doctor import show
from deltaic.cli.frontends import choose
from deltaic.model.access_key import new_access_key, new_secret_key
from deltaic.model.health import Check


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_PROVIDER", "API_DRIVER", "API_FRONTEND", "API_PORT", "DELTAIC_CONFIG", "DELTAIC_DATA"):
        monkeypatch.delenv(name, raising=False)


def commands(command: click.Command, name: str = "deltaic") -> Iterator[tuple[str, click.Command]]:
    """Every command below this one with its full name."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from commands(found, f"{name} {child}")


def test_the_commands_there_are() -> None:
    names = {name for name, _ in commands(main)}
    assert names == {
        "deltaic",
        "deltaic serve",
        "deltaic demo",
        "deltaic engine",
        "deltaic keys",
        "deltaic keys create",
        "deltaic keys list",
        "deltaic keys revoke",
        "deltaic keys rotate",
        "deltaic keys reseal",
        "deltaic drivers",
        "deltaic doctor",
        "deltaic aws-config",
        "deltaic conformance",
    }


def test_every_command_and_option_has_help() -> None:
    silent = [
        f"{name} {parameter.opts[0]}"
        for name, command in [*commands(main), ("deltacloud", deltacloud)]
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert silent == []
    assert [name for name, command in commands(main) if not command.help] == []


@pytest.mark.parametrize(
    "option", ["-i", "-f", "-P", "-r", "-p", "-c", "-s", "-k", "-C", "-t", "-L", "-V", "--driver", "--frontends"]
)
@pytest.mark.parametrize("name", ["serve", "deltacloud"])
def test_classic_options_are_there(name: str, option: str) -> None:
    command = deltacloud if name == "deltacloud" else dict(commands(main))["deltaic serve"]
    assert option in {text for parameter in command.params for text in parameter.opts}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serv"], "No such command 'serv'. Did you mean 'serve'?"),
        (["serve"], "no cloud is configured: give -P URL[;DATACENTER], the variable API_PROVIDER, or a [[cloud]]"),
        (["serve", "-P", "http://e/api", "-f", "ec3"], "unknown frontend 'ec3'; did you mean 'ec2'?"),
        (["serve", "-P", "http://e/api", "-f", "soap"], "unknown frontend 'soap'; there are ec2, cimi, deltacloud"),
        (["serve", "-P", "http://e/api", "-f", "deltaclud"], "'deltaclud'; did you mean 'deltacloud'?"),
        (["serve", "-P", "http://e/api", "-s"], "-s needs a certificate"),
        (["serve", "-P", "http://e/api", "-p", "x"], "expected a number, got 'x'"),
        (["serve", "-P", "http://e/api", "--trusted-proxies", "::1,*"], "server.trusted_proxies: '*' would believe"),
        (["serve", "-c", "none.toml"], "none.toml: No such file or directory"),
        (["engine", "--vms", "3", "--inventory", "x.json"], "give either --inventory FILE or --vms N"),
        (["keys", "create", "-P", "http://e/api", "--access-key", "AKIA0000000000000000"], "give both --access-key"),
        (["keys", "create", "-P", "http://e/api", "--cloud", "lab"], "no cloud named 'lab' is configured"),
        (
            ["keys", "create", "-P", "http://e/api", "--access-key", "a b", "--secret-key", "0123456789abcdef"],
            "must be 16 to 128 letters",
        ),
        (["aws-config", "--region", "My Data Center"], "AWS clients take letters, digits and '-' only"),
        (["aws-config", "--url", "localhost:3001"], "must begin with http:// or https://"),
    ],
)
def test_wrong_command_lines_exit_with_2(arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(main, arguments)
    assert message in done.stderr.replace("\n", " ")
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr


def test_unknown_driver_is_told_with_a_suggestion(tmp_path: object) -> None:
    arguments = ["keys", "create", "-P", "http://127.0.0.1:1/api", "-i", "ovrit", "-u", "a@b", "--password-stdin"]
    done = CliRunner().invoke(main, [*arguments, "--data", str(tmp_path)], input="x\n")
    assert done.stderr == "Error: There is no driver 'ovrit'; did you mean 'ovirt'?\n"
    assert done.exit_code == 1


def test_frontends_are_served_in_the_order_asked_for() -> None:
    assert choose(("cimi", "ec2", "deltacloud")) == ("cimi", "ec2", "deltacloud")
    assert choose(("EC2", "ec2")) == ("ec2",)
    with pytest.raises(click.UsageError, match="no frontend is named"):
        choose(())


def test_aws_config_is_a_profile_with_its_services() -> None:
    arguments = ["aws-config", "--url", "https://gw.example.org", "--region", "Default", "--access-key", "AKIA1"]
    done = CliRunner().invoke(main, [*arguments, "--secret-key", "s", "--profile", "lab"])
    parser = configparser.ConfigParser()
    parser.read_string(done.output)
    assert dict(parser["profile lab"]) == {
        "region": "Default",
        "output": "json",
        "aws_access_key_id": "AKIA1",
        "aws_secret_access_key": "s",
        "services": "lab",
    }
    assert parser["services lab"]["ec2"].split() == ["endpoint_url", "=", "https://gw.example.org/ec2/"]
    assert parser["services lab"]["sts"].split() == ["endpoint_url", "=", "https://gw.example.org/ec2/"]


def test_drivers_lists_ovirt_under_its_classic_name() -> None:
    done = CliRunner().invoke(main, ["drivers"])
    names = [line.partition(":")[0] for line in done.output.splitlines()]
    assert "ovirt (also rhevm, rhev, olvm)" in names


def test_new_keys_have_the_usual_form() -> None:
    key, secret = new_access_key(), new_secret_key()
    assert key.startswith("AKIA")
    assert len(key) == 20
    assert set(key[4:]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    assert len(secret) == 40
    assert new_secret_key() != secret


def test_doctor_without_anybody_to_ask_checks_what_needs_no_login(tmp_path: Path) -> None:
    data = tmp_path / "state"
    done = CliRunner().invoke(main, ["doctor", "-P", "http://127.0.0.1:9/api", "--data", str(data)], input="")
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert f"ok   state folder: {data}" in lines
    assert any(line.startswith("FAIL address and TLS: ") for line in lines)
    assert "FAIL login: not checked, nor what needs it: no user and password were given" in lines
    assert lines[-1] == "Error: 2 of the checks failed"


def test_doctor_advises_where_nothing_failed_too(capsys: pytest.CaptureFixture[str]) -> None:
    show(Check("address and TLS", True, "http://cloud", "use https"))
    show(Check("clock", True, "0 s apart"))
    assert capsys.readouterr().out == "ok   address and TLS: http://cloud\n     -> use https\nok   clock: 0 s apart\n"
