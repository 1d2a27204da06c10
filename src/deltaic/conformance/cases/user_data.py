"""User data: byte-exact, whatever it is."""

from __future__ import annotations

import gzip

from deltaic.conformance.case import Lacking, Provision, case
from deltaic.conformance.checks import equal, refused
from deltaic.conformance.machines import created, machine, reached, spec
from deltaic.conformance.trial import Trial
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceChanges, InstanceState

NEEDS = ("instances_create", "instances_delete", "instances_create_with_user_data")

SAMPLES = {
    "a script": b"#!/bin/sh\necho 'hello \xc3\xa9' > /tmp/x\n",
    "a cloud-config": b"#cloud-config\npackages:\n- git\nruncmd: [[ls, -l]]\n",
    "a cloud-config without an end of line": b"#cloud-config\na: 1",
    "no text": b"\x00\xff\xfe binary \r\n",
    "text with Windows line ends": b"#!/bin/sh\r\necho 1\r\n",
    "something packed": gzip.compress(b"#!/bin/sh\n", mtime=0),
    "several parts": b"Content-Type: multipart/mixed; boundary=x\nMIME-Version: 1.0\n\n--x\n\n#!/bin/sh\n--x--\n",
    "nothing": b"",
}


async def kept(trial: Trial, instance_id: str) -> bytes:
    """A machine's user data: as the port tells it, or past the driver where the cloud does not show it to its users."""
    try:
        return await trial.driver.instances.user_data(trial.context(), instance_id)
    except Error as error:
        if error.kind is not ErrorKind.UNSUPPORTED:
            raise
    if not trial.site.provides(Provision.USER_DATA):
        raise Lacking(Provision.USER_DATA)
    return await trial.harness.user_data(instance_id)


@case(*NEEDS)
async def user_data_comes_back_byte_by_byte(trial: Trial) -> None:
    """Scripts, configurations, archives and plain bytes come back as they were given."""
    for what, data in SAMPLES.items():
        made = await created(trial, user_data=data)
        await reached(trial, made.id, InstanceState.RUNNING, InstanceState.STOPPED)
        equal(f"user data that is {what}", await kept(trial, made.id), data)


@case(*NEEDS)
async def user_data_has_a_limit(trial: Trial) -> None:
    """Beyond the limit that the capability names, user data is refused and nothing is made."""
    limit = trial.driver.capability.instances_limit_user_data_bytes or 64 << 10
    wanted = await spec(trial, user_data=b"#" * (limit + 1))
    async with refused("user data beyond the limit", ErrorKind.INVALID, fields=["user_data"]):
        await trial.driver.instances.create(trial.context(), wanted)
    full = await created(trial, user_data=b"#!/bin/sh\n" + b"#" * (limit - 10))
    await reached(trial, full.id, InstanceState.RUNNING, InstanceState.STOPPED)
    found = await kept(trial, full.id)
    equal("length of user data at the limit", len(found), limit)


@case(*NEEDS, "instances_update")
async def user_data_of_a_stopped_machine_changes_or_is_refused(trial: Trial) -> None:
    """Where the cloud can change user data afterwards it does; elsewhere it says so and keeps what it has."""
    made = await machine(trial, user_data=b"#!/bin/sh\necho 1\n")
    new = b"#!/bin/sh\necho 2\n"
    try:
        await trial.driver.instances.update(trial.context(), made.id, InstanceChanges(user_data=new))
    except Error as error:
        equal(f"refusal ({error.message})", error.kind, ErrorKind.UNSUPPORTED)
        new = b"#!/bin/sh\necho 1\n"
    equal("user data", await kept(trial, made.id), new)


@case(*NEEDS, "instances_user_data")
async def user_data_of_nothing_is_not_found(trial: Trial) -> None:
    """A machine that there is not has no user data, not even none."""
    async with refused("user data of nothing", ErrorKind.NOT_FOUND):
        await trial.driver.instances.user_data(trial.context(), trial.site.unknown_id)
