"""The value table after a day's changes: `python -m benchmarks.value [--leads N]`.

Fills a database with N leads, their accounts, cells and orders; counts and estimates everything; then lets 1 % of the
leads be decided again, with orders among them, and counts and estimates what changed. Both give the same table. Ends with
1 when the second costs more than a quarter of the first's CPU.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks import running
from connector.domain.backtest import standing
from connector.domain.estimate import estimate
from connector.domain.value import ValueConfig, ValueTable
from connector.store import tables, value_units
from connector.store.engine import Store, Tx
from connector.store.migrations import upgrade
from connector.store.writes import chunks, run_many
from connector.sync.values import entries

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
NOW = BEGIN + timedelta(days=700)
TODAY: date = NOW.date()
PROMISE = 0.25
ROWS, STAGES = (
    ("small", "mid-market", "enterprise"),
    ("problem-education", "solution-research", "solution-selection"),
)
READ = partial(entries, zone=ZoneInfo("Asia/Shanghai"))


def fill(store: Store, count: int) -> None:
    """Three leads to an account, two cells each, an order for every eighth account."""
    random = Random(1)
    with store.begin() as tx:
        _put(tx, tables.account, ({"id": f"a{n}", "created_at": BEGIN} for n in range(count // 3 + 1)))
        leads = ({"id": f"l{n}", "created_at": BEGIN, "account_id": f"a{n // 3}"} for n in range(count))
        _put(tx, tables.lead, leads)
        _put(
            tx,
            tables.lead_state,
            ({"lead_id": f"l{n}", "versions": {}, "updated_at": BEGIN} for n in range(count)),
        )
        _put(tx, tables.cell_entry, (row for n in range(count) for row in _entries(random, n)))
        _put(tx, tables.opportunity_link, (_deal(random, n) for n in range(0, count // 3, 4)))


def _put(tx: Tx, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    for chunk in chunks(rows, 5_000):
        run_many(tx, table.insert(), chunk)


def _entries(random: Random, number: int) -> Iterator[dict[str, Any]]:
    at = BEGIN + timedelta(days=random.random() * 690)
    for stage in STAGES[:2]:
        persona = ROWS[number // 3 % 3]
        yield {
            "lead_id": f"l{number}", "unit": f"a{number // 3}", "cycle": 1, "persona": persona, "stage": stage,
            "cell": f"{persona}/{stage}", "entered_at": at, "left_at": at + timedelta(days=3), "evidence_ids": [],
            "versions": {}, "learned_at": at,
        }  # fmt: skip
        at += timedelta(days=3)


def _deal(random: Random, number: int) -> dict[str, Any]:
    won = NOW - timedelta(days=random.random() * 100) if number % 8 == 0 else None
    return {
        "connection": "crm", "object": "Opportunity", "remote_id": f"{number}", "account_id": f"a{number}",
        "created_at": NOW - timedelta(days=110), "won_at": won, "amount_minor": 4_000_000, "amount_currency": "CNY",
        "learned_at": BEGIN,
    }  # fmt: skip


def touch(store: Store, count: int) -> None:
    """One lead in a hundred is decided again; a tenth of their accounts win."""
    states, deals = tables.lead_state, tables.opportunity_link
    with store.begin() as tx:
        for number in range(0, count, 100):
            mine = states.c.lead_id == f"l{number}"
            tx.execute(states.update().where(mine).values(updated_at=NOW))
            if number % 1000 == 0:
                account = deals.c.account_id == f"a{number // 3}"
                tx.execute(deals.update().where(account).values(won_at=NOW))


def table_after(store: Store, *, anew: bool) -> ValueTable:
    """Count, tally, estimate, and test on the last matured cohort, as the nightly draft does."""
    config = ValueConfig()
    with store.begin() as tx:
        if anew:
            value_units.count_all(tx, READ)
        else:
            value_units.count_changed(tx, READ, since=NOW)
        seen = value_units.read_tally(tx, TODAY)
    standing(seen, config)
    return estimate(seen, config)


def main() -> None:
    """Measure both, compare, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=60_000)
    asked = parser.parse_args()
    with running.folder() as at:
        url = f"sqlite:///{Path(at) / 'baton.db'}"
        upgrade(url)
        store = Store(url)
        fill(store, asked.leads)
        _, whole, _ = running.measured(lambda: table_after(store, anew=True))
        touch(store, asked.leads)
        table, part, _ = running.measured(lambda: table_after(store, anew=False))
        same = table == table_after(store, anew=True)
        store.close()
    print(
        f"value table of {asked.leads:,} leads: everything {whole:.2f} s CPU; after 1 % changed {part:.2f} s;"
        f" ratio {part / whole:.3f} (promise {PROMISE}); {'the same table' if same else 'ANOTHER TABLE'};"
        f" {running.setting()}"
    )
    if part > PROMISE * whole or not same:
        sys.exit(1)


if __name__ == "__main__":
    main()
