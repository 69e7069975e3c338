"""All that is known of a lead comes together from the tables, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event

from connector.domain.decision import EpisodeAnswer
from connector.domain.facts import (
    Actor,
    Answer,
    HandSet,
    Memory,
    Override,
    Rejection,
    Request,
    StatusChange,
    Step,
)
from connector.ports import RemoteRow
from connector.store import accounts, activities, decisions, facts, handoffs, links, mirror, owners, requests
from connector.store.decisions import LeadState
from connector.store.engine import Store, Tx
from connector.store.golden import golden_account
from connector.store.handoffs import HandOff
from connector.store.known import Readers, known_of
from connector.store.owners import Rep
from mappings.records import (
    Account,
    Activity,
    FieldChange,
    Kind,
    Money,
    Opportunity,
    Person,
    RecordKey,
    Scalar,
    SystemRole,
)

HOUR = timedelta(hours=1)
SDR = Actor("sdr", "7")
WORDS = {"Open": "open", "Working": "accepted", "Unqualified": "rejected"}
Row = Mapping[str, Scalar]


def person(key: RecordKey, fields: Row, modified_at: datetime) -> Person:
    said: dict[str, Any] = {
        name: fields[name] for name in ("name", "title", "email", "status") if fields.get(name)
    }
    return Person(key, consent=None if fields.get("consent") is None else bool(fields["consent"]),
                  modified_at=modified_at, properties={"size": fields.get("size")}, **said)  # fmt: skip


def account(key: RecordKey, fields: Row, modified_at: datetime) -> Account:
    said: dict[str, Any] = {
        name: fields[name] for name in ("domain", "industry", "owner_id") if fields.get(name)
    }
    return Account(key, str(fields.get("company") or ""), modified_at=modified_at, **said)


def opportunity(key: RecordKey, fields: Row, modified_at: datetime) -> Opportunity:
    won = fields["stage"] == "Won"
    return Opportunity(
        key, amount=Money(100, "CNY"), is_closed=won, is_won=won, owner_id=str(fields["owner_id"])
    )


READERS = Readers(
    person=person,
    account=account,
    opportunity=opportunity,
    answer=lambda _key, status: WORDS.get(status, ""),
    status_fields=lambda _connection, _object: ("status",),
    role=lambda connection: SystemRole.MARKETING if connection == "hub" else SystemRole.CRM,
    own_users=frozenset({("sf", "00bot")}),
)


def hub(id_: str) -> RecordKey:
    return RecordKey("hub", "contacts", id_)


def sf(object_: str, id_: str) -> RecordKey:
    return RecordKey("sf", object_, id_)


def put(tx: Tx, key: RecordKey, at: datetime, **fields: Scalar) -> None:
    mirror.take(tx, key.connection, object=key.object, rows=[RemoteRow(key.id, at, fields)], learned_at=at)


def scene(tx: Tx, now: datetime, number: int = 0) -> str:
    """A person in both systems, at an account with an opportunity, and a colleague whose hand-off was rejected."""
    n = str(number)
    lead_id, colleague, company = f"lead-{n}", f"colleague-{n}", f"account-{n}"
    accounts.new_account(tx, company, at=now)
    for one in (lead_id, colleague):
        links.new_lead(tx, one, at=now, account_id=company)
    links.link(tx, sf("Lead", n), lead_id=lead_id, role=SystemRole.CRM, at=now)
    links.link(tx, hub(n), lead_id=lead_id, role=SystemRole.MARKETING, at=now + HOUR)
    links.mark_made_by_baton(tx, sf("Lead", n))
    put(tx, hub(n), now, name="王伟", email="w@acme.com", consent=True, company="Acme CN", size=None)
    put(
        tx,
        sf("Lead", n),
        now + HOUR,
        name="Wei Wang",
        title="CTO",
        status="Working",
        industry="steel",
        size=9,
    )
    accounts.link_account(tx, sf("Account", n), account_id=company, at=now)
    put(tx, sf("Account", n), now, company="Acme", domain="acme.com", owner_id="00own")
    deal = opportunity(sf("Opportunity", n), {"stage": "Open", "owner_id": "00rep"}, now)
    put(tx, deal.key, now, stage="Open", owner_id="00rep")
    accounts.save_opportunity(tx, deal, account_id=company, lead_ids=[colleague], learned_at=now)
    activities.keep_activities(tx, [Activity(hub(f"note-{n}"), Kind.NOTE, now, now, now, person_ids=(n,))])
    _episodes(tx, lead_id, colleague, now)
    return lead_id


def _episodes(tx: Tx, lead_id: str, colleague: str, now: datetime) -> None:
    for one in (lead_id, colleague):
        handoffs.begin_handoff(tx, HandOff(f"h-{one}", one, 1, now, SDR))
    no = Rejection(now, "00rep", "no_budget")
    handoffs.record_answer(tx, EpisodeAnswer(f"h-{colleague}", Answer.REJECTED, now, SDR, no), learned_at=now)
    requests.put_request(tx, Request(f"old-{lead_id}", now, SDR), lead_id=lead_id)
    requests.answer_request(tx, f"old-{lead_id}", at=now, outcome="handed_off")
    requests.put_request(tx, Request(f"new-{lead_id}", now, SDR), lead_id=lead_id)
    requests.grant_override(tx, lead_id, override=Override(now, SDR, "why"))
    requests.set_by_hand(tx, lead_id, what="stage", hand_set=HandSet("research", "call", SDR, now))
    memory = Memory(step=Step.MQL, persona="small", cycle=2, cycle_opened_at=now)
    decisions.save_state(tx, LeadState(lead_id, memory, cell="small/research"), at=now)


def test_a_lead_is_assembled_from_both_systems_and_its_account(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        scene(tx, now)
        (known,) = known_of(tx, ["lead-0"], READERS, now=now)
    assert (known.person.name, known.person.title, known.person.email) == ("王伟", "CTO", "w@acme.com")
    assert (known.person.key, known.person.modified_at) == (hub("0"), now + HOUR)
    assert known.person.properties == {"size": 9}
    assert [(r.key.connection, r.role, r.answer, r.by_baton) for r in known.records] == [
        ("hub", SystemRole.MARKETING, "", False),
        ("sf", SystemRole.CRM, "accepted", True),
    ]
    company = known.account.account
    assert company is not None
    assert (company.name, company.domain, company.industry) == ("Acme", "acme.com", "steel")
    assert (known.account.owner_id, known.account.active_owner_id) == ("00own", "00rep")
    assert [(e.lead_id, e.rejection and e.rejection.reason) for e in known.account.other_episodes] == [
        ("colleague-0", "no_budget")
    ]
    assert [e.id for e in known.episodes] == ["h-lead-0"]
    assert [o.key for o in known.opportunities] == [sf("Opportunity", "0")]
    assert [a.key.id for a in known.activities] == ["note-0"]
    assert [r.id for r in known.requests] == ["new-lead-0", "old-lead-0"]  # answered ones stay readable
    assert known.memory == Memory(
        step=Step.MQL,
        persona="small",
        cycle=2,
        cycle_opened_at=now,
        answered_requests=frozenset({"old-lead-0"}),
    )
    assert (known.stage_set and known.stage_set.value, known.persona_set) == ("research", None)
    assert [o.reason for o in known.overrides] == ["why"]


def test_queries_do_not_grow_with_the_leads(store: Store, now: datetime) -> None:
    statements: list[str] = []
    with store.begin() as tx:
        ids = [scene(tx, now, n) for n in range(40)]
        event.listen(tx.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        assert len(known_of(tx, ids[:2], READERS, now=now)) == 2
        few = len(statements)
        statements.clear()
        assert [known.lead_id for known in known_of(tx, ids[::-1], READERS, now=now)] == ids[::-1]
    assert len(statements) == few


def test_status_changes_come_in_our_words_with_who_made_them(store: Store, now: datetime) -> None:
    record = sf("Lead", "0")
    moves = [
        ("", "Open", "00bot"),
        ("Open", "Working", "00rep"),
        ("Working", "Odd", "00boss"),
        ("Odd", "Unqualified", "x"),
    ]
    with store.begin() as tx:
        scene(tx, now)
        owners.save_rep(tx, Rep("sf", "00rep"))
        owners.save_rep(tx, Rep("sf", "00boss", is_manager=True))
        history = [
            FieldChange(record, "status", old, new, now + n * HOUR, by)
            for n, (old, new, by) in enumerate(moves)
        ]
        facts.add_changes(tx, history, learned_at=now)
        facts.add_changes(
            tx, [FieldChange(record, "status", "Open", "Unqualified", now)], learned_at=now, seen=True
        )
        facts.add_changes(tx, [FieldChange(record, "title", "", "CTO", now)], learned_at=now)
        (known,) = known_of(tx, ["lead-0"], READERS, now=now)
    assert known.records[1].changes == (
        StatusChange(now, "", "open", Actor("baton", "00bot")),
        StatusChange(now + HOUR, "open", "accepted", Actor("rep", "00rep")),
        StatusChange(now + 2 * HOUR, "accepted", "Odd", Actor("manager", "00boss")),
        StatusChange(now + 3 * HOUR, "Odd", "rejected", Actor("crm", "x")),
    )


def test_changes_only_seen_count_where_the_system_tells_none(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        scene(tx, now)
        change = FieldChange(sf("Lead", "0"), "status", "Open", "Working", now)
        facts.add_changes(tx, [change], learned_at=now, seen=True)
        (known,) = known_of(tx, ["lead-0"], READERS, now=now)
    assert [(c.old, c.new) for c in known.records[1].changes] == [("open", "accepted")]


def test_a_won_opportunity_closes_when_its_history_says(store: Store, now: datetime) -> None:
    key = sf("Opportunity", "0")
    with store.begin() as tx:
        scene(tx, now)
        put(tx, key, now + HOUR, stage="Won", owner_id="00rep")
        won = Opportunity(key, is_closed=True, is_won=True, closed_at=now + 2 * HOUR)
        accounts.save_opportunity(tx, won, account_id="account-0", lead_ids=["lead-0"], learned_at=now)
        (known,) = known_of(tx, ["lead-0"], READERS, now=now)
    assert [(o.is_won, o.closed_at) for o in known.opportunities] == [(True, now + 2 * HOUR)]
    assert known.account.active_owner_id == "", "a closed deal has no one at work"


def test_a_lead_without_any_record_or_account_is_still_somebody(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        links.new_lead(tx, "bare", at=now)
        (known,) = known_of(tx, ["bare", "nobody"], READERS, now=now)
    assert (known.person, known.records) == (Person(RecordKey("baton", "lead", "bare")), ())
    assert (known.account.account, known.memory) == (None, Memory())


def test_a_person_whose_records_are_gone_keeps_what_was_said(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        scene(tx, now)
        for key in (hub("0"), sf("Lead", "0")):
            links.set_link_state(tx, key, state="gone", at=now)
        (known,) = known_of(tx, ["lead-0"], READERS, now=now)
    assert (known.records, known.person.email) == ((), "w@acme.com")


def test_a_merged_lead_is_left_to_its_survivor(store: Store, now: datetime) -> None:
    from connector.store.merging import merge_leads

    with store.begin() as tx:
        for lead_id in ("a", "b"):
            links.new_lead(tx, lead_id, at=now)
        merge_leads(tx, "a", loser="b", at=now)
        assert [known.lead_id for known in known_of(tx, ["b", "a"], READERS, now=now)] == ["a"]


def test_consent_refused_anywhere_is_refused(store: Store, now: datetime) -> None:
    with store.begin() as tx:
        scene(tx, now)
        put(tx, sf("Lead", "0"), now + 2 * HOUR, name="Wei", consent=False)
        (known,) = known_of(tx, ["lead-0"], READERS, now=now)
    assert known.person.consent is False


def test_no_record_says_nothing_of_an_account() -> None:
    assert golden_account([]) is None
