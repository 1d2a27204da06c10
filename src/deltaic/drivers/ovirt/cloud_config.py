"""The part of cloud-config YAML that can be appended to another cloud-config without losing its meaning.

The engine writes its own cloud-config and appends ours as text; of a repeated top-level key the last one counts.
Deliberately not a YAML parser: what is not plainly a block mapping is refused and travels another way.
"""

from __future__ import annotations

import re

HEADER = "#cloud-config"

_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*):(?:[ \t].*)?$")

#: Characters besides line feed and tab that storage, YAML or the engine's XML could change or split lines at.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def text_of(data: bytes) -> str | None:
    """`data` as text that survives every store on its way byte by byte; None when it would not."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _UNSAFE.search(text) else text


def top_level_keys(text: str) -> frozenset[str] | None:
    """The keys of a cloud-config in block style; None when it is anything else."""
    lines = text.split("\n")
    if lines[0].rstrip() != HEADER:
        return None
    keys: set[str] = set()
    for line in lines[1:]:
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] == "\t":
            return None
        if line[0] == " " or line.startswith("- ") or line == "-":
            if not keys:
                return None
            continue
        match = _KEY.match(line)
        if match is None or match.group(1) in keys:
            return None
        keys.add(match.group(1))
    return frozenset(keys)
