"""`baton parked`: everything that waits is seen with its reason in words, and can be tried again or called done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.clock import SandboxTime
from connector.store import field_states, handoffs, outbox, parked
from connector.store.claims import Claim
from connector.store.outbox import Wanted
from connector.store.parked import Trouble
from mappings.records import RecordKey
from tests.cli.conftest import BEGIN, Line


def park(baton: Line, kind: str, key: str, reason: str) -> None:
    store = baton.store
    with store.begin() as tx:
        parked.park(tx, Trouble(kind, key, reason), at=BEGIN)
    store.close()


def refuse(baton: Line, record: str) -> None:
    """One record as the outbox holds it after its system refused it for good."""
    store, key = baton.store, RecordKey.parse(record)
    with store.begin() as tx:
        outbox.want(tx, [Wanted(key, {"baton_cell": "small/none"})], at=BEGIN)
        claim = Claim("t", BEGIN, BEGIN + timedelta(minutes=1))
        taken = outbox.claim_outgoing(tx, key.connection, object=key.object, claim=claim, limit=100)
        mine = next(one for one in taken if one.key == key)
        outbox.park_outgoing(tx, mine, reason="record_refused", detail="INVALID")
    store.close()


def test_each_thing_that_waits_says_why_and_what_to_do(baton: Line) -> None:
    refuse(baton, baton.leads[0])
    park(baton, "vanished", "marketing:contacts:7", "not_found")
    rows = {row["kind"]: row for row in baton("parked", "list", "--json").json()}
    assert rows["vanished"]["text"] == "The record is found nowhere."
    assert rows["vanished"]["replay"] is False
    assert rows["outbox"]["id"] == baton.leads[0]
    assert rows["outbox"]["to_do"] == "Mend the cause in that system, then replay it."


@pytest.mark.parametrize(("language", "said"), [("en", "nowhere"), ("zh_CN", "找不到")])
def test_the_reason_is_told_in_the_readers_language(baton: Line, language: str, said: str) -> None:
    park(baton, "vanished", "marketing:contacts:7", "not_found")
    assert said in baton("parked", "list", language=language).out


def test_a_reason_without_words_is_told_as_its_code(baton: Line) -> None:
    park(baton, "vanished", "marketing:contacts:7", "never_heard_of")
    assert baton("parked", "list", "--json").json()[0]["text"] == "never_heard_of"


def test_a_kind_can_be_asked_for_alone(baton: Line) -> None:
    park(baton, "vanished", "marketing:contacts:7", "not_found")
    park(baton, "lead", "x", "restless")
    kinds = [row["kind"] for row in baton("parked", "list", "--kind", "lead", "--json").json()]
    assert kinds == ["lead"]


def test_a_refused_record_is_due_again_after_a_replay(baton: Line) -> None:
    refuse(baton, baton.leads[0])
    answer = baton("parked", "replay", baton.leads[0], "--json")
    assert (answer.code, answer.json()) == (0, {"replayed": [baton.leads[0]], "left": []})
    store, key = baton.store, RecordKey.parse(baton.leads[0])
    with store.read() as tx:
        assert outbox.outgoing(tx, [key])[key].state == "pending"
    store.close()


def test_a_field_is_written_again_after_a_replay(baton: Line) -> None:
    key = RecordKey.parse(baton.leads[0])
    store = baton.store
    with store.begin() as tx:
        field_states.record_agreed(tx, {key: {"baton_cell": "x"}})
        field_states.park_field(tx, key, field="baton_cell", at=BEGIN)
    park(baton, "field", f"{key}:baton_cell", "loop")
    assert baton("parked", "replay", "--kind", "field").code == 0
    with store.read() as tx:
        assert field_states.parked_fields(tx, [key]) == {}
    store.close()
    assert baton("parked", "list", "--json").json() == []
    assert baton("status", "--json").json()["leads_due"] >= 1


def test_a_record_is_matched_again_after_a_replay(baton: Line) -> None:
    park(baton, "record", baton.leads[0], "not_readable")
    number = baton("parked", "list", "--json").json()[0]["id"]
    assert baton("parked", "replay", number).code == 0
    assert baton("sync", "--json").code == 0
    assert baton("parked", "list", "--json").json() == []


def test_all_tries_what_can_be_tried_and_leaves_the_rest_alone(baton: Line) -> None:
    park(baton, "vanished", "marketing:contacts:7", "not_found")
    park(baton, "record", baton.leads[0], "not_readable")
    answer = baton("parked", "replay", "--all", "--json")
    assert (answer.code, len(answer.json()["replayed"]), answer.json()["left"]) == (0, 1, [])
    assert [row["kind"] for row in baton("parked", "list", "--json").json()] == ["vanished"]


@pytest.mark.parametrize(("language", "said"), [("en", "by itself"), ("zh_CN", "无法自行重试")])
def test_what_cannot_be_tried_again_is_refused_in_words(baton: Line, language: str, said: str) -> None:
    park(baton, "vanished", "marketing:contacts:7", "not_found")
    number = baton("parked", "list", "--json").json()[0]["id"]
    answer = baton("parked", "replay", number, language=language)
    assert answer.code == 1
    assert said in answer.err


def test_what_is_done_is_listed_no_more(baton: Line) -> None:
    park(baton, "vanished", "marketing:contacts:7", "not_found")
    refuse(baton, baton.leads[0])
    for row in baton("parked", "list", "--json").json():
        assert baton("parked", "done", row["id"], "--json").json() == {"done": row["id"]}
    assert baton("parked", "list", "--json").json() == []


def test_a_field_that_stays_unwritten_stays_listed(baton: Line) -> None:
    park(baton, "field", f"{baton.leads[0]}:baton_cell", "loop")
    number = baton("parked", "list", "--json").json()[0]["id"]
    assert baton("parked", "done", number).code == 1
    assert len(baton("parked", "list", "--json").json()) == 1


@pytest.mark.parametrize("word", ["replay", "done"])
def test_an_id_that_is_none_is_refused(baton: Line, word: str) -> None:
    answer = baton("parked", word, "4711")
    assert (answer.code, answer.out) == (1, "")
    assert "4711" in answer.err


def failed_hand_off(baton: Line) -> str:
    """A hand-off that the CRM refused, as the round leaves it. Gives its id."""
    lead = baton.leads[0]
    assert baton("lead", "set", lead, "--persona", "mid-market", "--reason", "known").code == 0
    asked = baton("lead", "hand-off", lead, "--json").json()
    assert asked["accepted"], asked
    store = baton.store
    with store.begin() as tx:
        now = SandboxTime(baton.env["BATON_CLOCK_URL"]).now()
        claim = Claim("t", now, now + timedelta(minutes=1))
        mine = next(
            one for one in handoffs.claim_handoffs(tx, claim=claim, limit=10) if one.id == asked["handoff_id"]
        )
        handoffs.fail_handoff(tx, mine, error="record_refused")
    store.close()
    park(baton, "hand_off", mine.id, "record_refused")
    return mine.id


def test_a_failed_hand_off_comes_to_its_end_after_a_replay(baton: Line) -> None:
    failed_hand_off(baton)
    assert baton("parked", "replay", "--kind", "hand_off").code == 0
    assert baton("sync", "--json").json()["handed_off"] == 1
    assert baton("parked", "list", "--kind", "hand_off", "--json").json() == []


def test_a_failed_hand_off_is_not_replayed_beside_another_of_the_lead(baton: Line) -> None:
    failed_hand_off(baton)
    assert baton("lead", "hand-off", baton.leads[0], "--json").json()["accepted"]
    answer = baton("parked", "replay", "--kind", "hand_off", "--json")
    assert (answer.code, len(answer.json()["left"])) == (1, 1)
    assert "Another hand-off" in answer.json()["left"][0]["text"]
    assert len(baton("parked", "list", "--kind", "hand_off", "--json").json()) == 1
