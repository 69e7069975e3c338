"""Whether the documents fit each other: what policies and values name must exist in matrix and signals, and what they say
must be possible. One sentence per fault, with its path in the document that is at fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.domain.matrix_config import UNKNOWN, MatrixConfig
from connector.domain.policies import HandOffPoint, Mode, PoliciesConfig
from connector.domain.signals_config import SignalConfig, SignalsConfig, Strength
from connector.domain.targets import TargetsConfig
from connector.domain.value import ValueConfig

_POINTS: Mapping[Strength, int] = {Strength.STRONG: 2, Strength.SUPPORTING: 1, Strength.NEGATIVE: 0}


def check_policies(policies: PoliciesConfig, matrix: MatrixConfig, signals: SignalsConfig) -> list[str]:
    """Rows, columns, cells and signals that do not exist; points that nobody can reach; modes that nothing can follow; words
    that mean two things. Empty: usable."""
    return [
        *_points(policies, matrix, signals),
        *_modes(policies, matrix),
        *_pools(policies, matrix),
        *_double_words(policies),
    ]


def check_value(value: ValueConfig, matrix: MatrixConfig) -> list[str]:
    """Rows, columns and cells that do not exist. Empty: usable."""
    rows, columns = matrix.speakable(), matrix.marketing_stages()
    named = [("horizon_days", row) for row in value.horizon_days]
    named += [("assumed_prices", row) for row in value.assumed_prices]
    wrong = [f"{path}.{row}: {_NO_ROW}" for path, row in named if row not in rows]
    cells = [key for key in value.assumed_rates if key not in columns and not _is_cell(key, matrix)]
    return wrong + [f"assumed_rates.{key}: no such column or cell; write {_CELL}" for key in cells]


def check_targets(targets: TargetsConfig, value: ValueConfig) -> list[str]:
    """Targets in a currency without a rate could be held against nothing. Empty: usable."""
    known = {value.reporting_currency, *(entry.currency for entry in value.budget_rates)}
    if targets.currency is None or targets.currency in known:
        return []
    names = ", ".join(sorted(known))
    return [
        f"currency: no rate is known for {targets.currency}; use one of {names}, or add it to budget_rates of value.yaml"
    ]


def warn_targets(targets: TargetsConfig, policies: PoliciesConfig) -> list[str]:
    """Reasons that sales cannot give: nothing would ever be reversed for them."""
    known = {reason.id for reason in policies.reasons}
    named = enumerate(targets.invalid.reasons)
    return [f"invalid.reasons[{n}]: the policies have no reason {r!r}" for n, r in named if r not in known]


_CELL = "<column id> or <row id>/<column id>"
_NO_ROW = "no row and no group of the matrix has this id"


def _is_cell(key: str, matrix: MatrixConfig) -> bool:
    row, _, stage = key.partition("/")
    return row in matrix.speakable() and stage in matrix.marketing_stages()


def _points(policies: PoliciesConfig, matrix: MatrixConfig, signals: SignalsConfig) -> Iterator[str]:
    columns = tuple(stage.id for stage in matrix.stages)
    by_id = {signal.id: signal for signal in signals.signals}
    for name, point in policies.handoff.points.items():
        path = f"handoff.points.{name}"
        if name not in matrix.speakable():
            yield f"{path}: {_NO_ROW}"
        if point.stage not in columns:
            yield f"{path}.stage: {point.stage!r} is no column of the matrix"
            continue
        if point.next_stage and point.next_stage not in columns[columns.index(point.stage) + 1 :]:
            yield f"{path}.next_stage: {point.next_stage!r} is no column behind {point.stage!r}"
        yield from _inside(path, point, by_id)


def _inside(path: str, point: HandOffPoint, by_id: Mapping[str, SignalConfig]) -> Iterator[str]:
    for nth, name in enumerate(point.signals):
        if name not in by_id:
            yield f"{path}.signals[{nth}]: no signal {name!r}"
        elif _best(by_id[name]) == 0:
            yield f"{path}.signals[{nth}]: {name!r} is a negative signal: it speaks for no hand-off"
    most = sum(_best(signal) for signal in by_id.values() if signal.stage == point.stage)
    if point.points > most:
        yield f"{path}.points: all signals of {point.stage!r} together give {most} points at most"


def _best(signal: SignalConfig) -> int:
    return max(_POINTS[strength] for strength in (signal.strength, *signal.by_row.values()))


def _modes(policies: PoliciesConfig, matrix: MatrixConfig) -> Iterator[str]:
    for cell, mode in policies.handoff.modes.items():
        path = f"handoff.modes.{cell}"
        if not _is_cell(cell, matrix):
            yield f"{path}: no such cell; write <row id>/<column id>"
        elif mode in (Mode.AUTOMATIC, Mode.SUGGEST) and (why := _in_vain(cell, policies, matrix)):
            yield f"{path}: {mode.value} can never happen here: {why}"
    for cell in policies.handoff.shapes:
        if not _is_cell(cell, matrix):
            yield f"handoff.shapes.{cell}: no such cell; write <row id>/<column id>"


def _in_vain(cell: str, policies: PoliciesConfig, matrix: MatrixConfig) -> str:
    """Why Baton would never act by itself in any row that the cell means; empty where it would."""
    name, _, stage = cell.partition("/")
    if name == UNKNOWN:
        return "leads that no row matches are only handed off when a person asks"
    points = policies.handoff.points
    rows = [row for row in matrix.rows if name in (row.id, row.group)]
    found = [points.get(row.id, points.get(row.group or "")) for row in rows]
    columns = [one.id for one in matrix.stages]
    behind = [point for point in found if point and point.stage in columns]
    if not rows or any(columns.index(point.stage) <= columns.index(stage) for point in behind):
        return ""
    return "its hand-off point lies further on" if behind else "the row has no hand-off point"


def _pools(policies: PoliciesConfig, matrix: MatrixConfig) -> Iterator[str]:
    for key in policies.routing.pools:
        if key not in matrix.speakable() and not _is_cell(key, matrix):
            yield f"routing.pools.{key}: no such row or cell; write <row id> or <row id>/<column id>"


def _double_words(policies: PoliciesConfig) -> Iterator[str]:
    for nth, reason in enumerate(policies.reasons):
        for word in (*reason.label.values(), *reason.words):
            first = policies.reason(word)
            if first is not None and first.id != reason.id:
                yield f"reasons[{nth}]: {word!r} already means {first.id!r}"
    meanings: dict[str, str] = {}
    for answer, statuses in policies.status_words.items():
        for place, status in enumerate(statuses):
            before = meanings.setdefault(status.strip().casefold(), answer)
            if before != answer:
                yield f"status_words.{answer}[{place}]: {status!r} already means {before!r}"
