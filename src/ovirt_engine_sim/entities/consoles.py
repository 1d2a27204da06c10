"""Graphics consoles of VMs, templates and instance types: protocols, live ports, tickets, viewer files."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from ovirt_engine_sim.authority import authority
from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service
from ovirt_engine_sim.entities.vm_states import ALLOWED, check_status, status_of
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import Fault, not_found, refused
from ovirt_engine_sim.permits import require

VIEWER: Final = "application/x-virt-viewer"
_FIRST_PORT: Final = 5900
_PORTS: Final = 1000
_LIVE: Final = ("address", "port", "secure_port", "certificate")
_TICKET_SECONDS: Final = 7200
_DEVICE_EXISTS: Final = "Cannot add Device. Graphics device of this type already exists."


def console_id(protocol: str) -> str:
    """Return the id of a console: its protocol's name in hexadecimal."""
    return protocol.encode().hex()


def protocols(owner: Entity) -> list[str]:
    """Return the protocols an object is configured for; its display type unless consoles were changed."""
    kept: list[str] | None = owner.inner.get("consoles")
    return list(kept) if kept is not None else [str(owner.data.get("display", {}).get("type") or "vnc")]


def _live(engine: Engine, vm: Entity, protocol: str) -> dict[str, Any]:
    """Return where a console of a running VM listens."""
    host = engine.get("host", vm.ref("host"))
    place = _FIRST_PORT + int(vm.id.replace("-", "")[:6], 16) % _PORTS * 2
    found: dict[str, Any] = {"address": str(host.data.get("address", "")) if host else "", "port": place}
    if protocol == "spice":
        found["tls_port"] = place + 1
    return found


def live_display(engine: Engine, vm: Entity) -> dict[str, Any]:
    """Return a VM's display; while it runs, with the place where it listens and the engine's certificate."""
    display = dict(vm.data.get("display") or {})
    if not vm.ref("host") or status_of(vm) not in ALLOWED["console"]:
        return display
    live = _live(engine, vm, protocols(vm)[0]) if protocols(vm) else {}
    if "tls_port" in live:
        live["secure_port"] = live.pop("tls_port")
    host = engine.get("host", vm.ref("host"))
    certificate = dict(host.data.get("certificate") or {}) if host else {}
    return {**display, **live, "certificate": {"content": authority(), **certificate}}


def without_live(body: dict[str, Any]) -> None:
    """Drop what `live_display` adds from a body that a client read before."""
    if isinstance(body.get("display"), dict):
        body["display"] = {name: value for name, value in body["display"].items() if name not in _LIVE}


def _ticket(call: Call, vm: Entity) -> str:
    """Return the VM's one-time password, a new one when it has none or it expired."""
    kept = vm.inner.get("ticket")
    if kept is None or kept["until"] <= call.engine.now():
        value = call.engine.new_id().replace("-", "")[:12]
        kept = {"value": value, "until": call.engine.now() + _TICKET_SECONDS * 1000}
        vm.inner["ticket"] = kept
        call.engine.touch(vm)
    return str(kept["value"])


