"""History as the estimator sees it: units that entered a cell, how old they are, whether they were won, for how much.

And what in a history should make an admin doubt it. Pure; the store assembles it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction

from connector.domain.facts import Message
from connector.domain.matrix import UNKNOWN
from connector.domain.money import convert
from connector.domain.value import ValueConfig
from mappings.records import Money


@dataclass(frozen=True, slots=True)
class UnitHistory:
    """One unit (account x buying cycle; a lead without an account is its own) in one cell that it entered."""

    unit_id: str
    persona: str
    stage: str
    entered_at: datetime
    won_at: datetime | None = None
    lost_at: datetime | None = None
    amount: Money | None = None
    connection: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A unit as it counts: days since entry, days from entry to the win where there was one."""

    unit: UnitHistory
    age: float
    delay: float | None


def first_entries(history: Iterable[UnitHistory], config: ValueConfig, as_of: datetime) -> list[Seen]:
    """Each unit once per cell, by its first entry, as it looked at `as_of`; those before the recording began left out."""
    starts = {name: datetime.combine(day, time(), UTC) for name, day in config.recording_start.items()}
    anywhere = max(starts.values(), default=None)
    first: dict[tuple[str, str, str], UnitHistory] = {}
    for unit in sorted(history, key=lambda u: (u.entered_at, u.unit_id)):
        start = starts.get(unit.connection) if unit.connection else anywhere
        if unit.entered_at <= as_of and not (start and unit.entered_at < start):
            first.setdefault((unit.unit_id, unit.persona, unit.stage), unit)
    return [_seen(unit, as_of) for unit in first.values()]


def _seen(unit: UnitHistory, as_of: datetime) -> Seen:
    won = unit.won_at if unit.won_at and unit.won_at <= as_of else None
    delay = max(0.0, _days(won - unit.entered_at)) if won else None
    return Seen(unit, _days(as_of - unit.entered_at), delay)


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)


def won_units(units: Iterable[Seen], config: ValueConfig) -> Iterator[tuple[Seen, int]]:
    """Won units with their amount in minor units of the reporting currency, where it can be converted."""
    rates = config.rates()
    for seen in units:
        amount, won_at = seen.unit.amount, seen.unit.won_at
        if (
            seen.delay is None
            or seen.delay > config.horizon(seen.unit.persona)
            or amount is None
            or not won_at
        ):
            continue
        converted = convert(amount, config.reporting_currency, rates, on=won_at.date())
        if converted is not None:
            yield seen, converted.minor


def price_notes(
    units: Sequence[Seen], sums: Mapping[str, tuple[int, int]], config: ValueConfig
) -> Iterator[Message]:
    """A row whose price depends strongly on the column is two kinds of customer."""
    by_cell: dict[tuple[str, str], list[int]] = defaultdict(list)
    for seen, minor in won_units(units, config):
        by_cell[seen.unit.persona, seen.unit.stage].append(minor)
    for (row, stage), amounts in sorted(by_cell.items()):
        total, number = sums[row]
        ratio = Fraction(sum(amounts) * number, len(amounts) * total) if total else Fraction(1)
        if len(amounts) >= config.minimum_wins and not Fraction(2, 3) <= ratio <= Fraction(3, 2):
            yield Message(
                "value.price_by_stage", {"persona_id": row, "stage_id": stage, "percent": int(ratio * 100)}
            )


def leak_notes(units: Sequence[Seen]) -> Iterator[Message]:
    """A persona that is known mainly for won accounts was filled in because they were won: it predicts nothing."""
    won = [u for u in units if u.delay is not None]
    rest = [u for u in units if u.delay is None]
    if len(won) < _ENOUGH or len(rest) < _ENOUGH:
        return
    known_won, known_rest = (
        sum(u.unit.persona != UNKNOWN for u in group) / len(group) for group in (won, rest)
    )
    if known_won - known_rest > _LEAK:
        yield Message("value.leak", {"won": round(known_won * 100), "rest": round(known_rest * 100)})


_ENOUGH, _LEAK = 30, 0.3
