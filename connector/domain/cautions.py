"""What in a history should make an admin doubt the figures drawn from it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction

from connector.domain.curves import Curve
from connector.domain.facts import Message
from connector.domain.matrix import UNKNOWN
from connector.domain.prices import Priced
from connector.domain.unit_history import Tally
from connector.domain.value import ValueConfig

ENOUGH = 30
"""Units on each side from which a difference in coverage is told."""
LEAK = 0.3
"""How much more often a row may be known for those with an outcome than for the others."""
EXPECTED = 5.0
"""Wins that should have been seen before the first one was: that none was by chance is then less likely than 1 in 100."""


def price_cautions(priced: Priced, config: ValueConfig) -> Iterator[Message]:
    """A row whose price depends strongly on the column is two kinds of customer; amounts that did not count."""
    by_cell: dict[tuple[str, str], list[int]] = defaultdict(list)
    for won, minor in priced.wins:
        by_cell[won.cell].append(minor)
    for (row, stage), amounts in sorted(by_cell.items()):
        total, number = priced.sums[row]
        ratio = Fraction(sum(amounts) * number, len(amounts) * total) if total else Fraction(1)
        if len(amounts) >= config.minimum_wins and not Fraction(2, 3) <= ratio <= Fraction(3, 2):
            yield Message(
                "value.price_by_stage", {"persona_id": row, "stage_id": stage, "percent": int(ratio * 100)}
            )
    for currency, count in sorted(priced.without_rate.items()):
        yield Message("value.no_rate", {"currency": currency, "count": count})
    if priced.without_amount:
        yield Message("value.no_amount", {"count": priced.without_amount})


def leak_cautions(seen: Tally) -> Iterator[Message]:
    """A persona that is known mainly for won accounts, or for closed ones, was filled in because of how they ended: it
    predicts nothing."""
    won = _known(Counter(one.cell for one in seen.wins))
    unwon, lost = (
        _known({cell: sum(days.values()) for cell, days in counts.items()})
        for counts in (seen.unwon, seen.lost)
    )
    if params := _apart(won, unwon):
        yield Message("value.leak", params)
    elif params := _apart((won[0] + lost[0], won[1] + lost[1]), (unwon[0] - lost[0], unwon[1] - lost[1])):
        yield Message("value.leak_closed", params)


def _apart(with_outcome: tuple[int, int], others: tuple[int, int]) -> dict[str, str | int | Message]:
    """Both coverages in percent, where they differ too much; else nothing."""
    if min(with_outcome[1], others[1]) < ENOUGH:
        return {}
    covered, other = with_outcome[0] / with_outcome[1], others[0] / others[1]
    return {"won": round(covered * 100), "rest": round(other * 100)} if covered - other > LEAK else {}


def _known(counts: Mapping[tuple[str, str], int]) -> tuple[int, int]:
    """Units whose row is known, and all of them."""
    return sum(n for (row, _), n in counts.items() if row != UNKNOWN), sum(counts.values())


def time_cautions(seen: Tally, share: Curve, config: ValueConfig) -> Iterator[Message]:
    """A history shorter than a row's horizon cannot show the late wins; one whose first win comes too late to be chance
    has a day on which the recording began, and nobody said which."""
    entries = Counter(won.entered_on for won in seen.wins)
    for days in seen.unwon.values():
        entries.update(days)
    if not entries or not seen.wins:
        return
    oldest = (seen.as_of - min(entries)).days
    for horizon in sorted({config.horizon(row) for row, _ in seen.cells()}):
        if oldest < horizon:
            yield Message("value.short_history", {"days": oldest, "horizon": horizon})
    if config.recorded_from is not None:
        return
    first = min(won.won_on for won in seen.wins)
    expected = sum(share((first - day).days - 1) * count for day, count in entries.items() if day < first)
    if expected >= EXPECTED:
        yield Message("value.late_first_win", {"day": first.isoformat(), "expected": int(expected)})