def set_ticket(call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
    """Set a running VM's one-time password to the given or a generated one; raises 409 when it does not run."""
    require(call, "connect_to_vm", vm)
    check_status(vm, "console")
    given = body.get("ticket") or {}
    value = str(given.get("value") or call.engine.new_id().replace("-", "")[:12])
    expiry = int(given.get("expiry") or _TICKET_SECONDS)
    vm.inner["ticket"] = {"value": value, "until": call.engine.now() + expiry * 1000}
    call.engine.touch(vm)
    return Reply(200, action={"status": "complete", "ticket": {"value": value, "expiry": expiry}})


def viewer_file(call: Call, vm: Entity, protocol: str) -> str:
    """Return the file that opens a running VM's console in a viewer; raises 409 when it does not run."""
    check_status(vm, "console")
    lines = {
        "type": protocol, **_live(call.engine, vm, protocol), "password": _ticket(call, vm), "delete-this-file": 1,
        "fullscreen": 0, "title": f"{vm.name}:%d", "toggle-fullscreen": "shift+f11", "release-cursor": "shift+f12",
        "secure-attention": "ctrl+alt+end",
    }  # fmt: skip
    names = {"address": "host", "tls_port": "tls-port"}
    return "[virt-viewer]\n" + "".join(f"{names.get(name, name)}={value}\n" for name, value in lines.items())


class _Consoles(Service):
    """The consoles of one object."""

    kind = "graphics_console"
    path = "graphicsconsoles"
    permit = "edit_vm_properties"
    mandatory = ("protocol",)

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        return [self._entity(call, parent, protocol) for protocol in protocols(parent)]

    def members(self, call: Call, parent: Entity | None) -> list[Entity]:
        # Who sees the owner sees these.
        return self.rows(call, parent)

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        assert parent is not None
        for protocol in protocols(parent):
            if console_id(protocol) == identity:
                return self._entity(call, parent, protocol)
        raise not_found()

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        self.check_mandatory(body)
        present = protocols(parent)
        if body["protocol"] in present:
            raise refused(_DEVICE_EXISTS)
        self._keep(call, parent, [*present, body["protocol"]])
        return Reply(201, self._entity(call, parent, body["protocol"]), self)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        raise Fault(405)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        assert parent is not None
        require(call, self.permit, parent)
        protocol = entity.data["protocol"]
        self._keep(call, parent, [one for one in protocols(parent) if one != protocol])
        return self.done(call, f"Removing Graphics Device from {parent.name}")

    @staticmethod
    def _keep(call: Call, owner: Entity, wanted: list[str]) -> None:
        owner.inner["consoles"] = wanted
        call.engine.touch(owner)

    def _entity(self, call: Call, owner: Entity, protocol: str) -> Entity:
        data = {"protocol": protocol, owner.kind: {"id": owner.id}}
        return Entity(self.kind, console_id(protocol), data, {}, owner.id, volatile=True)


class VmConsoles(_Consoles):
    """The consoles of a VM; with `current=true` those of the running VM with address and port."""

    parent_kind = "vm"
    actions = {"proxyticket": "proxy_ticket", "remoteviewerconnectionfile": "connection_file", "ticket": "ticket"}

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        if call.flag("current") and status_of(parent) not in ALLOWED["console"]:
            return []
        return super().rows(call, parent)

    def _entity(self, call: Call, owner: Entity, protocol: str) -> Entity:
        entity = super()._entity(call, owner, protocol)
        if call.flag("current") and status_of(owner) in ALLOWED["console"]:
            entity.data.update(_live(call.engine, owner, protocol))
        return entity

    def special(self, call: Call, entity: Entity) -> Reply | None:
        if VIEWER not in call.headers.get("accept", ""):
            return None
        vm = self._vm(call, entity)
        return Reply(200, content=viewer_file(call, vm, entity.data["protocol"]).encode(), content_type=VIEWER)

    def connection_file(self, call: Call, console: Entity, body: dict[str, Any]) -> Reply:
        """Answer the viewer file inside the action."""
        text = viewer_file(call, self._vm(call, console), console.data["protocol"])
        return Reply(200, action={"status": "complete", "remote_viewer_connection_file": text})

    def ticket(self, call: Call, console: Entity, body: dict[str, Any]) -> Reply:
        """Set the one-time password of the VM's consoles."""
        return set_ticket(call, self._vm(call, console), body)

    def proxy_ticket(self, call: Call, console: Entity, body: dict[str, Any]) -> Reply:
        """Answer a ticket for the websocket proxy; this engine does not sign it."""
        vm = self._vm(call, console)
        check_status(vm, "console")
        live = _live(call.engine, vm, console.data["protocol"])
        content = json.dumps({"host": live["address"], "port": live["port"], "vm": vm.id, "time": call.engine.now()})
        value = base64.b64encode(content.encode()).decode()
        return Reply(200, action={"status": "complete", "proxy_ticket": {"value": value}})

    @staticmethod
    def _vm(call: Call, console: Entity) -> Entity:
        vm = call.engine.get("vm", console.parent)
        if vm is None:
            raise not_found()
        require(call, "connect_to_vm", vm)
        return vm


class TemplateConsoles(_Consoles):
    """The consoles that VMs of a template start with."""

    parent_kind = "template"
    permit = "edit_template_properties"


class InstanceTypeConsoles(_Consoles):
    """The consoles that VMs of an instance type start with."""

    parent_kind = "instance_type"
    permit = "edit_template_properties"


SERVICES = (VmConsoles(), TemplateConsoles(), InstanceTypeConsoles())
