"""The page about the embedded engine says what is so."""

import asyncio
import re
from pathlib import Path
from typing import Any

from ovirt_engine_sim import __main__ as program
from ovirt_engine_sim.durations import DURATIONS, UNSCALED
from ovirt_engine_sim.ordered import KINDS
from tests.sim.core.support import UP_VM, Api

PAGE = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text()


def section(title: str) -> str:
    """The text of one section."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_option_is_described() -> None:
    shown = set(re.findall(r"^\| `(--[a-z-]+)", section("Start"), re.MULTILINE))
    assert shown == {option for option in _options() if option != "--help"}


def _options() -> set[str]:
    source = Path(str(program.__file__)).read_text()
    return set(re.findall(r'add_argument\("(--[a-z-]+)"', source))


def test_every_duration_is_listed() -> None:
    rows = dict(re.findall(r"^\| ((?:not )?scaled) \| (.*) \|$", section("How long things take"), re.MULTILINE))
    found = {name: float(value) for row in rows.values() for name, value in re.findall(r"`(\w+)` ([\d.]+)", row)}
    assert found == DURATIONS
    assert set(re.findall(r"`(\w+)`", rows["not scaled"])) == UNSCALED


def test_every_kind_of_fault_is_listed() -> None:
    shown = re.findall(r"^\| `(\w+)` \|", section("Faults to order"), re.MULTILINE)
    assert tuple(shown) == ("do", *KINDS)


async def test_every_control_endpoint_answers(api: Api) -> None:
    host = (await api.read("hosts"))["host"][0]["id"]
    bodies: dict[str, Any] = {
        "POST faults": {"do": "slow"},
        "POST clock": {"advance": 1},
    }
    requests = re.findall(r"`((?:GET|POST|DELETE) [^`]+)`", section("Control endpoints"))
    assert len(requests) == 14
    for request in requests:
        method, _, path = request.partition(" ")
        path = path.replace("hosts/ID", f"hosts/{host}").replace("vms/ID", f"vms/{UP_VM}")
        url = f"{api.server.root}/ovirt-engine-sim/{path}"
        async with api.session.request(method, url, json=bodies.get(request)) as answer:
            assert (request, answer.status) in ((request, 200), (request, 201))


async def test_the_example_of_a_fault_can_be_ordered(api: Api) -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    url = f"{api.server.root}/ovirt-engine-sim/faults"
    async with api.session.post(url, data=example.group(1)) as answer:
        assert answer.status == 201
    assert [(await api.get("vms")).status for _ in range(3)] == [503, 503, 200]


async def test_the_program_of_the_page_runs(capsys: Any) -> None:
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    code = compile(example.group(1), "simulator.md", "exec")
    await asyncio.to_thread(exec, code, {"__name__": "example"})
    assert capsys.readouterr().out == "up\n"
