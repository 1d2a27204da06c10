"""Where sealing keys come from: a variable, a systemd credential, or a file in the state folder.

All three hold the same text: one `version:base64` per line (a variable may use blanks instead of line
ends), `#` begins a comment, a lone base64 value is version 1. The highest version seals.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deltaic.store.sealing import KEY_SIZE, MAX_VERSION, Keys, new_key

VARIABLE = "DELTAIC_SEALING_KEY"
CREDENTIAL = "deltaic-sealing-key"
FILE_NAME = "sealing.key"
MAX_SIZE = 65_536
_COMMENT = "# Sealing keys of Deltaic: the highest version seals, all of them open. Keep this file secret.\n"


class SealingKeyError(Exception):
    """Says why the sealing keys can't be used and what the operator can do; holds no key material."""


@dataclass(frozen=True)
class KeySource:
    """Finds the keys: the variable wins over the systemd credential, and that over the file."""

    path: Path
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @classmethod
    def in_folder(cls, folder: Path) -> KeySource:
        """The source for a state folder."""
        return cls(folder / FILE_NAME)

    @property
    def uses_file(self) -> bool:
        """Whether the keys are in the file, where they can be rotated from here."""
        return not self.environment.get(VARIABLE) and self._credential() is None

    def load(self, *, create: bool = False) -> Keys:
        """Read the keys; make the file when it is missing and `create` is set.

        Raises SealingKeyError for keys that are missing, malformed, or readable by others.
        """
        if text := self.environment.get(VARIABLE):
            return parse_keys(text, f"the variable {VARIABLE}")
        credential = self._credential()
        if credential is not None:
            return parse_keys(_read_text(credential), str(credential))
        try:
            text = _read_private(self.path)
        except FileNotFoundError:
            if not create:
                raise SealingKeyError(
                    f"{self.path} is missing, but the database holds sealed records: restore the file"
                ) from None
            _create_private(self.path, format_keys({1: new_key()}))
            text = _read_private(self.path)
        return parse_keys(text, str(self.path))

    def save(self, keys: Keys) -> None:
        """Replace the file's keys in one step."""
        _replace_private(self.path, format_keys(keys))

    def _credential(self) -> Path | None:
        folder = self.environment.get("CREDENTIALS_DIRECTORY")
        path = Path(folder) / CREDENTIAL if folder else None
        return path if path is not None and path.is_file() else None


def parse_keys(text: str, origin: str) -> Keys:
    """Read the text form of keys; `origin` names it in errors. Raises SealingKeyError."""
    lines = [line.partition("#")[0] for line in text.splitlines()]
    entries = [entry for line in lines for entry in line.split()]
    keys: dict[int, bytes] = {}
    for number, entry in enumerate(entries, 1):
        name, found, encoded = entry.rpartition(":")
        version = int(name) if name.isascii() and name.isdigit() and len(name) <= 10 else int(not found)
        key = _decoded(encoded)
        if key is None or not 0 < version <= MAX_VERSION or version in keys:
            raise SealingKeyError(
                f"entry {number} of {origin} is not a sealing key: write 'version:base64 of {KEY_SIZE} bytes'"
            )
        keys[version] = key
    if not keys:
        raise SealingKeyError(f"{origin} holds no sealing key")
    return keys


def format_keys(keys: Keys) -> str:
    """Write keys in their text form."""
    lines = (f"{version}:{base64.b64encode(key).decode()}\n" for version, key in sorted(keys.items()))
    return _COMMENT + "".join(lines)


def _decoded(encoded: str) -> bytes | None:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_SIZE else None


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_SIZE).decode("utf-8", "replace")
    except OSError as error:
        raise SealingKeyError(f"{path} cannot be read: {error.strerror}") from None


def _read_private(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SealingKeyError(f"{path} cannot be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SealingKeyError(f"{path} is not a regular file")
        if status.st_mode & 0o077:
            raise SealingKeyError(
                f"{path} can be read by others (mode {stat.S_IMODE(status.st_mode):04o}): run chmod 600 {path}"
            )
        if status.st_uid not in (os.geteuid(), 0):
            raise SealingKeyError(f"{path} belongs to another user: run chown on it")
        return file.read(MAX_SIZE).decode("utf-8", "replace")


def _write_aside(path: Path, text: str) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(descriptor)
    return aside


def _create_private(path: Path, text: str) -> None:
    aside = _write_aside(path, text)
    try:
        # A link, unlike a rename, leaves a file alone that another process made meanwhile.
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()


def _replace_private(path: Path, text: str) -> None:
    aside = _write_aside(path, text)
    aside.replace(path)
