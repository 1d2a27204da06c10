"""Small pictures (SVG): bars, rings and plots. Colours come from the style sheet by class."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from deltaic.model.job import Job

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


def plot(points: Sequence[tuple[float, float]], label: str, top: float = 0.0) -> Markup:
    """Values over time (Unix seconds) as a line; `top` is the scale's end (0: the largest value's)."""
    highest = top or max((value for _, value in points), default=0.0) or 1.0
    begin = points[0][0] if points else 0.0
    length = (points[-1][0] - begin if points else 0.0) or 1.0
    places = " ".join(
        f"{_WIDTH * (at - begin) / length:.1f},{_HEIGHT - 2 - (_HEIGHT - 4) * min(1.0, max(0.0, value) / highest):.1f}"
        for at, value in points
    )
    drawn = Markup("")
    if len(points) > 1:
        drawn = Markup('<polygon points="0,{h} {p} {w},{h}"/><polyline points="{p}"/>').format(
            h=_HEIGHT, p=places, w=_WIDTH
        )
    return Markup(
        '<svg class="plot" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, _HEIGHT, label, drawn)


def progress(job: Job) -> Markup:
    """How far a job is; without a figure it only moves."""
    if not job.progress:
        return Markup('<progress aria-label="Under way"></progress>')
    return Markup('<progress max="100" value="{0}" aria-label="{0} % done">{0} %</progress>').format(job.progress)
