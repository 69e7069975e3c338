"""Draws a period's value against its ideal line in characters: bars for what came, a line for what is due."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.ideal_line import DayPoint

HEIGHT, WIDTH = 8, 62
BAR, LINE, BOTH = "█", "─", "▒"


def picture(points: Sequence[DayPoint]) -> list[str]:
    """Rows of text from the top down, one column of characters per day, or for longer periods per several days."""
    shown = _thinned(points)
    top = max((max(point.ideal or 0, point.actual or 0) for point in shown), default=0)
    if top <= 0:
        return []
    wide = max(1, WIDTH // len(shown))
    columns = [_column(point, top) for point in shown]
    return ["".join(column[row] * wide for column in columns) for row in reversed(range(HEIGHT))]


def _thinned(points: Sequence[DayPoint]) -> Sequence[DayPoint]:
    """At most WIDTH of them, the last of each stretch, since values are added up along the way."""
    step = -(-len(points) // WIDTH) or 1
    return [points[min(index + step, len(points)) - 1] for index in range(0, len(points), step)]


def _column(point: DayPoint, top: int) -> str:
    """The characters of one column from the bottom up; anything above nought is seen."""
    bar = -(-max(point.actual or 0, 0) * HEIGHT // top)
    line = -(-point.ideal * HEIGHT // top) - 1 if point.ideal else -1
    signs = []
    for row in range(HEIGHT):
        filled, due = row < bar, row == line
        signs.append(BOTH if filled and due else BAR if filled else LINE if due else " ")
    return "".join(signs)
