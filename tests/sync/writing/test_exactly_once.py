"""However often it is clicked, retried, crashed or answered twice: one hand-off, one record, one note, the right owner."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from connector.store import handoffs, outbox
from connector.store.claims import Claim
from connector.store.handoffs import HandOff
from connector.sync import handoff as walking
from connector.sync.deliver import deliver_all
from connector.sync.engine import Engine
from connector.sync.results import RoundResult
from mappings.records import RecordKey
from tests.sync.bench import Desk


class CrashError(BaseException):
    """The process dies here: nobody below may catch it."""


def clicked_at_once(desk: Desk, contact: RecordKey, requests: list[str]) -> list[Any]:
    """Several people click in the same moment."""
    ready = Barrier(len(requests))

    def click(request_id: str) -> Any:
        ready.wait()
        return desk.hand_off(contact, request_id)

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(click, requests))


@pytest.mark.parametrize(
    "requests", [["same"] * 5, [f"click-{n}" for n in range(5)]], ids=["same", "different"]
)
def test_five_clicks_at_once_are_one_hand_off(desk: Desk, requests: list[str]) -> None:
    contact = desk.ripe()
    desk.round()
    replies = clicked_at_once(desk, contact, requests)
    assert any(reply.code == "done" for reply in replies)
    (episode,) = desk.episodes(contact)
    assert {reply.handoff_id for reply in replies if reply.accepted} == {episode.id}
    desk.settle()
    assert len(desk.episodes(contact)) == len(desk.leads()) == 1
    assert len(desk.notes(desk.only_lead()["Id"])) == 1


def test_the_same_click_five_times_at_once_has_the_same_answer(desk: Desk) -> None:
    contact = desk.ripe()
    desk.round()
    replies = clicked_at_once(desk, contact, ["same"] * 5)
    assert all(reply.accepted for reply in replies)


def test_i17_an_answer_lost_after_the_record_was_made_makes_no_second_one(wired: Desk) -> None:
    contact = wired.hot()
    wired.fault("salesforce", "lose_answer", path="/sobjects/Lead", times=1)
    wired.round()
    wired.round(after=3600)
    assert len(wired.leads()) == 1
    assert wired.step(contact) == "handed_off"
    assert len(wired.notes(wired.only_lead()["Id"])) == 1


@pytest.mark.parametrize("operation", ["open_lead", "fetch", "write", "note"])
@pytest.mark.parametrize("effect", ["lose_answer", "drop"])
def test_i17_no_lost_answer_of_any_step_makes_anything_twice(desk: Desk, operation: str, effect: str) -> None:
    contact = desk.hot()
    desk.fault("salesforce", effect, path=f"/{operation}")
    desk.round()
    desk.settle()
    assert len(desk.leads()) == 1
    assert len(desk.notes(desk.only_lead()["Id"])) == 1
    assert desk.step(contact) == "handed_off"


def crash_before_commit_of(desk: Desk, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    """The process dies when this point is about to be recorded: everything remote before it was done."""
    real = handoffs.advance

    def dying(tx: Any, handoff: HandOff, *, point: str, at: Any, _at: str = point) -> bool:
        if point == _at:
            raise CrashError
        return real(tx, handoff, point=point, at=at)

    with monkeypatch.context() as patch:
        patch.setattr(handoffs, "advance", dying)
        with pytest.raises(CrashError):
            desk.round()


def crash_after(desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The process dies right after this step was recorded."""
    real = walking._STEPS[step]

    def dying(engine: Engine, handoff: HandOff) -> HandOff | None:
        real(engine, handoff)
        raise CrashError

    with monkeypatch.context() as patch:
        patch.setitem(walking._STEPS, step, dying)
        with pytest.raises(CrashError):
            desk.round()


POINTS = ["crm_record_known", "owner_assigned", "noted", "confirmed_back", "done"]


@pytest.mark.parametrize(
    ("point", "again"), [*((point, 900.0) for point in POINTS), ("crm_record_known", 90.0), ("noted", 90.0)]
)
def test_a_crash_before_a_step_is_recorded_doubles_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, point: str, again: float
) -> None:
    contact = desk.hot()
    crash_before_commit_of(desk, monkeypatch, point)
    assert_one_after_rounds(desk, contact, again)


@pytest.mark.parametrize("step", list(walking._STEPS))
def test_a_crash_after_a_step_is_recorded_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    contact = desk.hot()
    crash_after(desk, monkeypatch, step)
    assert_one_after_rounds(desk, contact, 900)


