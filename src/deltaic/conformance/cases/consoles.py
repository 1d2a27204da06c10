"""Consoles of machines."""

from __future__ import annotations

from deltaic.conformance.case import case
from deltaic.conformance.checks import ensure, equal, refused
from deltaic.conformance.machines import machine
from deltaic.conformance.trial import Trial
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState

NEEDS = ("instances_create", "instances_delete")
RUNNING = InstanceState.RUNNING


@case(*NEEDS, "instances_screenshot")
async def a_picture(trial: Trial) -> None:
    """A running machine's picture is a PNG."""
    host = await machine(trial, RUNNING)
    picture = await trial.driver.instances.screenshot(trial.context(), host.id)
    equal("how it begins", picture[:8], b"\x89PNG\r\n\x1a\n")


@case(*NEEDS, "instances_console")
async def a_file_that_opens_the_console(trial: Trial) -> None:
    """A running machine's console file is one of virt-viewer; a machine at rest has none."""
    host = await machine(trial, RUNNING)
    text = await trial.driver.instances.console_file(trial.context(), host.id)
    ensure("it is a file of virt-viewer", text.startswith(b"[virt-viewer]"))
    async with refused("console of a machine at rest", ErrorKind.CONFLICT):
        await trial.driver.instances.console_file(trial.context(), (await machine(trial)).id)


@case(*NEEDS, "instances_console_url")
async def a_page_with_the_console(trial: Trial) -> None:
    """A running machine's console has an address on the web; a machine at rest has none."""
    host = await machine(trial, RUNNING)
    address = await trial.driver.consoles.url(trial.context(), host.id)
    ensure(f"{address} is an address on the web", address.startswith(("http://", "https://")))
    async with refused("console of a machine at rest", ErrorKind.CONFLICT):
        await trial.driver.consoles.url(trial.context(), (await machine(trial)).id)


@case(*NEEDS, "instances_console_output")
async def what_the_console_printed(trial: Trial) -> None:
    """The newest lines are the end of all lines; nothing has none."""
    host = await machine(trial, RUNNING)
    everything = await trial.driver.consoles.output(trial.context(), host.id)
    last = await trial.driver.consoles.output(trial.context(), host.id, lines=1)
    ensure("the last line ends what was printed", everything.endswith(last.strip(b"\n") or b""))
    ensure("it is not more than all", len(last) <= len(everything))
    async with refused("console of nothing", ErrorKind.NOT_FOUND):
        await trial.driver.consoles.output(trial.context(), trial.site.unknown_id)
