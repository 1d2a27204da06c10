"""Reads the settings: one TOML file, then the environment, then flags; the later wins."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from deltaic.model.secret import Secret
from deltaic.settings.proxies import networks
from deltaic.settings.schema import CloudTable, Settings
from deltaic.settings.variables import CONFIG, from_environment, misspelt

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class SettingsError(ValueError):
    """A setting that can't be used; the text names where it comes from and the key."""


def load(
    file: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Merge file, environment and flags into settings.

    `file` falls back on the variable DELTAIC_CONFIG; without both there is no file. `flags` maps keys such as
    `server.port` or `cloud.provider` (which is the default cloud's) to values; None means not given.
    Raises `SettingsError`.
    """
    environment = os.environ if environment is None else environment
    for variable, suggestion in misspelt(environment):
        raise SettingsError(f"environment: unknown variable {variable}; did you mean {suggestion}?")
    if file is None and environment.get(CONFIG):
        file = Path(environment[CONFIG])
    settings = _read(file) if file else Settings()
    for variable, key, text in from_environment(environment):
        settings = _assign(settings, key, text, variable)
    for key, value in (flags or {}).items():
        if value is not None:
            settings = _assign(settings, key, value, f"option for {key}")
    _check(settings, str(file) if file else "settings")
    return settings


def _read(file: Path) -> Settings:
    try:
        tree = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not TOML: {error}") from None
    _refuse_unknown(tree, Settings, str(file), "")
    base = file.resolve().parent
    settings = _convert(tree, Settings, str(file), "")
    assert isinstance(settings, Settings)
    return msgspec.structs.replace(settings, data=base / settings.data)


def _refuse_unknown(tree: Mapping[str, Any], shape: type, source: str, prefix: str) -> None:
    hints = get_type_hints(shape)
    for key, value in tree.items():
        if key not in hints:
            close = difflib.get_close_matches(key, hints, n=1, cutoff=0.5)
            hint = f"; did you mean '{prefix}{close[0]}'?" if close else ""
            raise SettingsError(f"{source}: unknown key '{prefix}{key}'{hint}")
        kind = hints[key]
        if _is_record(kind) and isinstance(value, dict):
            _refuse_unknown(value, kind, source, f"{prefix}{key}.")
        elif kind == tuple[CloudTable, ...] and isinstance(value, list):
            for number, table in enumerate(value, 1):
                if isinstance(table, dict):
                    _refuse_unknown(table, CloudTable, source, f"{prefix}{key}[{number}].")


def _is_record(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _assign(settings: Settings, key: str, value: object, source: str) -> Settings:
    """A copy with one key changed; `cloud.x` is a member of the default cloud, made when there is none."""
    table, _, member = key.rpartition(".")
    if table == "cloud":
        first = settings.cloud[0] if settings.cloud else CloudTable()
        changed = msgspec.structs.replace(first, **{member: _value(value, CloudTable, member, source, key)})
        return msgspec.structs.replace(settings, cloud=(changed, *settings.cloud[1:]))
    if table:
        record = getattr(settings, table)
        changed = msgspec.structs.replace(record, **{member: _value(value, type(record), member, source, key)})
        return msgspec.structs.replace(settings, **{table: changed})
    return msgspec.structs.replace(settings, **{member: _value(value, Settings, member, source, key)})


def _value(value: object, shape: type, member: str, source: str, key: str) -> object:
    kind = get_type_hints(shape)[member]
    if isinstance(value, str):
        value = _from_text(value, kind, source)
    return _convert(value, kind, source, key)


def _from_text(text: str, kind: object, source: str) -> object:
    """Environment and flags are text: read it as the key's type; wrong text stays for the error message."""
    if kind is bool:
        word = text.strip().lower()
        if word not in _TRUE | _FALSE:
            raise SettingsError(f"{source}: expected yes or no, got '{text}'")
        return word in _TRUE
    if kind in (int, float):
        try:
            return float(text) if kind is float else int(text)
        except ValueError:
            raise SettingsError(f"{source}: expected a number, got '{text}'") from None
    if get_origin(kind) is tuple and get_args(kind)[0] is str:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _convert(value: object, kind: Any, source: str, key: str) -> object:
    try:
        return msgspec.convert(value, kind, dec_hook=_hook)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        place = (key + path.rstrip("`")).lstrip(".")
        raise SettingsError(f"{source}: {place}: {text[:1].lower()}{text[1:]}") from None


def _hook(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    if isinstance(value, kind):
        return value
    raise TypeError(f"Expected text, got `{type(value).__name__}`")


#: Numbers that must lie in a range, by key.
_RANGES = {
    "port": (0, 65535),
    "request_timeout": (0.1, 3600),
    "stop_grace": (0.1, 9.0),
    "keep_alive": (0, 3600),
    "head_timeout": (0.1, 3600),
    "max_head_size": (1024, 1 << 20),
    "max_body_size": (1024, 1 << 30),
    "max_connections": (1, 1_000_000),
}


_METER_RANGES = {"shortest_interval": (1, 86_400), "most_per_user": (0, 1000), "most_samples": (1, 100_000)}

#: Minutes for which the journal of flows is kept: no job is kept longer.
_MOST_RETENTION = 3 * 24 * 60


def _check(settings: Settings, source: str) -> None:
    for key, (low, high) in _RANGES.items():
        if not low <= getattr(settings.server, key) <= high:
            raise SettingsError(f"{source}: server.{key}: must be between {low} and {high}")
    for key, (low, high) in _METER_RANGES.items():
        if not low <= getattr(settings.meters, key) <= high:
            raise SettingsError(f"{source}: meters.{key}: must be between {low} and {high}")
    if not 1 <= settings.node_silence <= 3600:
        raise SettingsError(f"{source}: node_silence: must be between 1 and 3600")
    if not 1 <= settings.cimi.job_retention <= _MOST_RETENTION:
        raise SettingsError(f"{source}: cimi.job_retention: must be between 1 and {_MOST_RETENTION}")
    if settings.server.tls_key and not settings.server.tls_certificate:
        raise SettingsError(f"{source}: server.tls_key: is given without server.tls_certificate")
    try:
        networks(settings.server.trusted_proxies)
    except ValueError as error:
        raise SettingsError(f"{source}: server.trusted_proxies: {error}") from None
    names = [table.name for table in settings.cloud]
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", name):
            raise SettingsError(f"{source}: cloud.name: '{name}' must be letters, digits, '-', '_' or '.'")
        if names.count(name) > 1:
            raise SettingsError(f"{source}: cloud.name: '{name}' is used twice")
