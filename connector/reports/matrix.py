"""The buyer matrix as people look at it: how many leads stand in each cell, what became of those before them, what one is
worth. Questions asked of the store; rows out, no rendering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.domain.rules import Rules
from connector.domain.value import Backtest, ValueTable, value_of
from connector.store.decisions import standing
from connector.store.engine import Tx
from mappings.currencies import money_document
from mappings.records import Money


@dataclass(frozen=True, slots=True)
class CellRow:
    """One cell. `leads_now` stand there today; `wins` of `units` (matured `matured`) accounts that entered it were won;
    `assumed`: an admin's figure stands in for a measured one; `thin`: too little was seen to replace one. `table_version` is
    the table in which these figures were published."""

    cell: str
    persona: str
    stage: str
    leads_now: int
    units: int
    wins: int
    matured: str
    rate: str
    low: str
    high: str
    price: Money | None
    value: Money | None
    assumed: bool
    few: bool
    thin: bool
    table_version: int


@dataclass(frozen=True, slots=True)
class MatrixReport:
    """The whole matrix under one table of values. `unplaced` leads stand in no column yet."""

    version: int
    published_at: datetime | None
    currency: str
    rows: tuple[CellRow, ...]
    personas: tuple[str, ...]
    stages: tuple[str, ...]
    unplaced: int
    backtest: Backtest | None = None

    def as_json(self) -> dict[str, Any]:
        """The documented shape of `baton value --json`."""
        return {
            "version": self.version,
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "currency": self.currency,
            "cells": [_cell(row) for row in self.rows],
            "unplaced": self.unplaced,
            "backtest": backtest_document(self.backtest),
        }


def _cell(row: CellRow) -> dict[str, Any]:
    return {
        "cell": row.cell,
        "persona": row.persona,
        "stage": row.stage,
        "leads_now": row.leads_now,
        "units": row.units,
        "wins": row.wins,
        "matured": row.matured,
        "rate": row.rate,
        "low": row.low,
        "high": row.high,
        "price": money_document(row.price),
        "value": money_document(row.value),
        "assumed": row.assumed,
        "few": row.few,
        "thin": row.thin,
        "table_version": row.table_version,
    }


def backtest_document(found: Backtest | None) -> dict[str, Any] | None:
    """The last matured cohort, predicted beside actual, as `--json` prints it."""
    if found is None:
        return None
    return {
        "cut_off": found.cut_off.isoformat(),
        "until": found.until.isoformat(),
        "leads": found.leads,
        "predicted": found.predicted,
        "actual": found.actual,
        "ratio": found.ratio,
        "unseen": found.unseen,
    }


def matrix_report(
    tx: Tx, rules: Rules, table: ValueTable, *, published_at: datetime | None = None
) -> MatrixReport:
    """Every cell of the matrix in its order, rows first."""
    counts = standing(tx)
    rows = tuple(_row(cell, table, counts) for cell in rules.matrix.cells)
    placed = {row.cell for row in rows}
    return MatrixReport(
        version=table.version,
        published_at=published_at,
        currency=table.currency,
        rows=rows,
        personas=rules.matrix.personas,
        stages=rules.matrix.stages,
        unplaced=sum(count for cell, count in counts.items() if cell not in placed),
        backtest=table.backtest,
    )


def _row(cell: str, table: ValueTable, counts: Mapping[str, int]) -> CellRow:
    persona, _, stage = cell.partition("/")
    figures = table.cells.get(cell)
    value = value_of(table, cell)
    return CellRow(
        cell=cell,
        persona=persona,
        stage=stage,
        leads_now=counts.get(cell, 0),
        units=figures.leads if figures else 0,
        wins=figures.wins if figures else 0,
        matured=figures.matured if figures else "0",
        rate=figures.rate if figures else "",
        low=figures.low if figures else "",
        high=figures.high if figures else "",
        price=value.price if value else table.prices.get(persona),
        value=value.amount if value else None,
        assumed=figures.assumed if figures else True,
        few=figures.few if figures else True,
        thin=figures.thin if figures else True,
        table_version=(figures.table if figures else 0) or table.version,
    )
