"""Listing servers, and what an issued key costs: `python -m bench.openstack [servers ...]` (10 and 100 by default).

DELTAIC_OPENSTACK_LAB names a control plane; without it a lab is started. It needs some minutes: servers are made.

Listing. The same servers are listed in turn, so that a busy machine slows all alike: `fetch` is the bare data (servers
with details, and ports) by the driver's own client, decoded; `ec2`, `deltacloud` and `cimi` are the gateway's lists
over HTTP, their answers read but not parsed. `calls` are the requests that the gateway sends for one list. `first` is
DescribeInstances the first time, when everything is fetched and made.

Keys. DescribeRegions and DescribeInstances with a key of the gateway's own and with one that the cloud issued, and the
request alone in which the identity service checks a signature. Medians; the gateway writes a line for each request.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from pathlib import Path
from statistics import median

import aiohttp
import structlog
from bench.gateway import Row, in_turn, show, timed
from bench.openstack.world import Asker, Checker, Cloud, Work, grow, room
from tests.openstack.support.gateway import Site, site
from tests.openstack.support.lab import control_plane
from tests.openstack.support.tenant import Ec2Credentials, Tenant, tenant

SIZES = (10, 100)
ROUNDS = 9
KEY_ROUNDS = 25
DEBUG = '[log]\nlevel = "debug"\n'


async def listing(running: Site, count: int) -> Row:
    """A row of the first table."""
    key = Ec2Credentials(running.gateway.access_key, running.gateway.secret_key)
    async with aiohttp.ClientSession() as session:
        asker, cloud = Asker(running, session), Cloud(running.tenant)
        works: dict[str, Work] = {
            "ec2": lambda: asker.ec2("DescribeInstances", key),
            "deltacloud": lambda: asker.get("/api/instances", "application/xml"),
            "cimi": lambda: asker.get("/cimi/machines", "application/json"),
        }
        first = await timed(works["ec2"])
        every: dict[str, Work] = {"fetch": cloud.fetch, **works}
        await in_turn(every, 2)
        seconds = {name: median(values) for name, values in (await in_turn(every, ROUNDS)).items()}
        calls = {f"{name} calls": await asker.calls_of(work) for name, work in works.items()}
        await cloud.close()
    row: Row = {"servers": count, "first": first * 1000}
    row |= {name: value * 1000 for name, value in seconds.items()}
    return row | {f"{name} / fetch": seconds[name] / seconds["fetch"] for name in works} | calls


async def signing(running: Site, made: Tenant) -> list[Row]:
    """The rows of the second table."""
    own = Ec2Credentials(running.gateway.access_key, running.gateway.secret_key)
    issued = made.ec2_credentials()
    rows: list[Row] = []
    async with aiohttp.ClientSession() as session:
        asker = Asker(running, session)
        checker = Checker(asker, made, issued, session)
        for action in ("DescribeRegions", "DescribeInstances"):
            works = _works(asker, checker, action, own, issued)
            await in_turn(works, 2)
            seconds = {name: median(values) * 1000 for name, values in (await in_turn(works, KEY_ROUNDS)).items()}
            calls = {f"{name} calls": await asker.calls_of(works[name]) for name in ("own key", "issued key")}
            rows.append({**seconds, "overhead": seconds["issued key"] - seconds["own key"], **calls})
    return rows


def _works(asker: Asker, checker: Checker, action: str, own: Ec2Credentials, issued: Ec2Credentials) -> dict[str, Work]:
    return {
        "own key": lambda: asker.ec2(action, own),
        "issued key": lambda: asker.ec2(action, issued),
        "bare check": checker.check,
    }


def main() -> None:
    """Measure each size, then the keys, and print the tables."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sizes = sorted(int(text) for text in sys.argv[1:]) or list(SIZES)
    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        control_plane() as plane,
        tenant(plane, "bench") as made,
        room(made, max(sizes)) as network_id,
    ):
        for number, count in enumerate(sizes):
            grow(made, network_id, count)
            with site(Path(folder) / str(number), made, DEBUG) as running:
                rows.append(asyncio.run(listing(running, count)))
                show(f"Lists of {count}", rows[-1:])
                if not number:
                    show(f"DescribeRegions, and DescribeInstances of {count}", asyncio.run(signing(running, made)))
    show("Lists", rows)


if __name__ == "__main__":
    main()
