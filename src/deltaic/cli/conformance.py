"""`deltaic conformance`: tries a driver on a cloud."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deltaic.cli.group import Command
from deltaic.cli.login import ask
from deltaic.cli.options import CLOUD, takes_settings
from deltaic.cli.parts import cloud_named
from deltaic.cli.run import run
from deltaic.settings import Settings

if TYPE_CHECKING:
    from deltaic.conformance import Case, Harness
    from deltaic.conformance.configured import Choice

_GIB = 1 << 30


@click.command(cls=Command, short_help="Try a driver on a cloud.")
@takes_settings(CLOUD)
@click.option("-u", "--user", metavar="NAME", help="User to work as on a configured cloud; asked for when missing.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.option("--cloud", default="", metavar="NAME", help="Configured cloud. Default: the first one.")
@click.option("--image", default="", metavar="IMAGE", help="Image to make machines of, by id or name.")
@click.option("--size", default="", metavar="SIZE", help="Named size of the machines, by id or name.")
@click.option("--zone", default="", metavar="ZONE", help="Zone to work in, by id or name.")
@click.option("--network", default="", metavar="NETWORK", help="Network of the machines, by id or name.")
@click.option("--other-data-center", default="", metavar="NAME", help="Another data center, to see them kept apart.")
@click.option("--volume-size", default=1, show_default=True, type=click.IntRange(1, 1024), help="Size of volumes, GiB.")
@click.option("--patience", default=600, show_default=True, type=click.IntRange(1), help="Longest wait, seconds.")
@click.option(
    "--harness", default="", metavar="MODULE:NAME", help="A harness of your own, instead of a configured cloud."
)
@click.option(
    "--cases", multiple=True, metavar="PATTERN", help="Only these, e.g. volumes or '*.life'. May be repeated."
)
@click.option("--at-once", default=1, show_default=True, type=click.IntRange(1, 16), help="How many cases run at once.")
@click.option("--list", "only_list", is_flag=True, help="List the cases and what they need, and exit.")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write results as JSON."
)
@click.option(
    "--recording",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write results as JSON that is the same each time.",
)
def conformance(
    settings: Settings,
    user: str | None,
    password_stdin: bool,
    cloud: str,
    image: str,
    size: str,
    zone: str,
    network: str,
    other_data_center: str,
    volume_size: int,
    patience: int,
    harness: str,
    cases: tuple[str, ...],
    at_once: int,
    only_list: bool,
    report: Path | None,
    recording: Path | None,
) -> None:
    """Try what every driver must do on a real cloud: machines, volumes, networks, errors, killed gateways.

    Works on the configured cloud, as USER, in the data center of its provider string: it makes machines of IMAGE and
    other things there, and takes them away again. Without a configured cloud it takes the harness that the driver's
    package offers (-i), or one of yours (--harness).

    Exits with 1 when a case fails. Cases that the driver does not offer, or that the harness can't try, are told and
    not counted as passed.

    \b
    deltaic conformance -i ovirt -P "https://engine.example/ovirt-engine/api;DATACENTER" -u admin@internal \\
        --image tiny --report results.json
    """
    from deltaic.conformance import select
    from deltaic.conformance.configured import Choice

    chosen = select(cases)
    if only_list:
        _list(chosen)
        return
    choice = Choice(
        image=image,
        size=size,
        zone=zone,
        network=network,
        other_data_center=other_data_center,
        volume_size=volume_size * _GIB,
        patience=patience,
    )
    found = _harness(settings, harness, cloud, user, password_stdin, choice)
    _try(found, chosen, at_once, report, recording)


def _list(cases: list[Case]) -> None:
    for case in cases:
        needs = ", ".join([*case.flags, *(one.value for one in case.provisions)])
        click.echo(f"{case.name}: {case.title}{f' ({needs})' if needs else ''}")


def _harness(
    settings: Settings, named: str, cloud: str, user: str | None, password_stdin: bool, choice: Choice
) -> Harness:
    from deltaic.conformance import discovery
    from deltaic.conformance.configured import ConfiguredHarness
    from deltaic.drivers.registry import find

    if named:
        return discovery.named(named)
    if not any(table.provider for table in settings.cloud):
        if not settings.cloud:
            raise click.UsageError(
                "give -P URL;DATACENTER, a driver with a harness (-i NAME), or --harness MODULE:NAME"
            )
        return discovery.of_driver(settings.cloud[0].driver)
    there = cloud_named(settings, cloud)
    return ConfiguredHarness(find(there.driver), there, *ask(settings, user, password_stdin=password_stdin), choice)


def _try(harness: Harness, cases: list[Case], at_once: int, report: Path | None, recording: Path | None) -> None:
    from deltaic.conformance import run as run_cases
    from deltaic.conformance.report import Report, line, summary

    results = run(run_cases(harness, cases, lambda result: click.echo(line(result)), at_once))
    done = Report(harness.factory.name, tuple(results))
    click.echo(summary(results))
    if report is not None:
        done.write(report)
    if recording is not None:
        done.recorded().write(recording)
    if done.failed:
        raise click.ClickException(f"{done.failed} of the cases failed")
