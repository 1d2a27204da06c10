"""Drivers of other packages, good ones and broken ones, by entry point."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from deltaic.drivers import registry
from deltaic.model.errors import Error, ErrorKind

#: What other packages offer: a name, the module's text, and what an operator is told (empty: it works).
OTHERS = {
    "attic": (
        "class Factory:\n    name, aliases, title, capability = 'attic', ('loft',), 'An attic', None\n"
        "    def create(self, config): ...\nDRIVER = Factory()\n",
        "",
    ),
    "absent": ("import no_such_library\n", "install no_such_library"),
    "broken": ("raise RuntimeError('no good')\n", "RuntimeError: no good"),
    "nameless": ("", "AttributeError: module 'other_nameless' has no attribute 'DRIVER'"),
    "shapeless": (
        "class DRIVER:\n    name = 'shapeless'\n",
        "'other_shapeless:DRIVER' must name an object with name, aliases, title, capability, create",
    ),
}


@pytest.fixture(autouse=True)
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    points = []
    for name, (text, _) in OTHERS.items():
        (tmp_path / f"other_{name}.py").write_text(text)
        points.append(EntryPoint(name, f"other_{name}:DRIVER", registry.GROUP))
    monkeypatch.setattr(registry, "entry_points", lambda group: points)


def test_a_good_one_is_found_beside_broken_ones() -> None:
    assert [one.name for one in registry.factories()] == ["attic"]
    assert registry.find(" Attic ") is registry.find("loft")
    with pytest.raises(Error) as caught:
        registry.find("atic")
    assert (caught.value.kind, caught.value.message) == (
        ErrorKind.INVALID, "There is no driver 'atic'; did you mean 'attic'?",
    )  # fmt: skip


def test_it_is_told_why_others_can_not_be_used() -> None:
    told = {name: why for name, (_, why) in OTHERS.items() if why}
    assert registry.unusable() == [f"The driver '{name}' can't be loaded: {why}" for name, why in sorted(told.items())]
    for name, why in told.items():
        with pytest.raises(Error) as caught:
            registry.find(name)
        assert (caught.value.kind, caught.value.field) == (ErrorKind.UNSUPPORTED, "driver")
        assert why in caught.value.message
