"""From a configuration to the size of a launch."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import KIBIBYTE, Document
from deltaic.frontends.cimi.machine.configurations import configuration_id, positive
from deltaic.frontends.cimi.resolver import template_of
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.services.instance_types import InstanceTypeView

#: Attributes of a configuration that stand for a size.
SIZES: Final = ("cpu", "memory")

#: The standard's words for architectures that clouds have, in lower case, as the model has them.
ARCHITECTURES: Final = {
    "x86_64": "x86_64",
    "x86": "x86_64",
    "power": "ppc64le",
    "powerpc": "ppc64le",
    "z/architecture": "s390x",
    "arm": "arm64",
}


async def configuration_of(call: Call, given: Any) -> Document:
    """The configuration that a template means; an empty one when it names none."""
    if not isinstance(given, dict) or not any(value is not None for value in given.values()):
        return {}
    return await template_of(call, given, "MachineConfiguration", "machineConfig")


async def size_of(call: Call, configuration: Document) -> dict[str, Any]:
    """The members of a `LaunchRequest` that stand for a configuration's size and architecture.

    A size of the engine is asked for by its name, unless its figures were changed: then it is that size no longer.
    """
    if configuration.get("cpuSpeed") is not None:
        message = "The speed of a CPU is its host's; leave cpuSpeed out"
        raise Error(ErrorKind.UNSUPPORTED, message, field="machineConfig/cpuSpeed")
    size = _architecture(configuration)
    figures = {name: positive(configuration[name], name) for name in SIZES if configuration.get(name) is not None}
    view = await _named(call, configuration)
    if view is not None and (view.open or figures == _figures(view)):
        size["instance_type"] = view.type.name
        figures = figures if view.open else {}
    if "cpu" in figures:
        size["cpus"] = figures["cpu"]
    if "memory" in figures:
        size["memory"] = figures["memory"] * KIBIBYTE
    return size


async def _named(call: Call, configuration: Document) -> InstanceTypeView | None:
    """The engine's own size behind a configuration, if it is one."""
    wanted = unquote(str(configuration.get("id", "")).rpartition("/")[2])
    if not wanted:
        return None
    return next((view for view in await call.world.sizes() if configuration_id(view) == wanted), None)


def _figures(view: InstanceTypeView) -> dict[str, int]:
    return {"cpu": view.type.cpus, "memory": view.type.memory // KIBIBYTE}


def _architecture(configuration: Document) -> dict[str, Any]:
    given = str(configuration.get("cpuArch") or "").strip()
    if not given:
        return {}
    if given.lower() not in ARCHITECTURES:
        raise invalid("machineConfig/cpuArch", f"There is no cloud of the architecture '{given[:40]}'")
    return {"architecture": ARCHITECTURES[given.lower()]}
