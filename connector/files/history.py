"""A firm's history of leads from a table: columns lead_id, account_id, persona, stage, entered_at, won_at, lost_at, amount,
currency. One row is one lead in one cell.

A row that contradicts itself or another is left out with its number and reason; every other row counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

from connector.domain.facts import Message
from connector.domain.matrix import UNKNOWN
from connector.domain.unit_history import Cell, UnitHistory
from connector.errors import ConfigError
from connector.files.cells import CellError, amount_of, day_of, text_of
from connector.files.sheets import CellValue, Row, read_rows
from mappings.records import Money

NEEDED = ("lead_id", "persona", "stage", "entered_at", "won_at")
OPTIONAL = ("account_id", "lost_at", "amount", "currency")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is left out; `row` None: of the whole file."""

    row: int | None
    why: Message


@dataclass(slots=True)
class Entry:
    """One row that can be read: a lead in a cell."""

    row: int
    lead: str
    account: str
    cell: Cell
    entered: date
    won: date | None
    lost: date | None
    amount: Money | None


@dataclass(slots=True)
class FileHistory:
    """What a file says, once it is read."""

    rows: int = 0
    entries: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def currencies(self) -> list[str]:
        """The currencies that won amounts are in, the most frequent first."""
        found: dict[str, int] = {}
        for entry in self.entries:
            if entry.won and entry.amount:
                found[entry.amount.currency] = found.get(entry.amount.currency, 0) + 1
        return sorted(found, key=lambda code: (-found[code], code))

    @property
    def last_day(self) -> date | None:
        """The latest day that any row tells of."""
        days = (d for e in self.entries for d in (e.entered, e.won, e.lost) if d)
        return max(days, default=None)

    def units(self) -> Iterator[UnitHistory]:
        """The rows as units: an account's leads are one, a lead without an account is its own, and what enters after a
        close is another buying cycle."""
        ordered = sorted(self.entries, key=lambda one: (_unit_key(one), one.entered, one.row))
        for (kind, name), entries in groupby(ordered, key=_unit_key):
            for number, cycle in enumerate(_cycles(entries)):
                yield from _unit(f"{kind}:{name}/{number}", cycle)


def _unit_key(entry: Entry) -> tuple[str, str]:
    return ("account", entry.account) if entry.account else ("lead", entry.lead)


def read_history(path: Path, *, encoding: str = "", order: str = "") -> FileHistory:
    """The history in a file. Raises ConfigError for one that is no table, or lacks a needed column."""
    rows = read_rows(path, encoding)
    header = next(rows, None)
    if header is None:
        raise ConfigError([f"{path}: is empty; it needs the columns {', '.join((*NEEDED, *OPTIONAL))}"])
    columns = _columns(path, header)
    history, cells = FileHistory(), _Cells()
    lacking = [name for name in OPTIONAL if name not in columns]
    history.faults += [Fault(None, Message("row.column_missing", {"column": name})) for name in lacking]
    for row in rows:
        history.rows += 1
        try:
            history.entries.append(_entry(row, columns, len(header.cells), order=order, known=cells))
        except CellError as exc:
            history.faults.append(Fault(row.number, exc.message))
    _settle_repeats(history)
    history.faults.sort(key=lambda fault: fault.row or 0)
    return history


def _columns(path: Path, header: Row) -> dict[str, int]:
    names = [text_of(cell).strip("\ufeff").casefold().replace(" ", "_") for cell in header.cells]
    missing = [name for name in NEEDED if name not in names]
    twice = sorted({name for name in names if name in (*NEEDED, *OPTIONAL) and names.count(name) > 1})
    if missing or twice:
        problems = [f"{path}: the column {name} is missing" for name in missing]
        problems += [f"{path}: the column {name} is there twice" for name in twice]
        wanted = ", ".join((*NEEDED, *OPTIONAL))
        raise ConfigError([*problems, f"{path}: the first row must name the columns: {wanted}"])
    return {name: names.index(name) for name in (*NEEDED, *OPTIONAL) if name in names}


class _Cells(dict[Cell, Cell]):
    """Each cell of the matrix once, for a hundred thousand rows that name it."""

    def __missing__(self, cell: Cell) -> Cell:
        return self.setdefault(cell, cell)


