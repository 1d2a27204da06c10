"""Drivers by name: entry points of the group `deltaic.drivers`, loaded when asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points

from deltaic.driver import Driver, DriverConfig, DriverFactory
from deltaic.model.errors import Error, ErrorKind, invalid

GROUP = "deltaic.drivers"

#: What a `DriverFactory` has.
_MEMBERS = ("name", "aliases", "title", "capability", "create")

#: Names that people know from Deltacloud: worth a hint instead of a guess.
CLASSIC = frozenset(
    {"aruba", "azure", "condor", "digitalocean", "ec2", "eucalyptus", "fgcp", "gogrid", "google", "mock", "opennebula",
     "openstack", "rackspace", "rimuhosting", "sbc", "terremark", "vsphere"}
)  # fmt: skip


def factories() -> list[DriverFactory]:
    """Every installed driver, by name; those that can't be loaded are left out."""
    return sorted((found for found in map(_tried, _points()) if not isinstance(found, Error)), key=_name)


def unusable() -> list[str]:
    """Why drivers that are installed can't be loaded, in words for people."""
    return sorted(found.message for found in map(_tried, _points()) if isinstance(found, Error))


def find(name: str) -> DriverFactory:
    """The driver called `name`, an alias included; INVALID with a suggestion when there is none."""
    wanted = name.strip().lower()
    for point in _points():
        if point.name == wanted:
            return _load(point)
    installed = factories()
    for factory in installed:
        if wanted == factory.name or wanted in factory.aliases:
            return factory
    raise invalid("driver", _advice(name, wanted, installed))


def create(name: str, config: DriverConfig) -> Driver:
    """Make the driver called `name`."""
    return find(name).create(config)


def _points() -> Iterator[EntryPoint]:
    yield from entry_points(group=GROUP)


def _load(point: EntryPoint) -> DriverFactory:
    try:
        factory: DriverFactory = point.load()
    except ImportError as error:
        raise _broken(point, f"install {error.name or 'a package of it'}") from None
    except Exception as error:
        # Somebody else's module: whatever it raises must not keep the other drivers from working.
        raise _broken(point, f"{type(error).__name__}: {error}") from error
    if isinstance(factory, type) or not all(hasattr(factory, member) for member in _MEMBERS):
        raise _broken(point, f"'{point.value}' must name an object with {', '.join(_MEMBERS)}")
    return factory


def _tried(point: EntryPoint) -> DriverFactory | Error:
    try:
        return _load(point)
    except Error as error:
        return error


def _name(factory: DriverFactory) -> str:
    return factory.name


def _broken(point: EntryPoint, why: str) -> Error:
    return Error(ErrorKind.UNSUPPORTED, f"The driver '{point.name}' can't be loaded: {why}", field="driver")


def _advice(name: str, wanted: str, installed: list[DriverFactory]) -> str:
    names = [known for factory in installed for known in (factory.name, *factory.aliases)]
    near = difflib.get_close_matches(wanted, names, n=1)
    if near:
        return f"There is no driver '{name}'; did you mean '{near[0]}'?"
    if wanted in CLASSIC:
        return f"The driver '{name}' is not installed: install a package that offers it in the group {GROUP}"
    return f"There is no driver '{name}'; installed: {', '.join(sorted(factory.name for factory in installed))}"
