"""Instance types."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service
from ovirt_engine_sim.entities.vm_checks import check_cpu, check_memory, normalize_memory
from ovirt_engine_sim.entity import Entity, merge
from ovirt_engine_sim.faults import refused
from ovirt_engine_sim.machines import OF_INSTANCE_TYPE, ONLY_ALL_CONTENT, instance_type_document, memory_policy
from ovirt_engine_sim.permits import require


def resize(engine: Engine, vm: Entity, instance_type: Entity) -> None:
    """Give a bound VM the sizes of its type: now when it is down, else at its next run."""
    given = instance_type.data
    sizes: dict[str, Any] = {name: deepcopy(given[name]) for name in OF_INSTANCE_TYPE if name in given}
    if vm.data.get("status") == "down":
        vm.data.update(sizes)
    else:
        vm.inner.setdefault("next_run", {}).update(sizes)
        vm.data["next_run_configuration_exists"] = True
    engine.touch(vm)


class InstanceTypes(Service):
    """Sizes of machines by name; a changed type changes the VMs bound to it."""

    kind = "instance_type"
    path = "instancetypes"
    search = "instancetypes"
    permit = "create_template"
    links = ("nics", "watchdogs", "graphicsconsoles")
    unique_name = (
        "Cannot add Instance Type. The Instance Type name is already in use, please choose a unique name and try again."
    )

    def omitted(self, call: Call) -> frozenset[str]:
        return frozenset() if call.all_content else ONLY_ALL_CONTENT

    def create(self, call: Call, parent: Entity | None, body: dict[str, Any]) -> Entity:
        self.check_name(call.engine, body.get("name"), parent)
        data = instance_type_document(memory=1 << 30, memory_policy=memory_policy(1 << 30))
        given = {name: value for name, value in body.items() if name not in ("id", "href", "status")}
        normalize_memory(given, data)
        merge(data, given)
        check_memory(data, "create")
        check_cpu(data, "create")
        return call.engine.put(Entity(self.kind, call.engine.new_id(), data))

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        require(call, self.permit)
        self.check_id(entity, body)
        if body.get("name") not in (None, entity.name):
            self.check_name(call.engine, body["name"], parent)
        given = {name: value for name, value in body.items() if name not in ("id", "href", "status")}
        normalize_memory(given, entity.data)
        changed = deepcopy(entity.data)
        merge(changed, given)
        check_memory(changed, "update")
        check_cpu(changed, "update")
        entity.data = changed
        call.engine.touch(entity)
        for vm in call.engine.all("vm"):
            if vm.ref("instance_type") == entity.id:
                resize(call.engine, vm, entity)
        return Reply(200, entity, self)

    def check_remove(self, call: Call, entity: Entity) -> None:
        users = [vm.name for vm in call.engine.all("vm") if vm.ref("instance_type") == entity.id]
        if users:
            raise refused(
                f"Cannot remove Instance Type. Instance Type is being used by the following VMs: {', '.join(users)}."
            )


SERVICES = (InstanceTypes(),)
