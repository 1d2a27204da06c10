"""Two shapes of one kind held against each other: what ours lacks, what it adds, and what looks different."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.sim.golden.shape import FREE, Shape

# A class of values that also covers others.
_COVERS: Final = {"decimal": {"integer"}, "text": {"token", "uuid", "address", "mac"}, "token": {"boolean"}}


def missing(recorded: Shape, ours: Shape) -> Iterator[str]:
    """What every recorded element has and one of ours lacks."""
    for path in sorted(ours.count):
        if path in recorded.count:
            for fact in sorted(recorded.required(path) - ours.required(path)):
                yield f"{path}/{fact}"


def added(recorded: Shape, ours: Shape) -> Iterator[str]:
    """What ours has and no recorded element has."""
    for path in sorted(ours.count):
        if path in recorded.count:
            for fact in sorted(ours.seen(path) - recorded.seen(path)):
                yield f"{path}/{fact}"


def differing(recorded: Shape, ours: Shape) -> Iterator[str]:
    """Where both have the same member, but in another form, order or place."""
    yield from _values(recorded, ours)
    for path, patterns in sorted(ours.hrefs.items()):
        for pattern in sorted(patterns - recorded.hrefs[path]) if path in recorded.hrefs else ():
            yield f"href of {path}: {pattern}, recorded {sorted(recorded.hrefs[path])}"
    for path, forms in sorted(ours.empties.items()):
        if recorded.empties.get(path) and not forms <= recorded.empties[path]:
            yield f"empty form of {path}: closed={sorted(forms)}, recorded closed={sorted(recorded.empties[path])}"
    for path, pairs in sorted(ours.orders.items()):
        known = recorded.orders.get(path, set())
        for one, other in sorted(pairs):
            if (other, one) in known and (one, other) not in known:
                yield f"order in {path or '/'}: {one} before {other}"


def _values(recorded: Shape, ours: Shape) -> Iterator[str]:
    for path, classes in sorted(ours.values.items()):
        known = recorded.values.get(path)
        if not known or path.rsplit("/", 1)[-1] in FREE:
            continue
        allowed = known.union(*(_COVERS.get(one, set()) for one in known))
        if not classes <= allowed:
            yield f"value of {path}: {sorted(classes - allowed)}, recorded {sorted(known)}"
