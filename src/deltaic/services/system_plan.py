"""In which order the members of a system are made: pure functions from components to a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

from msgspec.structs import replace

from deltaic.model.errors import Error, invalid
from deltaic.model.system import Component, PlannedMember, Reference

MAX_COMPONENTS: Final = 50
MAX_QUANTITY: Final = 100
#: Members of one system, those of the systems inside it counted as well.
MAX_MEMBERS: Final = 100
#: How many systems may be inside each other.
MAX_NESTING: Final = 3

_FIELD: Final = "components"


def plan(components: Sequence[Component]) -> tuple[PlannedMember, ...]:
    """The members to make, each after those it uses and otherwise in the order of the components.

    INVALID names the component: too many, a reference to nothing, to several or to another kind of thing, a circle.
    """
    _check_sizes(components)
    members = {member.key: member for index, one in enumerate(components) for member in _members(index, one)}
    found = _Names(components, list(members.values()))
    needs = {key: found.needs(member) for key, member in members.items()}
    waves = _waves(components, members, needs)
    ordered = sorted(members.values(), key=lambda member: waves[member.key])
    return tuple(replace(member, needs=needs[member.key], wave=waves[member.key]) for member in ordered)


def resolve(
    components: Sequence[Component], planned: Sequence[PlannedMember], index: int, reference: Reference
) -> PlannedMember:
    """The member that a reference of the component at `index` means. INVALID as `plan`."""
    return _Names(components, planned).resolve(index, reference)


def label(component: Component, index: int) -> str:
    """How a message calls a component: by its name, or as the nth of the template."""
    return f"'{component.name}'" if component.name else f"number {index + 1}"


class _Names:
    """What the names in a template stand for."""

    def __init__(self, components: Sequence[Component], members: Sequence[PlannedMember]) -> None:
        self._components = components
        self._members: dict[str, list[PlannedMember]] = {}
        for member in members:
            if member.name:
                self._members.setdefault(member.name, []).append(member)

    def needs(self, member: PlannedMember) -> tuple[str, ...]:
        references = self._components[member.component].references
        return tuple(dict.fromkeys(self.resolve(member.component, reference).key for reference in references))

    def resolve(self, index: int, reference: Reference) -> PlannedMember:
        owner = label(self._components[index], index)
        field = f"{_FIELD}/{reference.field}" if reference.field else _FIELD
        found = self._members.get(reference.name, [])
        fitting = [member for member in found if member.kind is reference.kind]
        if len(fitting) == 1:
            return fitting[0]
        wanted = f"The component {owner} refers to #{reference.name}"
        if fitting:
            raise invalid(field, f"{wanted}, a name that {len(fitting)} components have")
        if found:
            raise invalid(field, f"{wanted}, which is a {found[0].kind} and not a {reference.kind}")
        if any(one.name == reference.name for one in self._components):
            raise invalid(field, f"{wanted}, of which there are several: #{reference.name}1 is the first of them")
        raise invalid(field, f"{wanted}, but the template has no component of that name")


def _check_sizes(components: Sequence[Component]) -> None:
    if len(components) > MAX_COMPONENTS:
        raise invalid(_FIELD, f"A system has at most {MAX_COMPONENTS} components")
    for index, one in enumerate(components):
        if not 1 <= one.quantity <= MAX_QUANTITY:
            field = f"{_FIELD}/quantity"
            raise invalid(field, f"The quantity of the component {label(one, index)} must be 1 to {MAX_QUANTITY}")
    check_members(sum(one.quantity for one in components))


def check_members(count: int) -> None:
    """INVALID when a system would have too many members."""
    if count > MAX_MEMBERS:
        raise invalid(_FIELD, f"A system has at most {MAX_MEMBERS} members, not {count}")


def check_nesting(depth: int) -> None:
    """INVALID when a system is inside too many others; `depth` is 0 for one that is in none."""
    if depth >= MAX_NESTING:
        raise invalid(_FIELD, f"Systems are nested at most {MAX_NESTING} levels deep")


def _members(index: int, component: Component) -> list[PlannedMember]:
    """All alike: several get numbers behind their name, a single one has the name itself."""
    several = component.quantity > 1 and component.name
    return [
        PlannedMember(
            key=f"{index}.{number}",
            component=index,
            number=number,
            kind=component.kind,
            name=f"{component.name}{number}" if several else component.name,
        )
        for number in range(1, component.quantity + 1)
    ]


def _waves(
    components: Sequence[Component], members: Mapping[str, PlannedMember], needs: Mapping[str, tuple[str, ...]]
) -> dict[str, int]:
    """After how many others each member comes."""
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise _circle(components, [members[key] for key in error.args[1]]) from None
    waves: dict[str, int] = {}
    for key in order:
        waves[key] = max((waves[need] + 1 for need in needs[key]), default=0)
    return waves


def _circle(components: Sequence[Component], members: Sequence[PlannedMember]) -> Error:
    names = [label(components[member.component], member.component) for member in members]
    return invalid(_FIELD, f"Components need each other in a circle: {', '.join(dict.fromkeys(names))}")