def _entry(row: Row, columns: dict[str, int], width: int, *, order: str, known: _Cells) -> Entry:
    if any(text_of(cell) for cell in row.cells[width:]):
        raise CellError(Message("row.too_many_cells"))

    def cell(name: str) -> CellValue:
        place = columns.get(name, len(row.cells))
        return row.cells[place] if place < len(row.cells) else None

    lead, stage = text_of(cell("lead_id")), text_of(cell("stage"))
    for name, text in (("lead_id", lead), ("stage", stage), ("entered_at", text_of(cell("entered_at")))):
        if not text:
            raise CellError(Message("row.blank", {"column": name}))
    entered = day_of(cell("entered_at"), "entered_at", order=order)
    won = day_of(cell("won_at"), "won_at", order=order)
    lost = day_of(cell("lost_at"), "lost_at", order=order)
    _check_order(entered, won, lost)
    persona = text_of(cell("persona")) or UNKNOWN
    return Entry(
        row=row.number,
        lead=lead,
        account=text_of(cell("account_id")),
        cell=known[persona, stage],
        entered=entered.date() if entered else date.min,
        won=won.date() if won else None,
        lost=lost.date() if lost else None,
        amount=amount_of(cell("amount"), cell("currency")),
    )


def _check_order(entered: datetime | None, won: datetime | None, lost: datetime | None) -> None:
    if won and lost:
        raise CellError(Message("row.won_and_lost"))
    for name, closed in (("won", won), ("lost", lost)):
        if closed and entered and _before(closed, entered):
            days = {"entered": entered.date().isoformat(), "closed": closed.date().isoformat()}
            raise CellError(Message(f"row.{name}_before_entry", days))


def _before(closed: datetime, entered: datetime) -> bool:
    """By the day where one of them states no time: midnight stands for a day without one."""
    if closed.time() == entered.time().min or entered.time() == entered.time().min:
        return closed.date() < entered.date()
    return closed < entered


def _settle_repeats(history: FileHistory) -> None:
    """The same lead twice in one cell: a re-entry keeps the first entry; two rows that contradict each other are both
    left out, since nobody knows which of them is true."""
    history.entries.sort(key=lambda one: (one.lead, one.cell, one.entered, one.row))
    left_out: set[int] = set()
    for _, group in groupby(history.entries, key=lambda one: (one.lead, one.cell)):
        rows = list(group)
        if len(rows) == 1:
            continue
        contrary = _contrary(rows)
        for entry in rows if contrary else rows[1:]:
            other = rows[0].row if entry is not rows[0] else rows[1].row
            why = Message("row.contradicts" if contrary else "row.again", {"row": other, "lead": entry.lead})
            history.faults.append(Fault(entry.row, why))
            left_out.add(entry.row)
        if not contrary:
            _fill_in(rows)
    history.entries = [entry for entry in history.entries if entry.row not in left_out]


def _contrary(rows: Sequence[Entry]) -> bool:
    accounts = {one.account for one in rows if one.account}
    outcomes = {(one.won, one.lost) for one in rows if one.won or one.lost}
    amounts = {one.amount for one in rows if one.amount}
    return max(len(accounts), len(outcomes), len(amounts)) > 1


def _fill_in(rows: Sequence[Entry]) -> None:
    """What only a later row of the same lead tells."""
    first = rows[0]
    for other in rows[1:]:
        first.won, first.lost = first.won or other.won, first.lost or other.lost
        first.account, first.amount = first.account or other.account, first.amount or other.amount


def _cycles(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """A unit's rows, ordered by entry, by buying cycle: one ends with its first win, or when all of its leads are
    lost."""
    current: list[Entry] = []
    for entry in entries:
        closed = _closed(current)
        if closed and entry.entered > closed:
            yield current
            current = []
        current.append(entry)
    yield current


def _closed(cycle: Sequence[Entry]) -> date | None:
    won = [entry.won for entry in cycle if entry.won]
    lost = [entry.lost for entry in cycle if entry.lost]
    if won:
        return min(won)
    return max(lost) if lost and len(lost) == len(cycle) else None


def _unit(unit_id: str, cycle: Sequence[Entry]) -> Iterator[UnitHistory]:
    """One row per cell, by its first contact, with what became of the unit. The same order told on several rows is one."""
    won = min((entry.won for entry in cycle if entry.won), default=None)
    lost = None if won else _closed(cycle)
    orders = dict.fromkeys((entry.won, entry.amount) for entry in cycle if entry.won)
    amounts = tuple(amount for _, amount in orders if amount is not None)
    for cell in dict.fromkeys(entry.cell for entry in cycle):
        first = next(entry for entry in cycle if entry.cell == cell)
        yield UnitHistory(unit_id, *cell, first.entered, won, lost, amounts)
