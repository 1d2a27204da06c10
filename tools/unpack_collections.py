"""Unpacks the named Ansible namespaces out of the `ansible` wheel: FOLDER-WITH-WHEEL TARGET NAMESPACE..."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

_ROOT = "ansible_collections/"


def unpack(wheel: Path, target: Path, namespaces: list[str]) -> int:
    """Write `ansible_collections/<namespace>/...` under `target`, replacing what is there; returns the files."""
    shutil.rmtree(target / "ansible_collections", ignore_errors=True)
    wanted = tuple(f"{_ROOT}{namespace}/" for namespace in namespaces)
    with zipfile.ZipFile(wheel) as archive:
        members = [name for name in archive.namelist() if name.startswith(wanted)]
        archive.extractall(target, members)
    return len(members)


def main() -> int:
    """Unpack by the command line's words."""
    source, target, *namespaces = sys.argv[1:]
    wheels = sorted(Path(source).glob("ansible-*.whl"))
    if len(wheels) != 1:
        print(f"expected one ansible wheel in {source}, found {len(wheels)}", file=sys.stderr)
        return 1
    count = unpack(wheels[0], Path(target), namespaces)
    print(f"{count} files of {', '.join(namespaces)}")
    return 0 if count else 1


if __name__ == "__main__":
    sys.exit(main())
