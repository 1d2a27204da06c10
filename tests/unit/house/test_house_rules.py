"""Rules that hold for every file: size, imports, no traces of a machine, and documents that tell the truth."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[3]
CODE = ("src", "tests", "bench", "tools")
TEXT = {".py", ".md", ".toml", ".txt", ".in", ".cfg", ".yml", ".yaml", ".json", ".sh", ""}

MAX_LINES = 400
MEDIAN_LINES = 130

#: Homes, scratch folders and registries of whoever works on the project have no place in it.
MACHINE = re.compile(
    re.escape(f"{ROOT}/") + r"|/(?:home|Users)/[A-Za-z0-9_.-]+/|/root/\.(?:pyenv|cache|local)"
    r"|--(?:extra-)?index-url|--trusted-host|https?://\S+/simple\b"
)


def tracked() -> list[Path]:
    """Files under version control, or all files where there is no git."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return [path for name in CODE for path in (ROOT / name).rglob("*") if path.is_file()]
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def sources() -> list[Path]:
    return sorted((ROOT / "src").rglob("*.py"))


def lines_of(path: Path) -> int:
    return path.read_text("utf-8").count("\n")


def test_no_source_file_is_long() -> None:
    assert {str(path.relative_to(ROOT)): lines_of(path) for path in sources() if lines_of(path) > MAX_LINES} == {}


def test_source_files_are_small_on_the_whole() -> None:
    sizes = sorted(size for path in sources() if (size := lines_of(path)) > 1)
    assert sizes[len(sizes) // 2] <= MEDIAN_LINES


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if (text := path.read_text("utf-8").lstrip()) and not text.startswith('"""')
    ]
    assert silent == []


def test_rooms_import_as_the_contracts_say() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_names_a_machine() -> None:
    found = {}
    for path in tracked():
        if path.suffix not in TEXT or path == Path(__file__).resolve() or "data" in path.relative_to(ROOT).parts:
            continue
        hits = {match.group() for match in MACHINE.finditer(path.read_text("utf-8", "ignore"))}
        if hits:
            found[str(path.relative_to(ROOT))] = sorted(hits)
    assert found == {}


def test_requirements_are_pinned_with_hashes() -> None:
    for name in ("demo", "test", "collections", "openstack-lab"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").replace("\\\n", " ")
        pins = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert pins, name
        assert [
            line for line in pins if not re.match(r"[\w.\[\]-]+==[\w.]+(?:\s*;[^\\]*?)?\s+--hash=sha256:", line)
        ] == []


def test_demo_and_tests_agree_on_versions() -> None:
    pins = {
        name: dict(
            re.findall(r"^([\w.\[\]-]+)==(\S+)", (ROOT / "requirements" / f"{name}.txt").read_text(), re.MULTILINE)
        )
        for name in ("demo", "test")
    }
    assert {name: pins["test"].get(name) for name in pins["demo"]} == pins["demo"]


def test_tests_are_neither_skipped_nor_expected_to_fail() -> None:
    marks = re.compile(r"pytest\.(?:skip|xfail|importorskip)\(|mark\.(?:skip|skipif|xfail)\b")
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if path != Path(__file__).resolve() and marks.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
            if "://" in target or target.startswith("mailto:"):
                continue
            if not (document.parent / unquote(target)).exists():
                broken.append(f"{document.relative_to(ROOT)}: {target}")
    assert broken == []
