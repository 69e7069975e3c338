"""Drafts of the value table beside the one in force: what publishing would change, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector.domain.decision import CashValue
from connector.domain.publishing import CellMove, Why, moves
from connector.domain.value import ValueTable
from connector.reports.matrix import backtest_document
from connector.store import values
from connector.store.engine import Tx
from mappings.currencies import money_document


def drafts(tx: Tx) -> list[dict[str, Any]]:
    """The documented shape of `baton value drafts --json`: the newest first."""
    return [
        {
            "version": one.version,
            "as_of": one.as_of.isoformat(),
            "cells": len(one.document["cells"]),
            "kappa": one.document["kappa"],
        }
        for one in values.drafts(tx)
    ]


def difference(published: ValueTable, draft: ValueTable, over_percent: int) -> dict[str, Any]:
    """The documented shape of `baton value diff --json`."""
    found = moves(published, draft, over_percent)
    return {
        "published_version": published.version,
        "draft_version": draft.version,
        "over_percent": over_percent,
        "changes": sum(move.why is not Why.KEPT for move in found),
        "cells": [_move(move) for move in found],
        "backtest": backtest_document(draft.backtest),
        "notes": [note.id for note in draft.notes],
    }


def published(version: int, cells: Sequence[str], leads: int) -> dict[str, Any]:
    """The documented shape of `baton value publish --json`."""
    return {"version": version, "cells": list(cells), "leads": leads}


def _move(move: CellMove) -> dict[str, Any]:
    return {
        "cell": move.cell,
        "why": move.why.value,
        "percent": f"{float(move.percent):.1f}" if move.percent is not None else None,
        "published": _value(move.before),
        "draft": _value(move.after),
    }


def _value(value: CashValue | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {
        "rate": value.rate,
        "low": value.low,
        "high": value.high,
        "price": money_document(value.price),
        "value": money_document(value.amount),
        "table_version": value.table_version,
    }
