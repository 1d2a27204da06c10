"""The simulated engine as the command line starts it."""

from __future__ import annotations

import stat
from pathlib import Path

from deltaic.cli.simulator import simulated


async def test_its_state_is_closed_to_others_all_the_way(tmp_path: Path) -> None:
    data = tmp_path / "state"
    async with simulated(port=0, data=data):
        modes = [stat.S_IMODE(folder.stat().st_mode) for folder in (data, data / "engine")]
    assert modes == [0o700, 0o700]
