"""The graph of an instance's states as a picture (SVG), for people who open its address in a browser."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from deltaic.protocols.deltacloud.elements import Element, element, write
from deltaic.protocols.deltacloud.families.state import State

#: Where each state stands: the middle of its box. Others stand in a row below.
PLACES: Final[dict[str, tuple[int, int]]] = {
    "start": (80, 60),
    "pending": (300, 60),
    "running": (560, 60),
    "stopping": (560, 240),
    "stopped": (300, 240),
    "finish": (80, 240),
    "error": (440, 420),
}
_WIDTH: Final = 120
_HEIGHT: Final = 44
_CANVAS: Final = (700, 500)
_STYLE: Final = (
    "text{font:14px sans-serif;text-anchor:middle;dominant-baseline:middle;fill:#1c2733}"
    ".box{fill:#eef4fb;stroke:#2b6cb0;stroke-width:1.5}"
    ".way{fill:none;stroke:#4a5a6a;stroke-width:1.5;marker-end:url(#tip)}"
    ".auto{stroke-dasharray:5 4}"
    ".word{font-size:12px;fill:#2b6cb0;paint-order:stroke;stroke:#fff;stroke-width:4px}"
)

Point = tuple[float, float]


def draw(states: Sequence[State]) -> bytes:
    """The picture: what a client does with a line, what happens by itself dashed."""
    places = _places(states)
    width = max(_CANVAS[0], *(x + _WIDTH for x, _ in places.values()))
    ways = [part for state in states for part in _ways(state, places)]
    boxes = [part for state in states for part in _box(state.name, places[state.name])]
    picture = element(
        "svg",
        element("title", text="States of an instance"),
        element("style", text=_STYLE),
        element("defs", _tip()),
        *ways,
        *boxes,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {_CANVAS[1]}",
        role="img",
    )
    return write(picture)


def _places(states: Sequence[State]) -> dict[str, tuple[int, int]]:
    others = (state.name for state in states if state.name not in PLACES)
    row = {name: (80 + 160 * place, _CANVAS[1] - 30) for place, name in enumerate(others)}
    return {state.name: PLACES.get(state.name) or row[state.name] for state in states}


def _tip() -> Element:
    arrow = element("path", d="M0 0 10 5 0 10z", fill="#4a5a6a")
    return element(
        "marker", arrow, id="tip", viewBox="0 0 10 10", refX=9, refY=5, markerWidth=8, markerHeight=8, orient="auto"
    )


def _box(name: str, place: Point) -> tuple[Element, Element]:
    x, y = place
    box = element("rect", class_="box", x=x - _WIDTH / 2, y=y - _HEIGHT / 2, width=_WIDTH, height=_HEIGHT, rx=10)
    return box, element("text", text=name, x=x, y=y)


def _ways(state: State, places: dict[str, tuple[int, int]]) -> Iterator[Element]:
    for way in state.transitions:
        if way.to in places:
            line, middle = _loop(places[way.to]) if way.to == state.name else _arc(places[state.name], places[way.to])
            yield element("path", class_="way" if way.action else "way auto", d=line)
            yield element("text", class_="word", text=way.action or "auto", x=round(middle[0]), y=round(middle[1]))


def _loop(place: Point) -> tuple[str, Point]:
    """From the box's right side back to its top."""
    x, y = place[0] + _WIDTH / 2, place[1]
    return f"M{x} {y} C{x + 60} {y} {x + 60} {y - 60} {x - 20} {y - _HEIGHT / 2}", (x + 42, y - 30)


def _arc(start: Point, end: Point) -> tuple[str, Point]:
    """A curve bent to its left, so that the ways there and back do not cover each other."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy) or 1.0
    bend = (start[0] + dx / 2 + dy / length * 34, start[1] + dy / 2 - dx / length * 34)
    first, last = _edge(start, bend), _edge(end, bend)
    middle = ((first[0] + 2 * bend[0] + last[0]) / 4, (first[1] + 2 * bend[1] + last[1]) / 4)
    return f"M{_text(first)} Q{_text(bend)} {_text(last)}", middle


def _edge(centre: Point, towards: Point) -> Point:
    """Where a straight line from the middle of a box leaves it."""
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    scale = min(_WIDTH / 2 / abs(dx) if dx else math.inf, _HEIGHT / 2 / abs(dy) if dy else math.inf)
    return centre[0] + dx * scale, centre[1] + dy * scale


def _text(point: Point) -> str:
    return f"{point[0]:.0f} {point[1]:.0f}"
