"""`deltaic doctor`: looks at everything a gateway depends on, and says what to do."""

from __future__ import annotations

import os
from itertools import takewhile

import click

from deltaic.cli.group import Command
from deltaic.cli.login import ask_if_possible
from deltaic.cli.options import CLOUD, LISTEN, STORE, need_cloud, takes_settings
from deltaic.cli.parts import cloud_named, context_of, driver_of, opened_store
from deltaic.cli.run import run, state_folder
from deltaic.model.errors import Error
from deltaic.model.health import Check
from deltaic.model.secret import Secret
from deltaic.settings import Cloud, Settings, SettingsError

NO_LOGIN = Check(
    "login",
    False,
    "not checked, nor what needs it: no user and password were given",
    "give --user NAME@PROFILE --password-stdin, or set DELTAIC_USER and DELTAIC_PASSWORD",
)


@click.command(cls=Command, short_help="Check everything and say what to do.")
@takes_settings((*CLOUD, *LISTEN, *STORE))
@click.option("-u", "--user", metavar="NAME@PROFILE", help="Engine user to check with; asked for when missing.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.option("--cloud", default="", metavar="NAME", help="Configured cloud. Default: the first one.")
def doctor(settings: Settings, user: str | None, password_stdin: bool, cloud: str) -> None:
    """Check state folder, database, certificate, and the engine: address, TLS, login, permissions, version, clock.

    Exits with 1 when a check fails; each failing one says what to do.
    """
    chosen = cloud_named(need_cloud(settings), cloud)
    login = ask_if_possible(settings, user, password_stdin=password_stdin)
    failed = 0
    for check in (*_folder(settings), *_certificate(settings), *run(_remote(settings, chosen, login))):
        show(check)
        failed += not check.ok
    if failed:
        raise click.ClickException(f"{failed} of the checks failed")
    click.echo("All is well.")


def show(check: Check) -> None:
    click.echo(f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}".rstrip(": "))
    if check.advice:
        click.echo(f"     -> {check.advice}")


def _folder(settings: Settings) -> list[Check]:
    name = "state folder"
    try:
        state_folder(settings.data)
    except SettingsError as error:
        return [Check(name, False, str(error), "make the folder writable for the gateway's user, or give --data")]
    if os.stat(settings.data).st_mode & 0o077:
        return [Check(name, False, f"{settings.data} is open to others", f"run: chmod 700 {settings.data}")]
    return [Check(name, True, str(settings.data))]


def _certificate(settings: Settings) -> list[Check]:
    from deltaic.server import is_loopback
    from deltaic.server.tls import server_context

    name = "own certificate"
    try:
        context = server_context(settings.server)
    except SettingsError as error:
        return [Check(name, False, str(error), "give a certificate and its key in PEM form")]
    if context is None and not is_loopback(settings.server.host):
        advice = "give -C and -k, or let a proxy with TLS stand before the gateway"
        return [Check(name, False, f"none, and {settings.server.host} is not this machine alone", advice)]
    return [Check(name, True, "none, loopback only" if context is None else settings.server.tls_certificate)]


async def _remote(settings: Settings, cloud: Cloud, login: tuple[str, Secret] | None) -> list[Check]:
    checks = [await _database(settings)]
    try:
        async with driver_of(cloud) as driver:
            found = await driver.doctor(context_of(cloud, driver, *(login or ("", Secret("")))))
            checks += found if login else [*takewhile(lambda check: check.name != "login", found), NO_LOGIN]
    except Error as error:
        checks.append(Check(f"cloud {cloud.name}", False, error.message, "see the settings of the cloud"))
    return checks


async def _database(settings: Settings) -> Check:
    from deltaic.store.key_file import SealingKeyError

    try:
        async with opened_store(settings) as store:
            count = len(await store.access_keys.list())
    except SealingKeyError as error:
        return Check("sealing key", False, str(error), "the operator's guide tells how to restore or rotate keys")
    except Error as error:
        advice = "check the database URL, that the server runs, and that the user may create tables"
        return Check("database", False, error.message, advice)
    return Check("database", True, f"schema up to date, {count} access keys")
