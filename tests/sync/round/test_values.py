"""Drafts, publishing and what it writes: only leads in cells that moved, only who is not with sales, and hand-offs first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from connector.domain.unit_history import tally
from connector.domain.value import Rule, ValueConfig
from connector.store import configs, dirty, value_units, values
from connector.store.history import unit_histories
from connector.sync import values as valuing
from connector.sync.rulebook import read_table
from connector.sync.sections import default_text
from tests.sync.bench import Desk

CELL = "enterprise/solution-research"


def assume(desk: Desk, changes: str) -> None:
    """The value document says otherwise from now on; `changes` are lines of it."""
    keys = [line.partition(":")[0] for line in changes.splitlines()]
    kept = [line for line in default_text("value").splitlines() if line.partition(":")[0] not in keys]
    text = "\n".join([*kept, changes])
    with desk.engine.store.begin() as tx:
        configs.apply_config(tx, "value", document=text, at=desk.engine.now(), by="test")


def published(desk: Desk) -> int:
    with desk.engine.store.read() as tx:
        stored = values.published(tx)
    assert stored
    return stored.version


def test_publishing_writes_what_moved_and_leaves_what_sales_has(desk: Desk) -> None:
    waiting, held = desk.ripe(email="a@one.example"), desk.hot(email="b@two.example")
    desk.settle()
    assert desk.property(held, "baton_handoff_status") == "with_sales"
    cells = {desk.view(one)["cell"] for one in (waiting, held)}
    before = desk.property(waiting, "baton_value_now"), desk.property(held, "baton_value_now")
    assume(desk, "assumed_prices: {small: 80000, mid-market: 400000, enterprise: 1600000}")
    done = valuing.publish(desk.engine, valuing.draft(desk.engine).version, by="boss")
    assert done
    assert cells <= set(done.cells)
    desk.settle()
    assert desk.property(held, "baton_value_now") == before[1]
    assert desk.property(waiting, "baton_value_now") != before[0]
    assert f"{done.table.version}" in str(desk.property(waiting, "baton_value_explained"))


def test_a_table_in_which_nothing_moved_writes_nothing(desk: Desk) -> None:
    contact = desk.ripe()
    desk.settle()
    said = desk.property(contact, "baton_value_explained")
    first = published(desk)
    done = valuing.publish(desk.engine, valuing.draft(desk.engine).version, by="boss")
    assert done
    assert (done.cells, done.leads) == ((), 0)
    desk.writes(contact)
    desk.settle()
    assert desk.property(contact, "baton_value_explained") == said
    assert str(first) in str(said)


def test_a_click_does_not_wait_for_the_backfill(desk: Desk) -> None:
    contacts = [desk.ripe(email=f"p{n}@firm{n}.example") for n in range(3)]
    desk.settle()
    cell = desk.view(contacts[0])["cell"]
    now = desk.engine.now()
    with desk.engine.store.begin() as tx:
        dirty.mark_cells(tx, [cell], reason="value_published", at=now, pace=dirty.Pace(1), without=())
        ids = [desk.lead_of(one) for one in contacts]
        last = max(ids)
        dirty.mark(tx, [last], reason="request", at=now)
        assert last in [one.lead_id for one in dirty.due(tx, now, limit=9)]
        assert len(dirty.due(tx, now + timedelta(hours=1), limit=9)) == 3


def test_a_draft_older_than_the_table_in_force_is_not_published(desk: Desk) -> None:
    desk.round()
    old, new = valuing.draft(desk.engine), valuing.draft(desk.engine)
    assert valuing.publish(desk.engine, new.version, by="boss")
    assert valuing.publish(desk.engine, old.version, by="boss") is None
    assert valuing.publish(desk.engine, 99, by="boss") is None


def test_a_rule_publishes_the_first_night_of_a_month(desk: Desk) -> None:
    desk.round()
    assert valuing.publish_by_rule(desk.engine) is None, "nothing is published on demand of nobody"
    assume(desk, "publish: monthly")
    valuing.draft(desk.engine)
    assert valuing.publish_by_rule(desk.engine) is None
    desk.wait(days=32)
    valuing.draft(desk.engine)
    done = valuing.publish_by_rule(desk.engine)
    assert done
    with desk.engine.store.read() as tx:
        stored = values.published(tx)
    assert stored
    assert stored.published_by == "rule monthly"
    assert valuing.publish_by_rule(desk.engine) is None


def test_a_stored_table_says_what_the_estimate_said(desk: Desk) -> None:
    desk.round()
    table = valuing.draft(desk.engine)
    assert read_table(valuing.document(table), table.version) == table


def test_a_story_counted_day_by_day_is_the_story_counted_anew(desk: Desk) -> None:
    valuing.draft(desk.engine)
    contact = desk.hot()
    desk.round()
    valuing.draft(desk.engine)
    made = desk.rep_converts(desk.only_lead()["Id"])
    desk.wait(days=20)
    desk.rep_wins(made["opportunityId"], 1_200_000)
    desk.round()
    desk.writes(contact)
    desk.settle()
    kept = valuing.draft(desk.engine)
    assert kept.cells[CELL].wins == 1
    assert replace(valuing.draft(desk.engine, anew=True), version=kept.version) == kept
    day = desk.engine.now().astimezone(desk.engine.zone).date()
    read = partial(valuing.entries, zone=desk.engine.zone)
    with desk.engine.store.read() as tx:
        anew = tally((one for unit in unit_histories(tx) for one in read(unit)), day)
        assert value_units.read_tally(tx, day) == anew


def test_the_shipped_document_publishes_on_demand_over_a_tenth() -> None:
    assert (ValueConfig().publish, ValueConfig().publish_over_percent) == (Rule.ON_DEMAND, 10)
