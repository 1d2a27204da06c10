"""Where commands may be run, and by whom."""

from __future__ import annotations

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.nic import Nic
from deltaic.model.secret import Secret
from deltaic.ports.shell import Login, Output, Target
from deltaic.services.commands import CommandRequest, CommandService, reachable
from tests.unit.services.conftest import World

LOGIN = Login("root", password=Secret("p"))
VM = "84623036-49fe-4f22-ac6f-ff526e8b82be"


class Shell:
    """Remembers where it was sent."""

    def __init__(self) -> None:
        self.targets: list[Target] = []

    async def run(self, target: Target, login: Login, command: str, seconds: float) -> Output:
        assert 1 <= seconds <= 30
        self.targets.append(target)
        return Output(command, 0, "")


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def commands(world: World, shell: Shell) -> CommandService:
    nic = Nic("nic-1", "nic1", "00:1a:4a:16:01:51", "net-1", ipv4=("10.0.0.7",), ipv6=("2001:db8::27",))
    world.driver.instances.add(InstanceState.RUNNING, VM, nics=(nic,))
    return CommandService(world.services.instances, shell)


@pytest.mark.parametrize(
    ("wanted", "chosen"), [("", "10.0.0.7"), ("10.0.0.7", "10.0.0.7"), ("2001:DB8:0::27", "2001:db8::27")]
)
async def test_one_of_its_own_addresses(
    world: World, commands: CommandService, shell: Shell, wanted: str, chosen: str
) -> None:
    address, output = await commands.run(world.context, VM, CommandRequest("id", LOGIN, wanted, 2222, "SHA256:x"))

    assert (address, output.text) == (chosen, "id")
    assert shell.targets == [Target(chosen, 2222, "SHA256:x")]


@pytest.mark.parametrize("wanted", ["10.0.0.8", "localhost", "engine.example", "127.0.0.1", "::ffff:10.0.0.7"])
async def test_nobody_elses(world: World, commands: CommandService, shell: Shell, wanted: str) -> None:
    with pytest.raises(Error) as caught:
        await commands.run(world.context, VM, CommandRequest("id", LOGIN, wanted))

    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "ip")
    assert shell.targets == []


def test_what_a_guest_says_is_not_believed() -> None:
    lies = ("127.0.0.1", "::1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1", "::ffff:127.0.0.1", "nonsense")

    assert reachable(lies) == ()
    assert reachable(("10.1.2.3", *lies, "2001:db8::1")) == ("10.1.2.3", "2001:db8::1")


async def test_only_inside_running_machines(world: World, commands: CommandService, shell: Shell) -> None:
    world.driver.instances.add(InstanceState.STOPPED, "5ee314f5-a01b-41f3-81f7-fe4acb6c31f9")
    for wanted, kind in (("5ee314f5-a01b-41f3-81f7-fe4acb6c31f9", ErrorKind.CONFLICT), ("nope", ErrorKind.NOT_FOUND)):
        with pytest.raises(Error) as caught:
            await commands.run(world.context, wanted, CommandRequest("id", LOGIN))
        assert caught.value.kind is kind
    assert shell.targets == []


@pytest.mark.parametrize("command", ["x" * 20000, "id\0"])
async def test_commands_are_bounded(world: World, commands: CommandService, command: str) -> None:
    with pytest.raises(Error) as caught:
        await commands.run(world.context, VM, CommandRequest(command, LOGIN))

    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "cmd")


async def test_a_login_is_needed(world: World, commands: CommandService) -> None:
    with pytest.raises(Error) as caught:
        await commands.run(world.context, VM, CommandRequest("id", Login("root")))

    assert caught.value.kind is ErrorKind.MISSING


async def test_a_gateway_without_a_shell(world: World) -> None:
    with pytest.raises(Error) as caught:
        await world.services.commands.run(world.context, VM, CommandRequest("id", LOGIN))

    assert caught.value.kind is ErrorKind.UNSUPPORTED
    assert not world.services.commands.available
