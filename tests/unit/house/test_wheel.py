"""The wheel holds what the code needs beside it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_consoles_templates_and_files_are_in_the_wheel(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    folder = ROOT / "src/deltaic/frontends/console"
    wanted = {
        path.relative_to(ROOT / "src").as_posix()
        for name in ("static", "templates")
        for path in (folder / name).iterdir()
    }
    assert len(wanted) > 30
    assert wanted - packed == set()
