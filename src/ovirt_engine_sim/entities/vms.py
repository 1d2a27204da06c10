"""The vms collection."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities import snapshot_preview, vm_lifecycle
from ovirt_engine_sim.entities.base import Service
from ovirt_engine_sim.entities.consoles import live_display, set_ticket, without_live
from ovirt_engine_sim.entities.guests import console_screenshot
from ovirt_engine_sim.entities.vm_checks import check_name
from ovirt_engine_sim.entities.vm_clone import clone_vm
from ovirt_engine_sim.entities.vm_create import create_vm
from ovirt_engine_sim.entities.vm_delete import remove_vm
from ovirt_engine_sim.entities.vm_states import ALLOWED, cannot, check_status, status_of
from ovirt_engine_sim.entities.vm_update import next_run_view, update_vm
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import start_job
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.machines import ONLY_ALL_CONTENT
from ovirt_engine_sim.permits import require

_FILTERED = frozenset({"host", "placement_policy"})


class Vms(Service):
    """VMs: asynchronous life, next-run configuration, user data kept and readable back."""

    kind = "vm"
    path = "vms"
    search = "vms"
    links = (
        "applications", "cdroms", "diskattachments", "watchdogs", "graphicsconsoles", "hostdevices", "nics",
        "numanodes", "sessions", "reporteddevices", "snapshots", "backups", "checkpoints", "mediateddevices",
        "affinitylabels", "katelloerrata", "permissions", "tags", "statistics",
    )  # fmt: skip
    actions = {
        "detach": "detach", "export": "", "commitsnapshot": "commitsnapshot", "clone": "clone",
        "reordermacaddresses": "reorder", "logon": "logon", "maintenance": "",
        "previewsnapshot": "previewsnapshot", "ticket": "ticket", "thawfilesystems": "frozen",
        "undosnapshot": "undosnapshot", "freezefilesystems": "frozen", "cancelmigration": "cancelmigration",
        "reboot": "reboot", "reset": "reset", "migrate": "migrate", "shutdown": "shutdown", "start": "start",
        "stop": "stop", "suspend": "suspend", "screenshot": "screenshot", "autopincpuandnumanodes": "",
    }  # fmt: skip

    def omitted(self, call: Call) -> frozenset[str]:
        hidden = frozenset() if call.all_content else ONLY_ALL_CONTENT
        return hidden | _FILTERED if call.filtered else hidden

    def derived(self, engine: Engine, entity: Entity) -> dict[str, Any]:
        return {"display": live_display(engine, entity)}

    def computed(self, call: Call, entity: Entity) -> dict[str, Any]:
        if not call.all_content:
            return {}
        given = deepcopy(entity.data.get("initialization") or {})
        given["configuration"] = {"type": "ovf", "data": _ovf(entity)}
        return {"initialization": given}

    def shown(self, call: Call, entity: Entity) -> Entity:
        return next_run_view(entity) if call.flag("next_run") else entity

    def add(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Reply:
        without_live(body)
        entity, tasks = create_vm(call, body)
        return self.created(entity, tasks)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        require(call, "edit_vm_properties", entity)
        without_live(body)
        self.check_id(entity, body)
        check_status(entity, "update")
        if body.get("name") not in (None, entity.name):
            cluster = call.engine.get("cluster", entity.ref("cluster"))
            assert cluster is not None
            check_name(call.engine, str(body["name"]), cluster, entity)
        update_vm(call, entity, body)
        return Reply(200, entity, self)

    def remove(self, call: Call, parent: Entity | None, entity: Entity) -> Reply:
        job = remove_vm(call, entity)
        return Reply(200, action={"status": "complete", "job": {"id": job.id}})

    def _acted(self, call: Call, vm: Entity, description: str, job: Entity | None = None) -> Reply:
        made = job or start_job(call.engine, call.correlation_id, description, call.user.id, finished=True)
        pending = call.flag("async")
        action: dict[str, Any] = {"status": "complete", "job": {"id": made.id}, "vm": {"id": vm.id}}
        if pending:
            action.update({"status": "pending", "async": True, "id": made.id})
        return Reply(202 if pending else 200, action=action)

    def start(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Start or resume."""
        return self._acted(call, vm, "", vm_lifecycle.start(call, vm, body))

    def stop(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Power off."""
        vm_lifecycle.stop(call, vm, body)
        return self._acted(call, vm, f"Powering Off VM {vm.name}")

    def shutdown(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Shut down."""
        vm_lifecycle.shutdown(call, vm, body)
        return self._acted(call, vm, f"Shutting down VM {vm.name}")

    def reboot(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Reboot."""
        vm_lifecycle.reboot(call, vm, body)
        return self._acted(call, vm, f"Rebooting VM {vm.name}")

    def reset(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Reset."""
        vm_lifecycle.reset(call, vm, body)
        return self._acted(call, vm, f"Resetting VM {vm.name}")

    def suspend(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Suspend."""
        vm_lifecycle.suspend(call, vm, body)
        return self._acted(call, vm, f"Hibernating VM {vm.name}")

    def migrate(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Migrate."""
        vm_lifecycle.migrate(call, vm, body)
        return self._acted(call, vm, f"Migrating VM {vm.name}")

    def cancelmigration(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Cancel a migration."""
        vm_lifecycle.cancel_migration(call, vm, body)
        return self._acted(call, vm, f"Cancelling migration of VM {vm.name}")

    def clone(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Copy the VM with its disks under another name."""
        made = clone_vm(call, vm, body)
        return self._acted(call, made, f"Cloning VM {vm.name}")

    def previewsnapshot(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Show the VM as a snapshot holds it."""
        return self._acted(call, vm, "", snapshot_preview.preview(call, vm, body))

    def commitsnapshot(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Stay with the snapshot that is shown."""
        return self._acted(call, vm, "", snapshot_preview.commit(call, vm))

    def undosnapshot(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Leave the preview."""
        return self._acted(call, vm, "", snapshot_preview.undo(call, vm))

    def detach(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Detach from a pool; this engine has none."""
        raise refused("Cannot detach VM from VM-Pool. VM is not attached to a VM-Pool.")

    def reorder(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Order the MAC addresses by the NICs' names."""
        require(call, "edit_vm_properties", vm)
        check_status(vm, "nic_update")
        nics = sorted(call.engine.children("nic", vm.id), key=lambda nic: nic.name)
        addresses = sorted(str(nic.data.get("mac", {}).get("address", "")) for nic in nics)
        for nic, address in zip(nics, addresses, strict=True):
            nic.data["mac"] = {"address": address}
        call.engine.touch(vm, *nics)
        return self._acted(call, vm, f"Reordering NICs of VM {vm.name}")

    def logon(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Log on in the guest."""
        require(call, "connect_to_vm", vm)
        check_status(vm, "console")
        return self._acted(call, vm, f"Logging on to VM {vm.name}")

    def frozen(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Freeze or thaw the guest's file systems."""
        require(call, "manipulate_vm_snapshots", vm)
        check_status(vm, "suspend")
        return self._acted(call, vm, f"File systems of VM {vm.name}")

    def ticket(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Set the one-time console password."""
        return set_ticket(call, vm, body)

    def screenshot(self, call: Call, vm: Entity, body: dict[str, Any]) -> Reply:
        """Answer a picture of the console."""
        require(call, "connect_to_vm", vm)
        if status_of(vm) not in ALLOWED["console"]:
            raise refused(cannot("console", ". VM is not running."))
        return Reply(200, content=console_screenshot(vm), content_type="image/png")


def _ovf(vm: Entity) -> str:
    topology = vm.data["cpu"]["topology"]
    parts = {
        "Name": vm.name,
        "TemplateId": vm.ref("template"),
        "Sockets": topology["sockets"],
        "MemoryBytes": vm.data["memory"],
    }
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in parts.items())
    envelope = 'xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1/" ovf:version="4.4.0.0"'
    content = f'<Content ovf:id="out">{inner}</Content>'
    return f'<?xml version="1.0" encoding="UTF-8"?><ovf:Envelope {envelope}>{content}</ovf:Envelope>'


SERVICES = (Vms(),)
