"""Looking whether a cloud can be used, and saying what to do where not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Final

from deltaic.drivers.http import redact
from deltaic.drivers.http.session import Response
from deltaic.drivers.openstack import catalog, features, microversions
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.decoding import decoded_or_none
from deltaic.drivers.openstack.signatures import Signatures
from deltaic.drivers.openstack.wire_compute import AvailabilityZones
from deltaic.drivers.openstack.wire_identity import VersionAnswer
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.health import Check
from deltaic.model.signed_request import SignedRequest

CLOCK_SECONDS: Final = 60.0
NEEDED: Final = ("compute", "image", "network", "block-storage")

#: Services without which machines run all the same -> what there is none of then.
DISPENSABLE: Final = {"block-storage": "volumes and snapshots are refused"}

ADVICE: dict[ErrorKind, str] = {
    ErrorKind.UNAUTHENTICATED: "write NAME@DOMAIN (a name with @ as NAME@Default), and check password and project",
    ErrorKind.FORBIDDEN: "give the user a role such as member in the project",
    ErrorKind.TIMEOUT: "check that the service's port is open from here",
    ErrorKind.UNAVAILABLE: "check the address, the port, and the CA file",
    ErrorKind.NOT_FOUND: "check the region's name in the provider string",
    ErrorKind.INVALID: "complete the provider string: URL;REGION;PROJECT;DOMAIN",
    ErrorKind.UNSUPPORTED: "check region and interface (public, internal, admin) against the cloud's catalog",
}


#: A signature that no key made: whoever may ask about it is told so.
NOBODYS: Final = SignedRequest(
    access_key="0" * 32, signature="0", version=2, method="GET", host="localhost", path="/",
    parameters={"SignatureVersion": "2"}, headers={},
)  # fmt: skip


class Doctor:
    """The checks, in an order in which each needs the one before."""

    def __init__(self, client: Client, signatures: Signatures) -> None:
        self._client = client
        self._signatures = signatures

    async def examine(self, context: Context) -> list[Check]:
        """Run the checks until one fails that the others need."""
        checks: list[Check] = []
        for name, check, needed in self._checks():
            found = await _tried(name, check(context))
            checks.append(found)
            if needed and not found.ok:
                return checks
        services = [_tried(f"service {name}", self._service(context, name)) for name in NEEDED]
        checks.extend(await asyncio.gather(*services))
        checks.append(await _tried("network features", self._features(context)))
        checks.append(await _tried("permissions", self._permissions(context)))
        checks.append(await _tried("project", self._project(context)))
        checks.append(await _tried("signed requests", self._signing(context)))
        return checks

    def _checks(self) -> list[tuple[str, Callable[[Context], Awaitable[Check]], bool]]:
        return [
            ("address and TLS", self._address, True),
            ("clock", self._clock, False),
            ("login", self._login, True),
            ("region", self._region, True),
        ]

    async def _address(self, context: Context) -> Check:
        url = self._client.settings.identity_url
        answer = await self._ask(context)
        if answer.status not in (200, 300):
            detail, told = f"{url} answered with status {answer.status}", answer.headers.get("location", "")
            if told:
                return Check("address and TLS", False, detail, f"it redirects to {redact.url(told)}: give that address")
            return Check("address and TLS", False, detail, "check that the address is that of the identity API")
        if not _is_identity(answer.body):
            detail = f"{url} answered something else than an identity API of version 3"
            return Check("address and TLS", False, detail, "give the identity API's address, not the dashboard's")
        advice = "" if url.startswith("https:") else "passwords travel unprotected: use https unless on this machine"
        return Check("address and TLS", True, url, advice)

    async def _clock(self, context: Context) -> Check:
        try:
            theirs = parsedate_to_datetime((await self._ask(context)).headers.get("date", "")).timestamp()
        except (ValueError, TypeError, OverflowError):
            return Check("clock", True, "the identity service's answers carry no date")
        skew = abs(time.time() - theirs)
        advice = "" if skew <= CLOCK_SECONDS else "synchronise both clocks (chrony or systemd-timesyncd)"
        return Check("clock", skew <= CLOCK_SECONDS, f"{skew:.0f} s apart", advice)

    async def _login(self, context: Context) -> Check:
        login = await self._client.login(context)
        project = login.project.name if login.project else ""
        roles = ", ".join(sorted(login.roles)) or "none"
        return Check("login", True, f"{login.user.name} in project {project}, roles: {roles}")

    async def _region(self, context: Context) -> Check:
        login = await self._client.login(context)
        known = catalog.regions(login.catalog)
        if not known:
            return Check("region", False, "the catalog has no compute service", ADVICE[ErrorKind.UNSUPPORTED])
        try:
            region = await self._client.region(context)
        except Error as error:
            advice = f"name one of the cloud's regions in the provider string: {', '.join(known)}"
            return Check("region", False, error.message, advice)
        return Check("region", True, f"{region} (of {', '.join(known)})")

    async def _service(self, context: Context, service: str) -> Check:
        name = f"service {service}"
        try:
            place = await self._client.place(context, service)
        except Error as error:
            if service not in DISPENSABLE or error.kind is not ErrorKind.UNSUPPORTED:
                raise
            return Check(name, True, f"{error.message}: {DISPENSABLE[service]}")
        spoken = await self._client.microversion(context, service)
        if service in microversions.KNOWN:
            return Check(name, True, f"{place.url}, microversion {spoken[0]}.{spoken[1]}")
        await self._client.call(context, service, "GET", _PROBES[service], query={"limit": "1"})
        return Check(name, True, place.url)

    async def _features(self, context: Context) -> Check:
        """What the network service can't do."""
        missing = await features.missing(self._client, context)
        return Check("network features", True, "; ".join(missing) or "security groups, routers, public addresses, tags")

    async def _project(self, context: Context) -> Check:
        """What machines can be made of."""
        lacking = await features.unsupplied(self._client, context)
        # Networks can be made here.
        fine = not set(lacking) & {"sizes", "images"}
        there = [name for name in features.SUPPLIES if name not in lacking]
        words = [f"has {', '.join(there)}"] if there else []
        words += [f"none of the cloud's {name} may be used" for name in lacking]
        advice = "" if fine else "have the cloud's operator provide them, or name another project"
        return Check("project", fine, "; ".join(words), advice)

    async def _permissions(self, context: Context) -> Check:
        await self._client.call(context, "compute", "GET", "servers", query={"limit": "1"})
        found = await self._client.read(context, "compute", "os-availability-zone", AvailabilityZones)
        zones = sorted(zone.name for zone in found.zones if zone.state.available)
        if not zones:
            return Check("permissions", False, "no availability zone works", "ask the cloud's operator")
        return Check("permissions", True, f"availability zones: {', '.join(zones)}")

    async def _signing(self, context: Context) -> Check:
        if self._client.settings.service is None:
            advice = "set service_user and service_password to accept keys that the cloud itself issued"
            return Check("signed requests", True, "only keys of this gateway: no service login is set", advice)
        try:
            await self._signatures.verify(context, NOBODYS)
        except Error as error:
            if error.kind is not ErrorKind.UNAUTHENTICATED:
                raise
        return Check("signed requests", True, f"checked by the cloud, asked as {self._client.settings.service.user}")

    async def _ask(self, context: Context) -> Response:
        url = self._client.settings.identity_url
        session = self._client.endpoints.session(url)
        return await session.request("GET", url, headers={"Accept": "application/json"}, seconds=context.remaining())


#: A cheap list of each service that has no version document for everybody.
_PROBES: Final = {"image": "images", "network": "networks"}


def _is_identity(body: bytes) -> bool:
    """Whether a version document tells of version 3."""
    answer = decoded_or_none(VersionAnswer, body)
    if answer is None:
        return False
    found = (answer.version, *answer.versions) if answer.version else answer.versions
    return any(one.id.startswith("v3") for one in found)


async def _tried(name: str, check: Awaitable[Check]) -> Check:
    try:
        return await check
    except Error as error:
        return Check(name, False, error.message, ADVICE.get(error.kind, ""))
