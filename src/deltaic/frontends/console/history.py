"""What instances were measured at while somebody looked: in memory, for the plots of their pages."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from typing import Final

from deltaic.model.metric import Measure, Metric

#: Points of one plot, seconds that they reach back, and seconds between two of them at least.
POINTS: Final = 240
REACH: Final = 900.0
APART: Final = 0.9
#: Instances that are remembered; the one that nobody looked at for longest is forgotten.
MOST: Final = 500

#: A time (Unix seconds) and a value.
Point = tuple[float, float]
Key = tuple[str, str]


class Histories:
    """Histories by who looks and at what: nobody sees what another one's login measured."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[Key, dict[Measure, deque[Point]]] = OrderedDict()

    def add(self, owner: str, instance_id: str, metrics: Iterable[Metric]) -> dict[Measure, Sequence[Point]]:
        """Remember figures of now; all that is known with them, by measure, oldest first."""
        key = (owner, instance_id)
        history = self._kept.setdefault(key, {})
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        for metric in metrics:
            points = history.setdefault(metric.name, deque(maxlen=POINTS))
            at = metric.time.timestamp()
            if not points or at - points[-1][0] >= APART:
                points.append((at, metric.value))
            while at - points[0][0] > REACH:
                points.popleft()
        return {measure: tuple(points) for measure, points in history.items()}
