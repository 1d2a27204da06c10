"""The order in which a system's members are made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.system import Component, MemberKind, Reference
from deltaic.services import system_plan
from deltaic.services.system_plan import plan, resolve

K = MemberKind


def refused(*components: Component) -> Error:
    with pytest.raises(Error) as caught:
        plan(components)
    assert caught.value.kind is ErrorKind.INVALID
    return caught.value


def machine(name: str, *names: str, kind: MemberKind = K.VOLUME, quantity: int = 1) -> Component:
    references = tuple(Reference(one, kind, "machineTemplate.volume") for one in names)
    return Component(K.MACHINE, name, quantity, references)


def test_one_has_the_components_name_and_several_are_numbered_from_one() -> None:
    made = plan([Component(K.MACHINE, "web"), Component(K.MACHINE, "db", 3), Component(K.VOLUME, "", 2)])
    assert [(one.key, one.name, one.number, one.wave) for one in made] == [
        ("0.1", "web", 1, 0),
        ("1.1", "db1", 1, 0),
        ("1.2", "db2", 2, 0),
        ("1.3", "db3", 3, 0),
        ("2.1", "", 1, 0),
        ("2.2", "", 2, 0),
    ]


def test_what_is_used_comes_first_whatever_the_order_of_the_components() -> None:
    components = [machine("web", "data"), Component(K.VOLUME, "data")]
    made = plan(components)
    assert [(one.name, one.needs, one.wave) for one in made] == [("data", (), 0), ("web", ("1.1",), 1)]
    assert resolve(components, made, 0, components[0].references[0]) == made[0]


def test_each_of_several_uses_what_its_component_refers_to() -> None:
    made = plan([Component(K.CREDENTIAL, "key"), machine("web", "key", "key", kind=K.CREDENTIAL, quantity=2)])
    assert [(one.name, one.needs) for one in made] == [("key", ()), ("web1", ("0.1",)), ("web2", ("0.1",))]


def test_one_of_several_is_referred_to_by_its_number() -> None:
    made = plan([machine("web", "data2"), Component(K.VOLUME, "data", 2)])
    assert made[-1].needs == ("1.2",)


def test_a_name_of_several_members_means_none_of_them() -> None:
    error = refused(machine("web", "data"), Component(K.VOLUME, "data", 2))
    assert error.field == "components/machineTemplate.volume"
    assert error.message == (
        "The component 'web' refers to #data, of which there are several: #data1 is the first of them"
    )


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ((), "refers to #data, but the template has no component of that name"),
        ((Component(K.NETWORK, "data"),), "refers to #data, which is a network and not a volume"),
        (
            (Component(K.VOLUME, "data"), Component(K.VOLUME, "data")),
            "refers to #data, a name that 2 components have",
        ),
    ],
)
def test_a_reference_must_mean_one_thing_of_its_kind(others: tuple[Component, ...], message: str) -> None:
    assert refused(machine("", "data"), *others).message == f"The component number 1 {message}"


def test_equal_names_of_different_things_are_told_apart_by_the_reference() -> None:
    made = plan([machine("web", "web"), Component(K.VOLUME, "web")])
    assert [one.kind for one in made] == [K.VOLUME, K.MACHINE]


def test_a_circle_is_named() -> None:
    machines = (machine("a", "b", kind=K.MACHINE), machine("b", "a", kind=K.MACHINE))
    message = refused(*machines).message
    assert message.startswith("Components need each other in a circle: ")
    assert {"'a'", "'b'"} == set(message.rpartition(": ")[2].split(", "))
    assert refused(machine("a", "a", kind=K.MACHINE)).message == "Components need each other in a circle: 'a'"


def test_limits() -> None:
    assert refused(*[Component(K.VOLUME)] * 51).message == "A system has at most 50 components"
    assert refused(Component(K.VOLUME, "v", 0)).field == "components/quantity"
    assert refused(Component(K.VOLUME, "v", 101)).message == "The quantity of the component 'v' must be 1 to 100"
    assert refused(Component(K.VOLUME, "v", 60), machine("m", quantity=41)).message == (
        "A system has at most 100 members, not 101"
    )
    with pytest.raises(Error, match="at most 3 levels"):
        system_plan.check_nesting(3)


@st.composite
def templates(draw: st.DrawFn) -> list[Component]:
    """Components that refer only to ones before them in a hidden order, and are written down in any other."""
    count = draw(st.integers(1, 8))
    components: list[Component] = []
    for index in range(count):
        targets = draw(st.lists(st.integers(0, index - 1), max_size=3)) if index else []
        names = [components[target] for target in targets]
        references = tuple(
            Reference(f"{one.name}{draw(st.integers(1, one.quantity))}" if one.quantity > 1 else one.name, one.kind)
            for one in names
        )
        kind = draw(st.sampled_from(list(MemberKind)))
        components.append(Component(kind, f"c{index}-", draw(st.integers(1, 3)), references))
    return draw(st.permutations(components))


@given(templates())
def test_any_template_without_circles_has_an_order(components: list[Component]) -> None:
    made = plan(components)
    done: set[str] = set()
    wave = 0
    for member in made:
        assert set(member.needs) <= done
        assert member.wave >= wave
        wave = member.wave
        done.add(member.key)
        expected = [resolve(components, made, member.component, one) for one in components[member.component].references]
        assert set(member.needs) == {one.key for one in expected}
    assert len(done) == len(made) == sum(one.quantity for one in components)
    assert len({member.name for member in made}) == len(made)
    assert plan(components) == made


@given(st.lists(st.builds(Component, st.sampled_from(list(MemberKind)), st.text(max_size=3), st.integers(-1, 3),
                          st.lists(st.builds(Reference, st.text(max_size=2), st.sampled_from(list(MemberKind))),
                                   max_size=2).map(tuple)), max_size=6))  # fmt: skip
def test_any_nonsense_is_planned_or_refused(components: list[Component]) -> None:
    outcome: object
    try:
        outcome = len(plan(components))
    except Error as error:
        outcome = (error.kind, error.field.partition("/")[0])
    assert outcome in (sum(one.quantity for one in components), (ErrorKind.INVALID, "components"))
