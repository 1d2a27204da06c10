"""Machines that did not change are decoded and converted once."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec import Raw

from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.conversion import Conversion
from deltaic.drivers.ovirt.vm_reader import SPARE, VmReader
from deltaic.model.errors import Error, ErrorKind


def text(number: int, name: str = "vm") -> Raw:
    return Raw(json.dumps({"id": f"id-{number}", "name": name, "memory": "1024", "cluster": {"id": "c"}}).encode())


class TestReader:
    def test_the_same_text_gives_the_same_object(self) -> None:
        reader = VmReader()
        first = reader.read([text(1), text(2)])
        again = reader.read([text(2), text(1, "renamed")])
        assert again[0] is first[1]
        assert [(vm.id, vm.name, vm.memory) for vm in again] == [("id-2", "vm", 1024), ("id-1", "renamed", 1024)]

    def test_what_it_keeps_is_bounded_and_what_is_listed_stays(self) -> None:
        reader = VmReader()
        listed = reader.read([text(number) for number in range(10)])
        for number in range(3 * SPARE):
            reader.read([text(99, f"name {number}")])
            assert reader.read([text(5)])[0] is listed[5]
        assert len(reader._young) + len(reader._old) <= 2 * (3 * 10 + SPARE)

    def test_nonsense_is_an_error(self) -> None:
        with pytest.raises(Error) as caught:
            VmReader().read([Raw(b'{"id": 5}')])
        assert caught.value.kind is ErrorKind.UNAVAILABLE


class TestConversion:
    NIC = wire.Nics([wire.Nic("n1", vnic_profile=wire.Ref("p1"))])

    def vm(self, name: str = "vm") -> wire.Vm:
        return wire.Vm("id-1", name, cluster=wire.Ref("c"), nics=self.NIC)

    def test_an_unchanged_machine_is_converted_once(self) -> None:
        conversion, vm = Conversion(), self.vm()
        first = conversion.instances([vm], {"c": "dc"}, {"p1": "net"}, details=True)[0]
        assert conversion.instances([vm], {"c": "dc"}, {"p1": "net"}, details=True)[0] is first
        assert (first.data_center_id, first.nics[0].network_id) == ("dc", "net")

    def test_every_change_shows(self) -> None:
        conversion, vm = Conversion(), self.vm()

        def facts(vm: wire.Vm, home: str, network: str, details: bool = True) -> tuple[object, ...]:
            made = conversion.instances([vm], {"c": home}, {"p1": network}, details=details)[0]
            return made.name, made.data_center_id, [nic.network_id for nic in made.nics]

        assert facts(vm, "dc", "net") == ("vm", "dc", ["net"])
        assert facts(self.vm("renamed"), "dc", "net") == ("renamed", "dc", ["net"])
        assert facts(vm, "dc", "net") == ("vm", "dc", ["net"])
        assert facts(vm, "moved", "net") == ("vm", "moved", ["net"])
        assert facts(vm, "moved", "other") == ("vm", "moved", ["other"])
        assert facts(vm, "moved", "other", details=False) == ("vm", "moved", [])

    def test_what_it_keeps_is_bounded(self) -> None:
        conversion = Conversion()
        for number in range(3 * SPARE):
            vm = msgspec.structs.replace(self.vm(), id=f"id-{number}")
            conversion.instances([vm], {"c": "dc"}, {}, details=True)
        assert len(conversion._made[True]) <= 2 + SPARE
