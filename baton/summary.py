"""Draws the matrix and the state of Baton for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rich.table import Table

from connector.domain.rules import Rules
from connector.domain.value import ValueTable
from connector.reports.health import health
from connector.reports.matrix import CellRow, MatrixReport, matrix_report
from connector.store import values
from connector.sync.engine import Engine
from mappings.currencies import to_major
from mappings.records import Money


@dataclass(frozen=True, slots=True)
class MatrixTable:
    """The matrix of one moment, for machines and for people."""

    report: MatrixReport
    rules: Rules
    locale: str

    def as_json(self) -> dict[str, Any]:
        """The documented shape of `baton value --json`."""
        return self.report.as_json()

    def rendered(self) -> Table:
        """The grid: leads now, wins of accounts, conversion, value of one lead."""
        state = "published" if self.report.published_at else "draft"
        made = Table(
            title=f"Buyer matrix · value table {self.report.version} ({state}) · one lead in {self.report.currency}",
            title_justify="left",
            header_style="bold",
            show_lines=True,
        )
        made.add_column("")
        for stage in self.report.stages:
            made.add_column(self.rules.matrix.label(stage, self.locale), justify="right")
        cells = {row.cell: row for row in self.report.rows}
        for persona in self.report.personas:
            mine = [cells[f"{persona}/{stage}"] for stage in self.report.stages]
            if persona != "unknown" or any(row.leads_now for row in mine):
                made.add_row(self.rules.matrix.label(persona, self.locale), *map(_cell, mine))
        made.caption = f"* assumed until measured · {self.report.unplaced} leads stand in no column yet"
        made.caption_justify = "left"
        return made


def _cell(row: CellRow) -> str:
    star = "*" if row.assumed else ""
    value = f"[bold green]{amount(row.value)}{star}[/bold green]" if row.value else "–"
    return f"{row.leads_now} leads\n{row.wins} of {row.units} won\n{percent(row.rate)}{star}\n{value}"


def percent(rate: str) -> str:
    """A rate with one decimal."""
    return f"{float(Fraction(rate)) * 100:.1f} %" if rate else "–"


def amount(money: Money | None) -> str:
    """Whole units with thousands apart."""
    return f"{to_major(money):,.0f} {money.currency}" if money else "–"


def matrix_table(engine: Engine, draft: ValueTable | None = None) -> MatrixTable:
    """The matrix under the published table, or under a draft."""
    with engine.store.read() as tx:
        rules = engine.rules(tx)
        table = draft or rules.values
        stored = values.value_table(tx, table.version) if table.version else None
        published = stored.published_at if stored else None
        report = matrix_report(tx, rules, table, published_at=published)
    return MatrixTable(report, rules, engine.locale)


def status_document(engine: Engine) -> dict[str, Any]:
    """How Baton fares."""
    with engine.store.read() as tx:
        return health(tx, engine.now())
