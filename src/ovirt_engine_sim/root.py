"""The root document: product, special objects, summary, and the links to every collection."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from ovirt_engine_sim import render
from ovirt_engine_sim.call import Call
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.inventory import derived_id
from ovirt_engine_sim.machines import BLANK
from ovirt_engine_sim.permits import is_admin
from ovirt_engine_sim.representation.paths import BASE

VERSION: Final = {"build": 6, "full_version": "4.5.6-1.el9", "major": 4, "minor": 5, "revision": 0}
RELS: Final = (
    "clusters", "datacenters", "events", "hosts", "networks", "roles", "storagedomains", "tags", "bookmarks", "icons",
    "templates", "instancetypes", "users", "groups", "domains", "vmpools", "vms", "disks", "jobs", "storageconnections",
    "vnicprofiles", "diskprofiles", "cpuprofiles", "schedulingpolicyunits", "schedulingpolicies", "permissions",
    "macpools", "networkfilters", "operatingsystems", "externalhostproviders", "openstackimageproviders",
    "openstackvolumeproviders", "openstacknetworkproviders", "katelloerrata", "affinitylabels", "clusterlevels",
    "imagetransfers", "externalvmimports", "externaltemplateimports",
)  # fmt: skip
SEARCHABLE: Final = frozenset(
    {
        "clusters",
        "datacenters",
        "events",
        "hosts",
        "networks",
        "storagedomains",
        "templates",
        "instancetypes",
        "users",
        "groups",
        "vmpools",
        "vms",
        "disks",
    }
)
_RUNNING: Final = frozenset(
    {
        "up",
        "powering_up",
        "wait_for_launch",
        "reboot_in_progress",
        "migrating",
        "paused",
        "powering_down",
        "saving_state",
        "restoring_state",
        "not_responding",
        "unknown",
    }
)


def links() -> list[dict[str, str]]:
    """Return the root's links: each collection, the searchable ones also with their search template."""
    found = []
    for rel in RELS:
        found.append({"rel": rel, "href": f"{BASE}/{rel}"})
        if rel in SEARCHABLE:
            matrix = ";from={event_id}" if rel == "events" else ""
            found.append({"rel": f"{rel}/search", "href": f"{BASE}/{rel}{matrix}?search={{query}}"})
    return found


def answer(call: Call) -> Response:
    """Answer GET of the API's base."""
    engine = call.engine
    data: dict[str, Any] = {
        "link": links(),
        "product_info": {
            "name": "oVirt Engine", "vendor": "ovirt.org", "version": VERSION,
            "instance_id": instance_id(engine),
        },
        "special_objects": {"blank_template": {"id": BLANK}, "root_tag": {"id": BLANK}},
        "time": engine.now(),
        "authenticated_user": {"id": call.user.id},
        "effective_user": {"id": call.user.id},
    }  # fmt: skip
    if is_admin(engine, call.user):
        data["summary"] = _summary(engine)
    header = ",".join(f"<{link['href']}>; rel={link['rel']}" for link in links())
    content = render.document(call, "api", data)
    return Response(content, 200, {"Link": header}, render.content_type(call.format))


def instance_id(engine: Engine) -> str:
    """Return the id that stays the same for this installation."""
    centers = sorted(center.id for center in engine.all("data_center"))
    return derived_id("engine", *centers[:1])


def _summary(engine: Engine) -> dict[str, Any]:
    vms, hosts, domains = engine.all("vm"), engine.all("host"), engine.all("storage_domain")
    users = len(engine.all("user"))
    return {
        "vms": _item(len(vms), sum(1 for vm in vms if vm.data.get("status") in _RUNNING)),
        "hosts": _item(len(hosts), sum(1 for host in hosts if host.data.get("status") == "up")),
        "users": _item(users, users),
        "storage_domains": _item(len(domains), sum(1 for one in domains if one.inner.get("status") == "active")),
    }


def _item(total: int, active: int) -> dict[str, int]:
    return {"total": total, "active": active}
