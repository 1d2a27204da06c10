"""Small pictures (SVG): bars, rings and plots. Colours come from the style sheet by class."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

_WIDTH = 240
_HEIGHT = 60


def bar(part: float, whole: float, label: str) -> Markup:
    """How much of a whole is taken, as a bar; from nine tenths on it warns."""
    share = min(1.0, part / whole) if whole > 0 else 0.0
    level = "full" if share >= 0.9 else "high" if share >= 0.75 else "fine"
    return Markup(
        '<svg class="bar" viewBox="0 0 200 10" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="ground" width="200" height="10" rx="5"/>'
        '<rect class="{}" width="{:.1f}" height="10" rx="5"/></svg>'
    ).format(label, level, 200 * share)


def ring(parts: Sequence[tuple[str, int]], label: str) -> Markup:
    """Shares of a whole as a ring; each part is a class of the style sheet and a number."""
    whole = sum(number for _, number in parts)
    around = 2 * math.pi * 40
    drawn, begun = [], 0.0
    for name, number in parts:
        length = around * number / whole if whole else 0.0
        if length:
            drawn.append(
                Markup(
                    '<circle class="part {}" cx="50" cy="50" r="40" stroke-dasharray="{:.2f} {:.2f}" '
                    'stroke-dashoffset="{:.2f}"/>'
                ).format(name, length, around - length, -begun)
            )
        begun += length
    return Markup(
        '<svg class="ring" viewBox="0 0 100 100" role="img" aria-label="{}">'
        '<circle class="ground" cx="50" cy="50" r="40"/>{}<text x="50" y="50">{}</text></svg>'
    ).format(label, Markup("").join(drawn), whole)


def plot(values: Sequence[float], label: str, top: float = 0.0) -> Markup:
    """Values over time as a line; `top` is the scale's end (0: the largest value's)."""
    highest = top or max(values, default=0.0) or 1.0
    step = _WIDTH / max(1, len(values) - 1)
    points = " ".join(
        f"{place * step:.1f},{_HEIGHT - 2 - (_HEIGHT - 4) * min(1.0, value / highest):.1f}"
        for place, value in enumerate(values)
    )
    line = Markup('<polyline points="{}"/>').format(points) if len(values) > 1 else Markup("")
    area = (
        Markup('<polygon points="0,{h} {p} {w},{h}"/>').format(h=_HEIGHT, p=points, w=_WIDTH)
        if len(values) > 1
        else Markup("")
    )
    return Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        _WIDTH, _HEIGHT, escape(label), area, line
    )
