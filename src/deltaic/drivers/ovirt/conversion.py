"""Machines as instances, converted again only when something about them changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from deltaic.drivers.ovirt import convert, wire
from deltaic.model.instance import Instance

#: Machines kept beyond two of the list at hand.
SPARE = 1000


class _Made(Struct):
    vm: wire.Vm
    data_center_id: str
    networks: Mapping[str, str]
    instance: Instance


class Conversion:
    """Instances by machine, with and without details; the same machine gives the same instance."""

    def __init__(self) -> None:
        self._made: dict[bool, dict[str, _Made]] = {True: {}, False: {}}
        self._networks: Mapping[str, str] = {}

    def instances(
        self, found: Sequence[wire.Vm], homes: Mapping[str, str], networks: Mapping[str, str], *, details: bool
    ) -> list[Instance]:
        """The instances. `homes` maps cluster ids to data center ids, `networks` vNIC profile ids to network ids."""
        networks = self._same(networks)
        made = self._made[details]
        instances = []
        for vm in found:
            home = homes.get(vm.cluster.id, "")
            kept = made.get(vm.id)
            if kept is None or kept.vm is not vm or kept.networks is not networks or kept.data_center_id != home:
                instance = convert.instance(vm, home, networks, details=details)
                kept = made[vm.id] = _Made(vm, home, networks, instance)
            instances.append(kept.instance)
        if len(made) > 2 * len(found) + SPARE:
            self._made[details] = {vm.id: made[vm.id] for vm in found}
        return instances

    def _same(self, networks: Mapping[str, str]) -> Mapping[str, str]:
        """An equal mapping seen before, if there is one, so that looking for changes costs one comparison."""
        if networks != self._networks:
            self._networks = networks
        return self._networks
