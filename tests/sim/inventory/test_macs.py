"""Drawing MAC addresses from ranges."""

import pytest

from ovirt_engine_sim.macs import MacAllocator, int_to_mac, mac_to_int


def test_addresses_in_use_are_skipped_and_ranges_follow_each_other() -> None:
    ranges = [("56:6f:00:00:00:fe", "56:6f:00:00:00:ff"), ("56:6f:00:00:01:05", "56:6f:00:00:01:05")]
    allocator = MacAllocator(ranges, {"56:6f:00:00:00:ff"})
    assert [allocator.next(), allocator.next()] == ["56:6f:00:00:00:fe", "56:6f:00:00:01:05"]
    with pytest.raises(LookupError, match="no address left"):
        allocator.next()


def test_numbers_and_text_correspond() -> None:
    assert mac_to_int("00:00:00:00:01:0A") == 266
    assert int_to_mac(266) == "00:00:00:00:01:0a"


@pytest.mark.parametrize("mac", ["", "56:6f", "566f00000000", "56:6f:00:00:00:0g", "56:6f:00:00:00:000"])
def test_text_that_is_no_address(mac: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        mac_to_int(mac)
