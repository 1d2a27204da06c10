"""Who may ask: right and wrong passwords, two users, the cloud's own check of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from msgspec import structs

from deltaic.conformance.case import Provision, case
from deltaic.conformance.checks import ensure, equal, refused
from deltaic.conformance.harness import Login
from deltaic.conformance.machines import gone, machine, reached
from deltaic.conformance.sweep import sweep
from deltaic.conformance.trial import Trial
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.secret import Secret

WORD = "wrong-and-secret-8f2c"


@case()
async def a_login(trial: Trial) -> None:
    """The cloud knows its user, by the same id each time."""
    found = {await trial.driver.login(trial.context()) for _ in range(2)}
    equal("ids of the user", len(found), 1)
    ensure("it has an id", found != {""})


@case("instances_list", "images_list")
async def a_wrong_password(trial: Trial) -> None:
    """A wrong password is UNAUTHENTICATED for every verb, before and after the right one; it is shown nowhere."""
    wrong = structs.replace(trial.site.user, password=Secret(WORD))
    for _ in range(2):
        for verb in (
            lambda: trial.driver.login(trial.context(wrong)),
            lambda: trial.driver.instances.list(trial.context(wrong)),
            lambda: trial.driver.images.list(trial.context(wrong)),
        ):
            async with refused("a wrong password", ErrorKind.UNAUTHENTICATED) as refusal:
                await verb()
            error = refusal.error
            ensure("the password is not told", WORD not in f"{error!r} {error.message} {error.context}")
        await trial.driver.instances.list(trial.context())


@case("instances_list")
async def unknown_users(trial: Trial) -> None:
    """Users that there are not are UNAUTHENTICATED, whatever their names would mean elsewhere."""
    for name in (trial.name("nobody"), "a:b@c", "", "../admin", "ä" * 100, "x\r\ny", '{"a": 1}'):
        stranger = structs.replace(trial.site.user, user=name, password=Secret(WORD))
        async with refused(f"the user {name[:20]!r}", ErrorKind.UNAUTHENTICATED):
            await trial.driver.instances.list(trial.context(stranger))


@case("instances_list")
async def many_first_calls_at_once(trial: Trial) -> None:
    """A driver that nobody has used yet answers twenty callers at once; the wrong password among them stays wrong."""
    fresh = trial.harness.factory.create(trial.site.cloud.cloud().config)
    wrong = structs.replace(trial.site.user, password=Secret(WORD))
    logins = [trial.site.user] * 19 + [wrong]
    try:
        calls = [fresh.instances.list(trial.context(login)) for login in logins]
        answers = await asyncio.gather(*calls, return_exceptions=True)
    finally:
        await fresh.close()
    failed = [one for one in answers if isinstance(one, BaseException)]
    kinds = [one.kind if isinstance(one, Error) else type(one) for one in failed]
    equal("what failed", kinds, [ErrorKind.UNAUTHENTICATED])


@case("instances_list", "instances_create", "instances_delete", provisions=(Provision.TWO_USERS,))
async def users_do_not_see_each_others_machines(trial: Trial) -> None:
    """Another user's machine is not listed, read, found by its marker, changed or removed."""
    ann, ben = trial.site.apart[:2]
    theirs = _of(trial, ann)
    try:
        made = await machine(theirs)
        there, context = trial.driver.instances, partial(trial.context, ben)
        equal("the list", [one.id for one in await there.list(context()) if one.id == made.id], [])
        equal("by id", await there.list(context(), ids=[made.id]), [])
        equal("by its marker", list(await there.find_launch(context(), made.annotation.launch)), [])
        tag = partial(there.annotate, edit=lambda old: structs.replace(old, tags={"by": "ben"}))
        verbs: tuple[Callable[[Context, str], Awaitable[object]], ...] = (there.get, there.delete, there.start, tag)
        for verb in verbs:
            async with refused("a verb of another user", ErrorKind.NOT_FOUND, ErrorKind.FORBIDDEN):
                await verb(context(), made.id)
        found = await reached(theirs, made.id, InstanceState.STOPPED)
        equal("its tags", found.annotation.tags, {})
        await there.delete(trial.context(ann), made.id)
        await gone(theirs, made.id)
    finally:
        await sweep(theirs)


def _of(trial: Trial, login: Login) -> Trial:
    """The same trial, of another user."""
    site = structs.replace(trial.site, user=login)
    return Trial(trial.harness, site, trial.driver, trial.bare, f"{trial.prefix}-other")


@case()
async def the_doctor_finds_nothing_wrong(trial: Trial) -> None:
    """The driver's own examination of a healthy cloud is well in all points, or says what to do."""
    checks = await trial.driver.doctor(trial.context())
    ensure("something was looked at", checks)
    equal("names that are there twice", len({one.name for one in checks}), len(checks))
    login = [one for one in checks if one.name == "login"]
    equal("the login", [one.ok for one in login], [True])
    equal("failures without advice", [one.name for one in checks if not one.ok and not one.advice], [])


@case("instances_list")
async def the_doctor_finds_a_wrong_password(trial: Trial) -> None:
    """With a wrong password the examination does not raise: it fails at the login, and tells what to do."""
    wrong = structs.replace(trial.site.user, password=Secret(WORD))
    checks = await trial.driver.doctor(trial.context(wrong))
    failed = [one for one in checks if not one.ok]
    equal("the first failure", [one.name for one in failed][:1], ["login"])
    ensure("it tells what to do", failed[0].advice)
    ensure("the password is not told", WORD not in repr(checks))
