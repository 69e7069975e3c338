"""The buyer matrix: which row (persona) a lead belongs to, and what its rows, columns and cells demand.

Places by static facts only; evidence and stages are judged in stage.py. Knows no system and no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import takewhile

from connector.domain.conditions import Check, Facts, Finding
from connector.domain.decision import PersonaVerdict
from connector.domain.document import text_in
from connector.domain.facts import Known
from connector.domain.matrix_config import NO_STAGE, UNKNOWN, MatrixConfig, check_matrix
from connector.domain.money import Rates, compile_rates
from connector.domain.predicates import compile_condition
from connector.domain.roles import compile_titles
from connector.errors import ConfigError

__all__ = [
    "NO_STAGE",
    "UNKNOWN",
    "Matrix",
    "MatrixConfig",
    "cell_of",
    "check_matrix",
    "compile_matrix",
    "place_persona",
    "role_of",
]

_EXACT = Decimal(0)
_OWN_LABELS: dict[str, Mapping[str, str]] = {
    UNKNOWN: {"en": "Unknown", "zh_CN": "未知"},
    NO_STAGE: {"en": "No stage yet", "zh_CN": "尚无阶段"},
}


@dataclass(frozen=True, slots=True)
class Row:
    """A compiled row. `names` are the ids it answers to: its own, then its group's."""

    id: str
    names: tuple[str, ...]
    check: Check
    windows: Mapping[str, timedelta]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The matrix document, compiled. `stages` are marketing's columns in order, `sales_stages` those behind them."""

    rows: tuple[Row, ...]
    stages: tuple[str, ...]
    sales_stages: tuple[str, ...]
    minimum_roles: Mapping[str, str]
    labels: Mapping[str, Mapping[str, str]]
    share: Decimal
    stands: timedelta
    rates: Rates
    own_currencies: frozenset[str]
    title_role: Callable[[str], str]
    default_windows: Mapping[str, timedelta]
    by_id: Mapping[str, Row]

    @property
    def personas(self) -> tuple[str, ...]:
        """Row ids in order, `unknown` last."""
        return (*(row.id for row in self.rows), UNKNOWN)

    @property
    def cells(self) -> tuple[str, ...]:
        """Every cell, rows first; `none` is no column."""
        return tuple(cell_of(persona, stage) for persona in self.personas for stage in self.stages)

    def row(self, persona: str) -> Row | None:
        """The row of that id; None for `unknown`."""
        return self.by_id.get(persona)

    def names(self, persona: str) -> tuple[str, ...]:
        """The ids by which other documents may mean this row, its own first."""
        row = self.row(persona)
        return row.names if row else (UNKNOWN,)

    def window(self, persona: str, stage: str) -> timedelta:
        """How long evidence for that column counts in that row."""
        row = self.row(persona)
        own = row.windows.get(stage) if row else None
        return own if own is not None else self.default_windows[stage]

    def minimum_role(self, cell: str) -> str | None:
        """The least role with which a lead of this cell may be handed off; None where the cell asks for none."""
        return self.minimum_roles.get(cell)

    def label(self, name: str, locale: str) -> str:
        """A row's or column's name for people; the id itself where nothing of that id exists."""
        texts = self.labels.get(name)
        return text_in(texts, locale) if texts else name


def cell_of(persona: str, stage: str) -> str:
    """The cell as it is written everywhere: `mid-market/solution-research`."""
    return f"{persona}/{stage}"


def compile_matrix(config: MatrixConfig) -> Matrix:
    """The matrix ready to place leads. Raises ConfigError with every problem that check_matrix finds."""
    if problems := check_matrix(config):
        raise ConfigError([f"matrix: {problem}" for problem in problems])
    bands = {band.id: band for band in config.bands}
    rows = tuple(
        Row(r.id, (r.id, r.group or r.id), compile_condition(r.when, bands), _spans(r.windows))
        for r in config.rows
    )
    return Matrix(
        rows=rows,
        stages=config.marketing_stages(),
        sales_stages=tuple(stage.id for stage in config.stages if stage.owner == "sales"),
        minimum_roles={c: str(needs.minimum_role) for c, needs in config.cells.items() if needs.minimum_role},
        labels=_OWN_LABELS
        | {row.id: row.label for row in config.rows}
        | {stage.id: stage.label for stage in config.stages},
        share=config.tolerance.share,
        stands=timedelta(days=config.tolerance.days),
        rates=compile_rates(config.rates),
        own_currencies=config.currencies(),
        title_role=compile_titles(config.titles),
        default_windows=_spans(config.windows),
        by_id={row.id: row for row in rows},
    )


def _spans(days: Mapping[str, int]) -> Mapping[str, timedelta]:
    return {stage: timedelta(days=count) for stage, count in days.items()}


def role_of(matrix: Matrix, title: str) -> str:
    """The role that a title speaks of: decision-maker, influencer, user, student or unknown."""
    return matrix.title_role(title)


def place_persona(matrix: Matrix, known: Known, now: datetime) -> tuple[PersonaVerdict, datetime | None]:
    """The lead's row, and the instant at which it can change without new facts (None: never).

    A row set by hand wins; the computed one stays beside it. Near a band's limit the previous row is kept until the
    number lies beyond the tolerance or the new side has stood for its days.
    """
    facts = Facts(known.person, known.account.account, matrix.rates, now.date())
    rate_day = _next_rate(matrix, facts)
    row, fallback = _match(matrix, facts)
    hand_set = known.persona_set if known.persona_set and known.persona_set.value in matrix.personas else None
    if hand_set:
        return PersonaVerdict(hand_set.value, row, fallback, hand_set=hand_set), rate_day
    held = _held(matrix, facts, known.memory.persona, against=row)
    if held is None:
        return PersonaVerdict(row, row, fallback), rate_day
    memory = known.memory
    stood = memory.persona_differs_since if memory.persona_candidate == row else None
    since = now if stood is None else stood
    turns = since + matrix.stands
    if turns <= now:
        return PersonaVerdict(row, row, fallback), rate_day
    kept = PersonaVerdict(memory.persona, memory.persona, held.fallback, candidate=row, differs_since=since)
    return kept, min(turns, rate_day) if rate_day else turns


def _match(matrix: Matrix, facts: Facts) -> tuple[str, str]:
    """The first row that holds, and the fallback fact that decided: of that row, else of a row passed over for it."""
    passed_over = ""
    for row in matrix.rows:
        finding = row.check(facts, _EXACT)
        if finding.holds:
            return row.id, finding.fallback or passed_over
        passed_over = passed_over or finding.fallback
    return UNKNOWN, ""


def _held(matrix: Matrix, facts: Facts, persona: str, *, against: str) -> Finding | None:
    """How the previous row could still hold within the tolerance; None where it could not, or is the same row."""
    previous = matrix.row(persona)
    if previous is None or persona == against:
        return None
    earlier = takewhile(lambda row: row is not previous, matrix.rows)
    if any(row.check(facts, -matrix.share).holds for row in earlier):
        return None
    still = previous.check(facts, matrix.share)
    return still if still.holds else None


def _next_rate(matrix: Matrix, facts: Facts) -> datetime | None:
    """When another exchange rate could move an amount over a limit."""
    revenue = facts.account.revenue if facts.account else None
    if revenue is None or revenue.currency in matrix.own_currencies:
        return None
    day: date | None = facts.rates.next_change([*facts.rates.table], facts.on)
    return datetime.combine(day, time(), UTC) if day else None
