"""Instances: reading them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.hardware_profiles import MEBIBYTE
from deltaic.frontends.deltacloud.instance_states import STATES, offered
from deltaic.frontends.deltacloud.moments import moment
from deltaic.frontends.deltacloud.texts import Later, Viewer
from deltaic.frontends.deltacloud.viewing import HIDDEN, view_of
from deltaic.model.instance import Instance as Machine
from deltaic.protocols.deltacloud.families.compute import Address, AttachedVolume, Instance, Property
from deltaic.protocols.deltacloud.families.links import Link
from deltaic.services.commands import reachable
from deltaic.services.instance_types import OPEN_TYPES
from deltaic.services.views import InstanceView

#: The tag that carries an instance's name: the engine's own may have a mark that makes it unique.
NAME_TAG: Final = "Name"


async def index(call: Call) -> Sequence[Later]:
    """The instances; `id`, `state` and `realm_id` choose among them."""
    id_, state, realm = call.get("id"), call.get("state").upper(), call.get("realm_id")
    return [
        Later(view.instance.id, instance, (view,))
        for view in await call.services.instances.list(call.context)
        if view.instance.state not in HIDDEN
        and id_ in ("", view.instance.id)
        and state in ("", STATES[view.instance.state])
        and realm in ("", view.instance.zone_id)
    ]


async def show(call: Call, wanted: str) -> Instance:
    """One instance."""
    return instance(call.viewer, await view_of(call, wanted))


def instance(viewer: Viewer, view: InstanceView) -> Instance:
    """An instance with everything that leads on from it."""
    machine, links = view.instance, viewer.links
    named = bool(machine.instance_type_id)
    profile = machine.instance_type_id if named else OPEN_TYPES.get(machine.kind, OPEN_TYPES["server"]).name
    return Instance(
        machine.id,
        links.to("instances", machine.id),
        machine.annotation.tags.get(NAME_TAG) or machine.name,
        machine.annotation.owner or viewer.user,
        links.ref("images", machine.image_id) if machine.image_id else None,
        links.ref("realms", machine.zone_id),
        STATES[machine.state],
        links.ref("hardware_profiles", profile),
        () if named else _figures(machine),
        tuple(_actions(viewer, machine)),
        moment(machine.launched_at),
        *_addresses(viewer, machine),
        tuple(AttachedVolume(links.ref("storage_volumes", disk.disk_id), disk.device) for disk in machine.disks),
        tuple(links.ref("network_interfaces", nic.id) for nic in machine.nics),
        tuple(links.ref("firewalls", one) for one in dict.fromkeys(_groups(machine))),
        machine.annotation.key_name,
    )


def _groups(machine: Machine) -> Iterator[str]:
    return (one for nic in machine.nics for one in nic.security_group_ids)


def _figures(machine: Machine) -> tuple[Property, ...]:
    """The figures of a machine whose size has no name."""
    return (
        Property("cpu", "count", str(machine.cpus)),
        Property("memory", "MB", str(machine.memory // MEBIBYTE)),
    )


def _actions(viewer: Viewer, machine: Machine) -> Iterator[Link]:
    """What can be done to it now."""
    links, can = viewer.links, viewer.capability
    flags = {"reboot": can.instances_reboot, "stop": can.instances_stop, "start": can.instances_start}
    for verb in offered(machine.state, can):
        if verb == "destroy":
            if can.instances_delete and not machine.delete_protected:
                yield links.destroy("instances", machine.id)
        elif flags[verb]:
            yield links.action("instances", machine.id, verb)
    if viewer.runs and STATES[machine.state] == "RUNNING" and reachable(machine.addresses):
        yield links.action("instances", machine.id, "run", id=machine.id)
    if can.images_create and STATES[machine.state] in ("RUNNING", "STOPPED"):
        yield Link("create_image", links.to("images", instance_id=machine.id))


def _addresses(viewer: Viewer, machine: Machine) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Public addresses, then private ones. Where the cloud gives no public ones, the guest's own are all of them."""
    own = tuple(map(_address, machine.addresses))
    if viewer.capability.addresses_list:
        return tuple(_address(one) for nic in machine.nics for one in nic.public_ipv4), own
    return (*own, *(Address(nic.mac, "mac") for nic in machine.nics if nic.mac)), ()


def _address(text: str) -> Address:
    return Address(text, f"ipv{ip_address(text).version}")
