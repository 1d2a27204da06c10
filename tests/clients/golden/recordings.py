"""Recordings of the original server: a request, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ORIGINALS: Final = Path(__file__).parents[2] / "data" / "deltacloud" / "original"


@dataclass(frozen=True)
class Recording:
    """`name` is the file; `content` is empty where the body was not kept (pages of HTML)."""

    name: str
    method: str
    path: str
    headers: dict[str, str]
    form: str
    status: int
    answered: dict[str, str]
    content: bytes

    @property
    def act(self) -> str:
        """The name without its format."""
        return self.name.partition(".")[0]

    @property
    def format(self) -> str:
        """`xml`, `json`, `html`, `out`."""
        return self.name.partition(".")[2]


def index() -> list[str]:
    """The names of all recordings, in the order in which they were made."""
    lines = (ORIGINALS / "INDEX.tsv").read_text().splitlines()[1:]
    return [line.split("\t")[0] for line in lines]


def load(name: str) -> Recording:
    """One recording."""
    asked, _, answered = (ORIGINALS / f"{name}.headers").read_text().partition("\n\n")
    method, path, _ = asked.splitlines()[0].split(" ")
    lines = [line.removeprefix(">").strip() for line in asked.splitlines()[1:]]
    blank = lines.index("") if "" in lines else len(lines)
    status, *told = answered.strip().splitlines()
    body = ORIGINALS / name
    return Recording(
        name,
        method,
        path,
        _fields(lines[:blank]),
        "".join(lines[blank:]),
        int(status.split()[1]),
        {key.lower(): value for key, value in _fields(told).items()},
        body.read_bytes() if body.exists() else b"",
    )


def _fields(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}
