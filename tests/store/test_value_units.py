"""A tally kept day by day is the tally counted anew, whatever happened in between."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.facts import Memory
from connector.domain.unit_history import tally
from connector.store import accounts, decisions, links, value_units
from connector.store.decisions import CellEntry, LeadState
from connector.store.engine import Store, Tx
from connector.store.history import unit_histories
from connector.store.merging import merge_leads
from connector.sync.values import entries
from mappings.records import Money, Opportunity, RecordKey

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)
READ = partial(entries, zone=ZoneInfo("Asia/Shanghai"))
CELLS = (("small", "research"), ("small", "selection"), ("enterprise", "research"))


class Firm:
    """Leads and deals that come, move and go, as the steps of a round record it."""

    def __init__(self, tx: Tx, random: Random) -> None:
        self.tx, self.random, self.now = tx, random, BEGIN
        self.accounts, self.leads, self.deals = ["a1", "a2", "a3"], [], 0
        for name in self.accounts:
            accounts.new_account(tx, name, at=BEGIN)

    def act(self, kind: str) -> None:
        """One thing happens, and the leads that it concerns are decided."""
        self.now += DAY * self.random.random() * 3
        getattr(self, kind)()

    def arrive(self) -> None:
        lead = f"l{len(self.leads)}"
        links.new_lead(self.tx, lead, at=self.now, account_id=self.random.choice([*self.accounts, None]))
        self.leads.append(lead)
        self._enter(lead)

    def move(self) -> None:
        if self.leads:
            self._enter(self.random.choice(self.leads))

    def change_account(self) -> None:
        if self.leads:
            lead = self.random.choice(self.leads)
            links.set_account(self.tx, lead, account_id=self.random.choice(self.accounts))
            self._decided(lead)

    def merge(self) -> None:
        if len(self.leads) > 1:
            survivor, loser = self.random.sample(self.leads, 2)
            self.leads.remove(loser)
            merge_leads(self.tx, survivor, loser=loser, at=self.now)
            self._decided(survivor)

    def merge_accounts(self) -> None:
        if len(self.accounts) > 1:
            loser = self.accounts.pop()
            accounts.merge_accounts(self.tx, self.accounts[0], loser=loser)

    def deal(self) -> None:
        """A deal begins, or another (perhaps moved to another account) changes."""
        number = self.random.randrange(self.deals + 1)
        self.deals = max(self.deals, number + 1)
        closed, won = self.random.random() < 0.7, self.random.random() < 0.6
        deal = Opportunity(
            RecordKey("crm", "Opportunity", str(number)),
            amount=Money(self.random.randrange(1000), "CNY"),
            is_closed=closed,
            is_won=closed and won,
            created_at=self.now,
            closed_at=self.now if closed else None,
        )
        named = self.random.sample(self.leads, min(1, len(self.leads)))
        account = self.random.choice([*self.accounts, None])
        accounts.save_opportunity(self.tx, deal, account_id=account, lead_ids=named, learned_at=self.now)

    def drop(self) -> None:
        if self.deals:
            number = str(self.random.randrange(self.deals))
            accounts.drop_opportunities(self.tx, [RecordKey("crm", "Opportunity", number)])

    def _enter(self, lead: str) -> None:
        persona, stage = self.random.choice(CELLS)
        cell = f"{persona}/{stage}"
        entry = CellEntry(lead, lead, self.random.choice((1, 1, 2)), persona, stage, cell, self.now)
        decisions.enter_cell(self.tx, entry, at=self.now)
        self._decided(lead)

    def _decided(self, lead: str) -> None:
        decisions.save_state(self.tx, LeadState(lead, Memory()), at=self.now)


KINDS = ("arrive", "arrive", "move", "change_account", "merge", "merge_accounts", "deal", "deal", "drop")
DAYS = st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), min_size=3, max_size=9)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DAYS, st.integers(0, 10**6))
def test_counting_what_changed_is_counting_everything(
    empty_database: Path, tmp_path: Path, days: list[list[str]], seed: int
) -> None:
    path = tmp_path / "firm.db"
    shutil.copy(empty_database, path)
    store = Store(f"sqlite:///{path}")
    with store.begin() as tx:
        firm, counted = Firm(tx, Random(seed)), BEGIN
        value_units.count_all(tx, READ)
        for acts in (["arrive"] * 6, *days):
            for act in acts:
                firm.act(act)
            value_units.count_changed(tx, READ, since=counted)
            counted = firm.now
            for ahead in (0, 200):
                day = (firm.now + ahead * DAY).date()
                anew = tally((one for unit in unit_histories(tx) for one in READ(unit)), day)
                assert value_units.read_tally(tx, day) == anew
    store.close()


def test_a_quiet_day_reads_nothing(store: Store) -> None:
    with store.begin() as tx:
        firm = Firm(tx, Random(1))
        for _ in range(5):
            firm.act("arrive")
        assert value_units.count_all(tx, READ) == 5
        assert value_units.count_changed(tx, READ, since=firm.now + DAY) == 0
        firm.act("arrive")
        assert 0 < value_units.count_changed(tx, READ, since=firm.now) <= 2
