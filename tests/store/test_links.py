"""Which record is which lead, and what happens when two are one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connector.domain.facts import Actor, Request
from connector.store import accounts, activities, facts, handoffs, identities, links, merging, requests
from connector.store.engine import Store
from connector.store.handoffs import HandOff
from mappings.records import Activity, FieldChange, Kind, Money, Opportunity, RecordKey, SystemRole

HOUR = timedelta(hours=1)
SDR = Actor("sdr", "7")


def contact(id_: str) -> RecordKey:
    return RecordKey("hub", "contacts", id_)


@pytest.fixture
def two(store: Store, now: datetime) -> Store:
    with store.begin() as tx:
        for lead_id, remote_id in (("a", "1"), ("b", "2")):
            links.new_lead(tx, lead_id, at=now)
            links.link(tx, contact(remote_id), lead_id=lead_id, role=SystemRole.MARKETING, at=now)
            identities.put_identities(
                tx, contact(remote_id), lead_id=lead_id, values=[("email", f"{lead_id}@x.com")]
            )
            activities.keep_activities(
                tx, [Activity(contact(f"n{remote_id}"), Kind.NOTE, now, now, now, person_ids=(remote_id,))]
            )
    return store


def test_a_link_is_active_until_it_is_said_to_be_otherwise(two: Store, now: datetime) -> None:
    with two.begin() as tx:
        assert links.links(tx, [contact("1"), contact("9")])[contact("1")].state == "active"
        assert links.set_link_state(tx, contact("1"), state="gone", at=now + HOUR)
        assert links.set_link_state(tx, contact("1"), state="gone", at=now + 2 * HOUR) is False
        (gone,) = links.links_of(tx, ["a"])["a"]
        assert (gone.state, gone.since, gone.by_baton) == ("gone", now + HOUR, False)
        links.mark_made_by_baton(tx, contact("1"))
        links.link(tx, contact("1"), lead_id="b", role=SystemRole.MARKETING, at=now)
        moved = links.links(tx, [contact("1")])[contact("1")]
        assert (moved.lead_id, moved.state, moved.by_baton) == ("b", "active", True)


def test_leads_are_found_by_account(two: Store, now: datetime) -> None:
    with two.begin() as tx:
        accounts.new_account(tx, "acme", at=now)
        assert links.set_account(tx, "a", account_id="acme")
        assert links.set_account(tx, "a", account_id="acme") is False
        assert links.leads_at(tx, ["acme", "none"]) == {"acme": ["a"]}
        assert list(links.all_lead_ids(tx)) == ["a", "b"]


def test_merged_leads_are_one_with_everything_of_both(two: Store, now: datetime) -> None:
    with two.begin() as tx:
        requests.put_request(tx, Request("click", now, SDR), lead_id="b")
        handoffs.begin_handoff(tx, HandOff("h1", "b", 1, now, SDR))
        assert merging.merge_leads(tx, "a", loser="b", at=now) == []
        assert {one.key.id for one in links.links_of(tx, ["a"])["a"]} == {"1", "2"}
        assert len(activities.activities_of(tx, ["a"])["a"]) == 2
        assert identities.find_identities(tx, [("email", "b@x.com")])["email", "b@x.com"][0].lead_id == "a"
        assert [one.id for one in handoffs.handoffs_of(tx, ["a"])["a"]] == ["h1"]
        assert list(requests.requests_of(tx, ["a"])) == ["a"]
        assert links.live_lead(tx, "b") == "a"
        assert links.live_lead(tx, "nobody") is None
        assert list(links.all_lead_ids(tx)) == ["a"]


@pytest.mark.parametrize("answer", ["open", "accepted"])
def test_of_two_hand_offs_that_sales_has_the_earlier_counts_and_the_other_is_kept(
    two: Store, now: datetime, answer: str
) -> None:
    from sqlalchemy import update

    from connector.store import tables

    with two.begin() as tx:
        handoffs.begin_handoff(tx, HandOff("h1", "a", 1, now, SDR))
        handoffs.begin_handoff(tx, HandOff("h2", "b", 1, now, SDR))
        tx.execute(update(tables.handoff).values(answer=answer, confirmed_at=now))
        assert (
            merging.merge_leads(tx, "a", loser="b", at=now) == []
        )  # sales has no record of the other to merge
        mine = handoffs.handoffs_of(tx, ["a"])["a"]
        assert [(one.id, one.merged_into) for one in mine] == [("h1", ""), ("h2", "h1")]
        assert [one.id for one in handoffs.episodes_of(tx, ["a"])["a"]] == ["h1"]


@pytest.mark.parametrize(
    ("with_sales", "has_record", "stands"),
    [("", "", "h1"), ("", "h2", "h2"), ("h1", "h2", "h1"), ("h2", "h1", "h2")],
)
def test_of_two_hand_offs_of_one_person_one_that_is_under_way_is_withdrawn(
    two: Store, now: datetime, with_sales: str, has_record: str, stands: str
) -> None:
    from sqlalchemy import update

    from connector.store import tables

    with two.begin() as tx:
        for id_, lead in (("h1", "a"), ("h2", "b")):
            crm = RecordKey("sf", "Lead", id_) if id_ == has_record else None
            handoffs.begin_handoff(tx, HandOff(id_, lead, 1, now, SDR, crm=crm))
        tx.execute(update(tables.handoff).where(tables.handoff.c.id == with_sales).values(confirmed_at=now))
        assert merging.merge_leads(tx, "a", loser="b", at=now) == []
        mine = {one.id: one for one in handoffs.handoffs_of(tx, ["a"])["a"]}
        assert [id_ for id_, one in mine.items() if one.point != handoffs.FAILED] == [stands]
        (other,) = mine.keys() - {stands}
        assert (mine[other].error, mine[other].next_attempt_at) == ("withdrawn", None)


def test_a_split_record_takes_its_activities_and_keys_along(two: Store, now: datetime) -> None:
    with two.begin() as tx:
        merging.merge_leads(tx, "a", loser="b", at=now)
        links.new_lead(tx, "c", at=now)
        merging.split_record(tx, contact("2"), lead_id="c")
        assert [one.key.id for one in links.links_of(tx, ["c"])["c"]] == ["2"]
        assert len(activities.activities_of(tx, ["c"])["c"]) == 1
        assert identities.find_identities(tx, [("email", "b@x.com")])["email", "b@x.com"][0].lead_id == "c"


def test_identities_of_a_record_are_replaced_and_dropped(two: Store) -> None:
    with two.begin() as tx:
        identities.put_identities(
            tx, contact("1"), lead_id="a", values=[("mobile", "+8613800000000"), ("email", "")]
        )
        assert identities.find_identities(tx, [("email", "a@x.com")]) == {}
        assert [
            one.kind
            for one in identities.find_identities(tx, [("mobile", "+8613800000000")])[
                "mobile", "+8613800000000"
            ]
        ]
        identities.drop_identities(tx, contact("1"))
        assert identities.find_identities(tx, [("mobile", "+8613800000000")]) == {}


def test_a_suggestion_is_made_and_answered_once(two: Store, now: datetime) -> None:
    with two.begin() as tx:
        assert identities.suggest(tx, ("b", "a"), reason="name", score=0.9, at=now)
        assert identities.suggest(tx, ("a", "b"), reason="name", score=0.9, at=now) is False
        (one,) = identities.open_suggestions(tx, 10)
        assert (one.lead_a, one.lead_b, one.score) == ("a", "b", 0.9)
        assert identities.answer_suggestion(tx, one.id, state="refused", at=now, by="7")
        assert identities.answer_suggestion(tx, one.id, state="merged", at=now, by="8") is False
        assert identities.open_suggestions(tx, 10) == []
        assert identities.refused_pairs(tx, ["b"]) == {("a", "b")}
        answered = identities.suggestion(tx, one.id)
        assert answered is not None
        assert answered.state == "refused"


def test_an_account_is_known_by_keys_that_stay_with_it(store: Store, now: datetime) -> None:
    company = RecordKey("sf", "Account", "1")
    with store.begin() as tx:
        for account_id in ("acme", "other"):
            accounts.new_account(tx, account_id, at=now)
        accounts.link_account(tx, company, account_id="acme", at=now)
        accounts.put_account_keys(tx, "acme", keys=[("domain", "acme.com"), ("domain", "")])
        accounts.put_account_keys(tx, "other", keys=[("domain", "acme.com")])
        assert accounts.accounts_by_key(tx, [("domain", "acme.com"), ("domain", "x")]) == {
            ("domain", "acme.com"): "acme"
        }
        assert accounts.accounts_of(tx, [company]) == {company: "acme"}
        accounts.merge_accounts(tx, "other", loser="acme")
        assert accounts.account_records(tx, ["other"]) == {"other": [company]}
        accounts.set_account_link_state(tx, company, state="gone", at=now)
        assert accounts.account_records(tx, ["other"]) == {}


def test_a_close_time_once_known_is_kept_until_the_outcome_changes(two: Store, now: datetime) -> None:
    from sqlalchemy import select

    from connector.store import tables

    key = RecordKey("sf", "Opportunity", "1")
    columns = tables.opportunity_link.c

    def close(tx: object, *, won: bool, at: datetime | None) -> tuple[object, object]:
        deal = Opportunity(key, amount=Money(5, "CNY"), is_closed=True, is_won=won, closed_at=at)
        accounts.save_opportunity(tx, deal, account_id=None, lead_ids=["a"], learned_at=now)  # type: ignore[arg-type]
        row = tx.execute(select(columns.won_at, columns.lost_at)).one()  # type: ignore[attr-defined]
        return row.won_at, row.lost_at

    with two.begin() as tx:
        assert close(tx, won=True, at=now) == (now, None)
        assert close(tx, won=True, at=None) == (now, None)
        assert close(tx, won=False, at=now + HOUR) == (None, now + HOUR)


def test_history_of_facts_is_never_doubled(store: Store, now: datetime) -> None:
    change = FieldChange(contact("1"), "status", "new", "open", now, "7")
    other = FieldChange(contact("1"), "status", "open", "new", now, "7")
    with store.begin() as tx:
        facts.add_changes(tx, [change, other], learned_at=now)
        facts.add_changes(tx, [change], learned_at=now + HOUR)
        assert facts.changes_of(tx, [contact("1")], fields=["status"]) == {contact("1"): [change, other]}
        assert facts.changes_of(tx, [contact("1")], fields=["owner"]) == {}
        assert list(facts.changes_learned(tx, now + HOUR)) == []
        assert len(list(facts.changes_learned(tx, now))) == 2