def assert_one_after_rounds(desk: Desk, contact: RecordKey, again: float) -> None:
    """Whoever comes after the crash ends it: one record, one note, its owner, and both sides say so."""
    desk.round(after=again)
    if again < 600:
        desk.round(after=900)
    lead, (episode,) = desk.only_lead(), desk.episodes(contact)
    assert episode.point == "done"
    assert (lead["OwnerId"], lead["Id"]) == (episode.owner_id, episode.crm.id if episode.crm else "")
    assert len(desk.notes(lead["Id"])) == 1
    assert lead["Baton_Handoff_Status__c"] == "with_sales"
    assert desk.property(contact, "baton_handoff_status") == "with_sales"
    (made,) = desk.rows("select by_baton from link where connection = 'crm'")
    assert made[0]  # read back by the pull between crash and rerun, it is still Baton's own record: no bypass


def test_the_record_of_a_second_hand_off_that_crashed_is_the_first_ones(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = desk.hot()
    desk.round()
    rep = desk.only_lead()["OwnerId"]
    desk.rep_rejects(desk.only_lead()["Id"])
    desk.round()
    desk.wait(days=31)
    desk.calls(contact, "接通了，客户要我们报价，也在对比几家供应商")
    crash_before_commit_of(desk, monkeypatch, "crm_record_known")
    desk.round(after=900)
    desk.round()
    lead = desk.only_lead()
    assert (lead["Status"], lead["OwnerId"] != rep) == ("Open - Not Contacted", True)
    assert len(desk.notes(lead["Id"])) == 2


def test_two_workers_never_hold_the_same_hand_off(desk: Desk) -> None:
    contact = desk.ripe()
    desk.round()
    desk.hand_off(contact)
    now = desk.engine.now()
    with desk.store.begin() as tx:
        first = handoffs.claim_handoffs(tx, Claim("one", now, now + timedelta(minutes=10)), limit=9)
    with desk.store.begin() as tx:
        assert handoffs.claim_handoffs(tx, Claim("two", now, now + timedelta(minutes=10)), limit=9) == []
    assert len(first) == 1


def test_a_worker_that_slept_past_its_claim_records_nothing(desk: Desk) -> None:
    contact = desk.ripe()
    desk.round()
    desk.hand_off(contact)
    now = desk.engine.now()
    with desk.store.begin() as tx:
        (slept,) = handoffs.claim_handoffs(tx, Claim("one", now, now + timedelta(minutes=10)), limit=9)
    desk.settle()
    walking._walk(desk.engine, slept, RoundResult())
    desk.settle()
    assert len(desk.leads()) == len(desk.notes(desk.only_lead()["Id"])) == 1
    assert desk.episodes(contact)[0].point == "done"


def test_what_was_wanted_otherwise_while_it_was_under_way_is_written_next(desk: Desk) -> None:
    contact = desk.contact()
    desk.round()
    desk.swap(marketing=_Interrupted(desk.engine.marketing, lambda: _want(desk, contact, "second")))
    _want(desk, contact, "first")
    deliver_all(desk.engine, RoundResult())
    assert desk.property(contact, "baton_cell") == "second"
    assert desk.rows("select count(*) from outbox") == [(0,)]


def test_a_worker_that_lost_its_claim_settles_no_row_of_the_outbox(desk: Desk) -> None:
    contact = desk.contact()
    desk.round()
    _want(desk, contact, "first")
    now = desk.engine.now()
    with desk.store.begin() as tx:
        (mine,) = outbox.claim_outgoing(
            tx, "marketing", object="contacts", claim=Claim("slept", now, now), limit=9
        )
    desk.wait(minutes=1)
    deliver_all(desk.engine, RoundResult())
    _want(desk, contact, "second")
    with desk.store.begin() as tx:
        outbox.delivered(tx, [mine])
    deliver_all(desk.engine, RoundResult())
    assert desk.property(contact, "baton_cell") == "second"


def _want(desk: Desk, contact: RecordKey, cell: str) -> None:
    with desk.store.begin() as tx:
        outbox.want(tx, [outbox.Wanted(contact, {"baton_cell": cell}, None)], at=desk.engine.now())


class _Interrupted:
    """A system during whose first write something happens here."""

    def __init__(self, inside: Any, happens: Callable[[], object]) -> None:
        self._inside, self._happens = inside, [happens]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inside, name)

    def write(self, object: str, writes: Any) -> Any:
        while self._happens:
            self._happens.pop()()
        return self._inside.write(object, writes)
