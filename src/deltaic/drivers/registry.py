"""Drivers by name: entry points of the group `deltaic.drivers`, loaded when asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points

from deltaic.driver import Driver, DriverConfig, DriverFactory
from deltaic.model.errors import Error, ErrorKind, invalid

GROUP = "deltaic.drivers"

#: Names that people know from Deltacloud: worth a hint instead of a guess.
CLASSIC = frozenset(
    {"aruba", "azure", "condor", "digitalocean", "ec2", "eucalyptus", "fgcp", "gogrid", "google", "mock", "opennebula",
     "openstack", "rackspace", "rimuhosting", "sbc", "terremark", "vsphere"}
)  # fmt: skip


def factories() -> list[DriverFactory]:
    """Every installed driver, by name; those that can't be loaded are left out."""
    found = []
    for point in _points():
        try:
            found.append(_load(point))
        except Error:
            continue
    return sorted(found, key=lambda factory: factory.name)


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
        missing = error.name or "a package of it"
        message = f"The driver '{point.name}' can't be loaded: install {missing}"
        raise Error(ErrorKind.UNSUPPORTED, message, field="driver") from None
    return factory


def _advice(name: str, wanted: str, installed: list[DriverFactory]) -> str:
    names = [known for factory in installed for known in (factory.name, *factory.aliases)]
    near = difflib.get_close_matches(wanted, names, n=1)
    if near:
        return f"There is no driver '{name}'; did you mean '{near[0]}'?"
    if wanted in CLASSIC:
        return f"The driver '{name}' is not installed: install a package that offers it in the group {GROUP}"
    return f"There is no driver '{name}'; installed: {', '.join(sorted(factory.name for factory in installed))}"
