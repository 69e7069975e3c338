"""Draws the matrix and the state of Baton for the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rich.table import Table

from connector.domain.facts import Message
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
    engine: Engine

    def as_json(self) -> dict[str, Any]:
        """The documented shape of `baton value --json`."""
        return self.report.as_json()

    def rendered(self) -> Table:
        """The grid: leads now, wins of accounts, conversion, value of one lead."""
        locale = self.engine.locale
        state = self._say("matrix.published" if self.report.published_at else "matrix.draft")
        title: dict[str, str | int] = {
            "version": self.report.version,
            "state": state,
            "currency": self.report.currency,
        }
        made = Table(
            title=self._say("matrix.title", title),
            title_justify="left",
            header_style="bold",
            show_lines=True,
        )
        made.add_column("")
        for stage in self.report.stages:
            made.add_column(self.rules.matrix.label(stage, locale), justify="right")
        cells = {row.cell: row for row in self.report.rows}
        for persona in self.report.personas:
            mine = [cells[f"{persona}/{stage}"] for stage in self.report.stages]
            if persona != "unknown" or any(row.leads_now for row in mine):
                made.add_row(self.rules.matrix.label(persona, locale), *map(self._cell, mine))
        made.caption = "\n".join(self._captions())
        made.caption_justify = "left"
        return made

    def _captions(self) -> Iterator[str]:
        yield self._say("matrix.caption", {"count": self.report.unplaced})
        found = self.report.backtest
        if found:
            params: dict[str, str | int] = {"leads": found.leads, "predicted": found.predicted}
            days = {"until": found.until.isoformat(), "cut_off": found.cut_off.isoformat()}
            yield self._say("value.backtest", {**params, **days, "actual": found.actual})

    def _say(self, message: str, params: Mapping[str, str | int] | None = None) -> str:
        return self.engine.render(Message(message, params or {}), self.engine.locale)

    def _cell(self, row: CellRow) -> str:
        star = "*" if row.assumed else ""
        value = f"[bold green]{amount(row.value)}{star}[/bold green]" if row.value else "–"
        leads = self._say("matrix.leads", {"count": row.leads_now})
        won = self._say("matrix.won", {"wins": row.wins, "units": row.units})
        return f"{leads}\n{won}\n{percent(row.rate)}{star}\n{value}"


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
    return MatrixTable(report, rules, engine)


def status_document(engine: Engine) -> dict[str, Any]:
    """How Baton fares."""
    with engine.store.read() as tx:
        return health(tx, engine.now())
