"""What moves when two leads turn out to be one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.store import links, tables
from connector.sync.merge_leads import join
from tests.sync.reading.bench import START, Bench


def hand_off(bench: Bench, lead_id: str, *, id_: str, answer: str = "open", confirmed: bool = False) -> None:
    values = {
        "id": id_,
        "lead_id": lead_id,
        "cycle": 1,
        "requested_at": START,
        "answer": answer,
        "explained": {},
        "versions": {},
        "evidence_ids": [],
        "confirmed_at": START if confirmed else None,
    }
    with bench.store.begin() as tx:
        tx.execute(tables.handoff.insert(), values)


def two_leads(bench: Bench) -> tuple[str, str]:
    """Two leads, the older one first."""
    with bench.store.begin() as tx:
        links.new_lead(tx, "old", at=START)
        links.new_lead(tx, "young", at=START + timedelta(days=1))
    return "old", "young"


def joined(bench: Bench, pair: tuple[str, str]) -> str:
    with bench.store.begin() as tx:
        return join(bench.engine, tx, pair, now=START + timedelta(days=2))


@pytest.mark.parametrize("turned", [False, True])
def test_the_older_lead_survives_whichever_was_heard_of_first(bench: Bench, turned: bool) -> None:
    old, young = two_leads(bench)
    assert joined(bench, (young, old) if turned else (old, young)) == old
    with bench.store.read() as tx:
        assert links.live_lead(tx, young) == old


@pytest.mark.parametrize("answer", ["open", "rejected"])
def test_the_lead_that_was_handed_off_survives_with_its_episode(bench: Bench, answer: str) -> None:
    old, young = two_leads(bench)
    hand_off(bench, young, id_="h1", answer=answer)
    assert joined(bench, (old, young)) == young
    assert bench.rows("SELECT lead_id FROM handoff") == [(young,)]


def test_a_rejection_of_the_loser_holds_for_the_survivor(bench: Bench) -> None:
    old, young = two_leads(bench)
    hand_off(bench, old, id_="h1")
    hand_off(bench, young, id_="h2", answer="rejected")
    assert joined(bench, (old, young)) == old
    assert bench.rows("SELECT lead_id FROM handoff ORDER BY id") == [(old,), (old,)]


def test_two_hand_offs_that_sales_has_are_settled_by_a_person(bench: Bench) -> None:
    old, young = two_leads(bench)
    hand_off(bench, old, id_="h1", confirmed=True)
    hand_off(bench, young, id_="h2", confirmed=True)
    assert joined(bench, (old, young)) == old
    assert bench.rows("SELECT lead_id FROM handoff ORDER BY id") == [(old,), (young,)]
    assert bench.rows("SELECT kind, key, reason FROM parked") == [("merge", "old:young", "two_open_handoffs")]


def test_ids_lead_through_several_merges_in_one_step(bench: Bench) -> None:
    old, young = two_leads(bench)
    with bench.store.begin() as tx:
        links.new_lead(tx, "eldest", at=START - timedelta(days=9))
    joined(bench, (old, young))
    assert joined(bench, ("eldest", young)) == "eldest"
    assert bench.rows("SELECT id, merged_into FROM lead ORDER BY id") == [
        ("eldest", None),
        ("old", "eldest"),
        ("young", "eldest"),
    ]
