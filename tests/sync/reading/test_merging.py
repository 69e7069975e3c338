"""What moves when two leads turn out to be one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.store import handoffs, links, tables
from connector.sync.merge_leads import join, split
from mappings.records import RecordKey, SystemRole
from tests.sync.reading.bench import START, Bench


def hand_off(
    bench: Bench, lead_id: str, *, id_: str, answer: str = "open", confirmed: bool = False, crm_id: str = ""
) -> None:
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
    if crm_id:
        values |= {"crm_connection": "crm", "crm_object": "Lead", "crm_id": crm_id}
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


@pytest.mark.parametrize(("answer", "counts"), [("open", "h1"), ("accepted", "h2")])
def test_of_two_hand_offs_that_sales_has_one_counts_and_the_other_is_kept_as_part_of_it(
    bench: Bench, answer: str, counts: str
) -> None:
    old, young = two_leads(bench)
    hand_off(bench, old, id_="h1", confirmed=True, crm_id="00Q1")
    hand_off(bench, young, id_="h2", confirmed=True, crm_id="00Q2", answer=answer)
    assert joined(bench, (old, young)) == old
    other = {"h1": "h2", "h2": "h1"}[counts]
    assert bench.rows("SELECT id, lead_id, merged_into FROM handoff ORDER BY merged_into IS NULL") == [
        (other, old, counts),
        (counts, old, None),
    ]
    with bench.store.read() as tx:
        assert [one.id for one in handoffs.episodes_of(tx, [old])[old]] == [counts]
        assert len(handoffs.handoffs_of(tx, [old])[old]) == 2
    record = {"h1": "00Q1", "h2": "00Q2"}[other]
    assert bench.rows("SELECT kind, key, reason FROM parked") == [
        ("merge", f"crm:Lead:{record}", "two_records_with_sales")
    ]


def test_parted_again_each_lead_has_its_hand_off(bench: Bench) -> None:
    old, young = two_leads(bench)
    hand_off(bench, old, id_="h1", confirmed=True, crm_id="00Q1")
    hand_off(bench, young, id_="h2", confirmed=True, crm_id="00Q2")
    joined(bench, (old, young))
    with bench.store.begin() as tx:
        links.link(tx, RecordKey("crm", "Lead", "00Q2"), lead_id=old, role=SystemRole.CRM, at=START)
    parted = split(bench.engine, RecordKey("crm", "Lead", "00Q2"), by="sdr:")
    assert bench.rows("SELECT id, lead_id, merged_into FROM handoff ORDER BY id") == [
        ("h1", old, None),
        ("h2", parted, None),
    ]


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
