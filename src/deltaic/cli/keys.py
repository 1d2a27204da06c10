"""`deltaic keys`: access keys and the key that seals them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import click
from msgspec.structs import replace

from deltaic.cli.group import Command
from deltaic.cli.login import ask
from deltaic.cli.options import CA_FILE, DRIVER, INSECURE, PROVIDER, STORE, need_cloud, takes_settings
from deltaic.cli.parts import cloud_named, context_of, driver_of, opened_store
from deltaic.cli.run import run, state_folder
from deltaic.model.access_key import AccessKey, AccessKeyInfo, new_access_key, new_secret_key
from deltaic.model.secret import Secret
from deltaic.settings import Settings

_ACCESS_KEY = re.compile(r"[A-Za-z0-9_]{16,128}")


@click.group(short_help="Create, list and revoke access keys.")
def keys() -> None:
    """Access keys for AWS clients: each stands for a login at the engine."""


@keys.command(cls=Command)
@takes_settings((DRIVER, PROVIDER, CA_FILE, INSECURE, *STORE))
@click.option("-u", "--user", metavar="NAME@PROFILE", help="Engine user the key stands for; asked for when missing.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.option("--cloud", default="", metavar="NAME", help="Configured cloud. Default: the first one.")
@click.option("--access-key", metavar="ID", help="Access key id to use. Default: a random one.")
@click.option("--secret-key", metavar="SECRET", help="Secret key to use. Default: a random one.")
@click.option("--description", default="", metavar="TEXT", help="A note that `keys list` shows.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(
    settings: Settings,
    user: str | None,
    password_stdin: bool,
    cloud: str,
    access_key: str | None,
    secret_key: str | None,
    description: str,
    as_json: bool,
) -> None:
    """Create an access key after the engine accepted the login; the secret is printed once, now."""
    _check_pair(access_key, secret_key)
    chosen = cloud_named(need_cloud(settings), cloud)
    name, password = ask(settings, user, password_stdin=password_stdin)
    key = AccessKey(
        id=access_key or new_access_key(),
        secret_key=Secret(secret_key or new_secret_key()),
        user=name,
        password=password,
        provider=chosen.name,
        created_at=datetime.now(UTC),
        description=description,
    )

    async def work() -> None:
        async with driver_of(chosen) as driver:
            context = context_of(chosen, driver, name, password)
            await driver.login(context)
        async with opened_store(settings) as store:
            await store.access_keys.create(replace(key, user=context.principal.user, view=context.scope.view))

    state_folder(settings.data)
    run(work())
    if as_json:
        click.echo(json.dumps({"access_key": key.id, "secret_key": key.secret_key.reveal(), "user": name}))
        return
    click.echo(f"Access key: {key.id}\nSecret key: {key.secret_key.reveal()}")
    click.echo("Keep the secret now: it is not shown again.", err=True)


def _check_pair(access_key: str | None, secret_key: str | None) -> None:
    if (access_key is None) != (secret_key is None):
        raise click.UsageError("give both --access-key and --secret-key, or neither")
    if access_key is not None and not _ACCESS_KEY.fullmatch(access_key):
        raise click.BadParameter("must be 16 to 128 letters, digits or '_'", param_hint="--access-key")
    if secret_key is not None and not 16 <= len(secret_key) <= 128:
        raise click.BadParameter("must be 16 to 128 characters", param_hint="--secret-key")


@keys.command("list", cls=Command)
@takes_settings(STORE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(settings: Settings, as_json: bool) -> None:
    """List the access keys, without their secrets."""

    async def work() -> list[AccessKeyInfo]:
        async with opened_store(settings) as store:
            return list(await store.access_keys.list())

    state_folder(settings.data)
    found = [_shown(info) for info in run(work())]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for row in found:
        state = f"revoked {row['revoked_at']}" if row["revoked_at"] else "active"
        click.echo(f"{row['access_key']}  {row['user']}  {row['cloud']}  {row['created_at']}  {state}", nl=False)
        click.echo(f"  {row['description']}".rstrip())
    if not found:
        click.echo("No access keys. Create one with: deltaic keys create", err=True)


def _shown(info: AccessKeyInfo) -> dict[str, Any]:
    return {
        "access_key": info.id,
        "user": info.user,
        "cloud": info.provider,
        "view": info.view,
        "created_at": info.created_at.isoformat(timespec="seconds"),
        "revoked_at": info.revoked_at.isoformat(timespec="seconds") if info.revoked_at else None,
        "description": info.description,
    }


@keys.command(cls=Command)
@takes_settings(STORE)
@click.argument("access_key", metavar="ID")
def revoke(settings: Settings, access_key: str) -> None:
    """Revoke the access key ID; running gateways notice within seconds. Repeating changes nothing."""

    async def work() -> bool:
        async with opened_store(settings) as store:
            return await store.access_keys.revoke(access_key, datetime.now(UTC))

    state_folder(settings.data)
    if not run(work()):
        raise click.ClickException(f"there is no access key {access_key}")
    click.echo(f"Revoked: {access_key}")


@keys.command(cls=Command)
@takes_settings(STORE)
@click.option(
    "--drop-old", is_flag=True, help="Remove the older sealing keys; a day after every gateway was restarted."
)
def rotate(settings: Settings, drop_old: bool) -> None:
    """Seal all stored credentials anew with a fresh sealing key.

    The older key stays, so that gateways that are still running go on, and for what operations under way were
    given. Restart the gateways and, a day later, run this with --drop-old. Where the sealing keys come from a
    variable or a systemd credential, add one there instead and run `keys reseal`.
    """

    async def work() -> str:
        from deltaic.store import rotation

        async with opened_store(settings) as store:
            if drop_old:
                return f"Old sealing keys removed: {await rotation.drop_old_keys(store)}"
            return f"Records sealed anew: {await rotation.rotate(store)}"

    state_folder(settings.data)
    click.echo(run(work()))


@keys.command(cls=Command)
@takes_settings(STORE)
def reseal(settings: Settings) -> None:
    """Seal whatever an older sealing key sealed with the newest one. Repeating changes nothing."""

    async def work() -> int:
        from deltaic.store.rotation import reseal_all

        async with opened_store(settings) as store:
            return await reseal_all(store)

    state_folder(settings.data)
    click.echo(f"Records sealed anew: {run(work())}")
