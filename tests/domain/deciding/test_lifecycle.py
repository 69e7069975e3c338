"""Every step of the life cycle, told as facts come in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain.decision import Deed
from connector.domain.events import Visit
from connector.domain.facts import Actor, Answer, Memory, Rejection, Step
from connector.domain.lifecycle import NEXT, OUT_OF_ORDER, path, transitions
from mappings.records import Kind, Money
from tests.domain.deciding.tale import DAY, DEMO, HOUR, PRICE, START, TABLE, Tale, handed_off, rules, said_no


def test_a_lead_that_nobody_heard_of_is_new() -> None:
    tale = Tale()
    assert tale.decision.step is Step.NEW
    assert tale.transitions == []


def test_an_interaction_without_contact_data_stays_new() -> None:
    tale = Tale(email="")
    tale.page()
    assert tale.decision.step is Step.NEW


def test_interaction_and_contact_data_make_a_mal() -> None:
    tale = Tale()
    tale.page()
    assert tale.steps == ["mal"]
    assert tale.transitions[0].occurred_at == START


def test_at_its_point_and_through_the_gate_it_is_an_mql() -> None:
    tale = Tale()
    tale.heard(DEMO)
    assert tale.steps == ["mal", "mql"]
    assert tale.decision.wanted["handoff_status"] == "ready"


def test_an_mql_falls_back_when_its_evidence_ages_out_and_the_time_is_when_it_did() -> None:
    tale = Tale()
    tale.heard(DEMO)
    turn = max(one.expires_at for one in tale.decision.evidence)
    tale.later(turn - tale.now + 5 * DAY)
    assert tale.steps == ["mal", "mql", "mal"]
    assert tale.transitions[-1].occurred_at == turn


def test_an_mql_falls_back_when_the_gate_closes() -> None:
    tale = Tale()
    tale.heard(DEMO)
    tale.now += DAY
    tale.change(consent=False)
    assert tale.steps[-1] == "mal"
    assert tale.why == ["gate.consent_refused"]


def test_a_confirmed_hand_off_makes_it_handed_off_and_an_unconfirmed_one_does_not() -> None:
    tale = handed_off()
    assert tale.steps == ["mal", "mql", "handed_off"]
    assert tale.decision.wanted["handoff_status"] == "with_sales"


def test_accepted_qualified_opportunity_won() -> None:
    tale = handed_off()
    tale.now += HOUR
    tale.crm("accepted")
    assert tale.known.episodes[0].answer is Answer.ACCEPTED
    assert tale.decision.wanted["handoff_status"] == "accepted"
    tale.now += HOUR
    tale.crm("qualified")
    tale.now += DAY
    tale.opportunity()
    tale.now += DAY
    tale.opportunity(is_closed=True, is_won=True, closed_at=tale.now, created_at=START + DAY)
    assert tale.steps[3:] == ["sal", "sql", "opportunity", "won"]
    assert not any(t.implied or t.violation for t in tale.transitions)
    assert tale.decision.wanted["handoff_status"] == "won"


def test_a_lost_deal_loses_the_lead_only_when_it_was_the_last() -> None:
    tale = handed_off()
    tale.now += DAY
    tale.opportunity("o1")
    tale.opportunity("o2")
    tale.now += DAY
    tale.opportunity("o1", is_closed=True, closed_at=tale.now, created_at=tale.now - DAY)
    assert tale.decision.step is Step.OPPORTUNITY
    tale.now += DAY
    tale.opportunity("o2", is_closed=True, closed_at=tale.now, created_at=tale.now - 2 * DAY)
    assert tale.decision.step is Step.LOST
    assert tale.decision.wanted["handoff_status"] == "lost"


def test_missing_steps_are_implied_not_refused() -> None:
    tale = handed_off()
    tale.now += DAY
    tale.opportunity(is_closed=True, is_won=True, closed_at=tale.now)
    assert tale.steps[3:] == ["sal", "sql", "opportunity", "won"]
    assert [t.implied for t in tale.transitions[3:]] == [True, True, False, False]


def test_two_changes_between_two_polls_are_two_events_with_their_own_times() -> None:
    tale = handed_off()
    first, second = tale.now + HOUR, tale.now + 2 * HOUR
    tale.status("accepted", at=first)
    tale.status("rejected", at=second, rejection_reason="need_unclear")
    tale.later(DAY)
    assert [(str(t.new), t.occurred_at) for t in tale.transitions[3:]] == [
        ("sal", first),
        ("rejected", second),
        ("recycled", second),
    ]
    assert tale.known.episodes[0].answer is Answer.REJECTED


def test_a_conversion_qualifies_the_lead() -> None:
    tale = handed_off()
    tale.now += HOUR
    tale.crm("converted")
    assert tale.steps[3:] == ["sal", "sql"]


@pytest.mark.parametrize("last", ["handed_off", "sal", "sql"])
def test_sales_may_say_no_at_each_of_its_steps(last: str) -> None:
    tale = handed_off()
    for word in ("accepted", "qualified"):
        if tale.decision.step != last:
            tale.now += HOUR
            tale.crm(word)
    tale.now += HOUR
    tale.crm("rejected", rejection_reason="need_unclear")
    assert tale.steps[-3:] == [last, "rejected", "recycled"]


def test_a_status_after_the_deal_says_nothing() -> None:
    tale = handed_off()
    tale.now += DAY
    tale.opportunity()
    tale.now += DAY
    tale.crm("rejected", rejection_reason="need_unclear")
    assert tale.decision.step is Step.OPPORTUNITY


def test_recycled_comes_back_to_mql_through_the_gate_and_falls_back_when_it_closes() -> None:
    tale = said_no("need_unclear")
    tale.later(31 * DAY)
    assert tale.decision.step is Step.RECYCLED
    tale.spoke()
    tale.now += HOUR
    tale.heard(PRICE)
    assert tale.steps[-1] == "mql"
    tale.now += HOUR
    tale.change(consent=False)
    assert tale.steps[-1] == "recycled"


def test_the_cell_is_fixed_from_hand_off_to_its_close() -> None:
    tale = handed_off()
    cell = tale.decision.cell
    tale.later(300 * DAY)
    assert tale.decision.stage.computed == "none"
    assert tale.decision.cell == cell
    assert tale.decision.wanted["cell"] == cell


@pytest.mark.parametrize(("won", "wait"), [(True, 30), (False, 90)])
def test_after_its_close_fresh_evidence_opens_a_new_cycle_when_the_rest_is_over(won: bool, wait: int) -> None:
    tale = handed_off()
    tale.now += DAY
    tale.opportunity(is_closed=True, is_won=won, closed_at=tale.now)
    closed = tale.now
    tale.now += (wait - 10) * DAY
    tale.heard(PRICE)
    assert tale.decision.cycle == 1
    assert tale.decision.reconsider_at is not None
    assert tale.decision.reconsider_at <= closed + wait * DAY
    fresh = tale.now
    tale.later(11 * DAY)
    assert (tale.decision.cycle, tale.decision.cycle_opened_at) == (2, fresh)
    assert tale.steps[-2:] == ["mal", "mql"]
    assert tale.decision.wanted["value_at_handoff"] is None
    tale.click()
    assert tale.decision.step is Step.HANDED_OFF
    assert [e.cycle for e in tale.known.episodes] == [1, 2]


def test_activity_that_is_no_evidence_opens_no_cycle() -> None:
    tale = handed_off()
    tale.now += DAY
    tale.opportunity(is_closed=True, is_won=True, closed_at=tale.now)
    tale.now += 60 * DAY
    tale.spoke()
    assert (tale.decision.cycle, tale.decision.step) == (1, Step.WON)


def test_long_silence_ends_a_cycle_and_the_next_evidence_opens_another() -> None:
    tale = Tale()
    tale.heard(DEMO)
    tale.later(400 * DAY)
    assert tale.decision.cycle == 1
    tale.heard(DEMO)
    assert (tale.decision.cycle, tale.decision.step) == (2, Step.MQL)
    assert tale.steps[-2:] == ["mal", "mql"]


def test_a_deal_for_a_lead_in_marketings_pool_is_a_bypass_without_hand_off_value() -> None:
    tale = Tale()
    tale.page()
    tale.now += DAY
    tale.opportunity(named=False)
    assert tale.decision.flags == ("bypass",)
    assert [(str(t.new), t.implied, t.violation) for t in tale.transitions[1:]] == [
        ("mql", True, ""),
        ("handed_off", True, ""),
        ("sal", True, ""),
        ("sql", True, ""),
        ("opportunity", False, "bypass"),
    ]
    assert tale.why == ["refusal.with_sales_bypass"]
    assert tale.decision.wanted["value_at_handoff"] is None


def test_a_crm_record_made_by_a_rep_is_a_bypass_and_leaves_nurture() -> None:
    tale = Tale()
    tale.heard(DEMO)
    tale.now += DAY
    tale.status("open")
    crm = tale.known.records[-1]
    tale.known = replace_record(tale, created_at=tale.now)
    tale.settle()
    assert crm.by_baton is False
    assert tale.decision.flags == ("bypass",)
    assert (tale.steps[-1], tale.decision.wanted["handoff_status"]) == ("handed_off", "with_sales")


def replace_record(tale: Tale, **fields: object) -> object:
    *others, last = tale.known.records
    return replace(tale.known, records=(*others, replace(last, **fields)))  # type: ignore[arg-type]


def test_an_idle_crm_record_from_before_may_be_adopted() -> None:
    tale = Tale()
    tale.status("open")
    tale.known = replace_record(tale, created_at=START - 30 * DAY)
    tale.heard(DEMO)
    assert tale.decision.flags == ()
    tale.click()
    assert tale.decision.step is Step.HANDED_OFF


def test_sales_at_work_since_before_is_history_not_a_bypass() -> None:
    tale = Tale()
    tale.status("accepted", at=START - 30 * DAY)
    tale.settle()
    assert (tale.decision.step, tale.decision.flags) == (Step.SAL, ())


def test_a_lead_that_a_rep_gave_up_without_hand_off_goes_back_to_marketing() -> None:
    tale = Tale()
    tale.status("accepted", at=START - 30 * DAY)
    tale.status("rejected", at=START - 20 * DAY)
    tale.settle()
    assert tale.steps[-3:] == ["sal", "rejected", "recycled"]
    tale.heard(DEMO)
    assert tale.decision.step is Step.MQL
    tale.now += DAY
    tale.crm("accepted")
    assert (tale.decision.step, tale.decision.flags) == (Step.SAL, ("bypass",))


def test_a_nameless_deal_of_a_colleagues_hand_off_is_not_this_leads() -> None:
    tale = Tale()
    tale.page()
    tale.colleague("wrong_contact")
    tale.now += DAY
    tale.opportunity(named=False)
    assert tale.decision.step is Step.MAL


def test_what_reps_made_before_baton_began_is_no_bypass() -> None:
    tale = Tale(by=rules(records_since="2027-01-01T00:00:00Z"))
    tale.now += DAY
    tale.opportunity(person_ids=("1",))
    assert tale.decision.flags == ()
    assert tale.decision.step is Step.OPPORTUNITY


@pytest.mark.parametrize(("back_after", "violation"), [(5, "cooldown"), (200, "bypass")])
def test_a_record_set_back_to_work_by_hand_is_recorded_and_flagged(back_after: int, violation: str) -> None:
    tale = said_no("not_a_fit")
    tale.now += back_after * DAY
    tale.crm("accepted")
    assert f"violation:{violation}" in tale.decision.flags
    assert (tale.decision.step, tale.transitions[-1].violation) == (Step.SAL, violation)
    assert tale.known.episodes[0].answer is Answer.REJECTED
    tale.now += DAY
    tale.crm("rejected")
    assert tale.decision.step is Step.RECYCLED


def test_where_set_so_the_hand_made_change_is_to_be_reverted() -> None:
    tale = handed_off(by=rules(recycling={"on_violation": "revert"}))
    tale.now += DAY
    tale.crm("rejected", rejection_reason="not_a_fit")
    tale.now += DAY
    tale.crm("open")
    assert {"revert", "violation:cooldown"} <= set(tale.decision.flags)
    assert tale.decision.step is Step.RECYCLED


def test_what_baton_itself_wrote_is_no_answer() -> None:
    tale = handed_off()
    tale.now += HOUR
    tale.crm("accepted", actor=Actor("baton"))
    assert tale.decision.step is Step.HANDED_OFF


def test_the_value_is_frozen_at_the_hand_off() -> None:
    tale = handed_off()
    assert tale.decision.wanted["value_at_handoff"] == Money(40_000_00, "CNY")


def test_every_step_can_be_reached_and_every_way_is_in_the_picture() -> None:
    for old, following in NEXT.items():
        assert all(path(old, new) == (new,) for new in following)
    assert path(Step.NEW, Step.WON) is not None
    assert path(Step.SAL, Step.MAL) is None


def test_a_way_that_the_picture_does_not_have_is_recorded_as_out_of_order() -> None:
    memory = Memory(step=Step.SAL, step_since=START)
    found = transitions(memory, [Visit(Step.MAL, START + DAY, Actor("crm"), "gone")])
    assert [(t.new, t.violation) for t in found] == [(Step.MAL, OUT_OF_ORDER)]


def test_an_answer_stamped_before_the_hand_off_was_confirmed_is_still_recorded() -> None:
    memory = Memory(step=Step.HANDED_OFF, step_since=START)
    visit = Visit(Step.SAL, START - HOUR, Actor("rep"), "accepted")
    assert [t.new for t in transitions(memory, [visit])] == [Step.SAL]


def test_a_planned_meeting_is_no_interaction() -> None:
    tale = Tale()
    tale.heard("Demo", kind=Kind.MEETING, planned=True)
    assert tale.decision.step is Step.NEW


def test_a_hand_off_under_way_is_requested_and_not_asked_again() -> None:
    tale = handed_off()
    episode = replace(tale.known.episodes[0], confirmed_at=None)
    memory = replace(tale.known.memory, step=Step.MQL)
    tale.known = replace(tale.known, episodes=(episode,), memory=memory)
    tale.settle()
    assert tale.decision.step is Step.MQL
    assert (tale.decision.wanted["handoff_status"], tale.why) == ("requested", ["refusal.under_way"])
    assert tale.decision.handoff.deed is Deed.NOTHING


def test_more_evidence_while_sales_has_it_changes_nothing_of_the_step() -> None:
    tale = handed_off()
    tale.now += DAY
    tale.heard(PRICE)
    assert tale.decision.step is Step.HANDED_OFF


def without_history(tale: Tale, status: str) -> None:
    """The CRM states a status and keeps no history of it."""
    tale.status(status)
    tale.known = replace_record(tale, changes=())
    crm = tale.known.records[-1]
    tale.known = replace_record(tale, person=replace(crm.person, modified_at=tale.now))
    tale.settle()


def test_a_status_without_history_counts_when_it_is_seen() -> None:
    tale = handed_off()
    tale.now += HOUR
    without_history(tale, "accepted")
    assert (tale.decision.step, tale.transitions[-1].occurred_at) == (Step.SAL, tale.now)


def test_a_no_that_still_stands_on_the_record_does_not_answer_the_next_hand_off() -> None:
    tale = said_no("need_unclear")
    tale.now += 31 * DAY
    tale.spoke()
    tale.heard(PRICE)
    tale.rep = "r2"
    tale.click()
    tale.now += HOUR
    without_history(tale, "rejected")
    assert tale.decision.step is Step.HANDED_OFF
    assert tale.decision.rejections == 1


def test_a_deal_on_a_rejected_lead_is_a_bypass_that_a_later_status_does_not_undo() -> None:
    tale = said_no("need_unclear")
    tale.now += 60 * DAY
    tale.crm("accepted")
    tale.now += DAY
    tale.opportunity()
    assert (tale.decision.step, tale.transitions[-1].violation) == (Step.OPPORTUNITY, "bypass")
    tale.now += DAY
    tale.crm("rejected")
    assert tale.decision.step is Step.OPPORTUNITY


def test_a_deal_from_before_the_rejection_reopens_nothing() -> None:
    tale = handed_off()
    tale.now += DAY
    before = tale.now - HOUR
    answered = replace(
        tale.known.episodes[0], answer=Answer.REJECTED, rejection=Rejection(tale.now, "r1", "need_unclear")
    )
    tale.known = replace(tale.known, episodes=(answered,))
    tale.opportunity(created_at=before)
    assert tale.decision.step is Step.RECYCLED


def test_when_the_facts_of_sales_vanish_the_lead_is_marketings_again_and_it_is_told() -> None:
    tale = Tale()
    tale.page()
    tale.now += DAY
    tale.opportunity()
    tale.known = replace(tale.known, opportunities=())
    tale.settle()
    assert (tale.decision.step, tale.transitions[-1].violation) == (Step.MAL, OUT_OF_ORDER)


def test_a_close_is_remembered_when_its_deal_is_gone() -> None:
    tale = handed_off()
    tale.now += DAY
    tale.opportunity(is_closed=True, is_won=True, closed_at=tale.now)
    tale.known = replace(tale.known, opportunities=(), episodes=())
    tale.settle()
    assert tale.decision.step is Step.WON
    assert tale.steps[-1] == "won"


def test_an_answer_in_the_second_of_the_request_is_heard_although_the_history_knows_whole_seconds() -> None:
    tale = Tale()
    tale.now += timedelta(microseconds=700_000)
    tale.heard(PRICE)
    if not tale.known.episodes:
        tale.click()
    asked = tale.known.episodes[0].requested_at
    assert asked.microsecond
    tale.crm("rejected", rejection_reason="not_a_fit", at=asked.replace(microsecond=0))
    assert tale.known.episodes[0].answer is Answer.REJECTED


def test_what_was_said_in_the_second_of_a_further_request_answers_the_hand_off_before() -> None:
    tale = said_no("wrong_territory")
    assert len(tale.known.episodes) == 2  # sent on at once
    asked = tale.known.episodes[1].requested_at
    tale.crm("rejected", at=asked)
    assert tale.known.episodes[1].answer is Answer.OPEN


def test_publishing_a_table_leaves_the_value_of_a_lead_alone_while_sales_has_it() -> None:
    tale = handed_off()
    before = {name: tale.decision.wanted[name] for name in ("value_now", "value_explained")}
    prices = {**TABLE.prices, "mid-market": Money(1_00, "CNY")}
    tale.rules = replace(tale.rules, values=replace(TABLE, version=5, prices=prices))
    tale.settle()
    assert {name: tale.decision.wanted[name] for name in before} == before
    tale.now += DAY
    tale.crm("rejected", rejection_reason="not_a_fit")
    assert tale.decision.wanted["value_now"] != before["value_now"]


def test_a_status_that_nobody_mapped_answers_nothing_and_is_flagged() -> None:
    tale = handed_off()
    tale.now += HOUR
    tale.crm("Parked by the board")
    assert tale.decision.step is Step.HANDED_OFF
    assert "status_unknown" in tale.decision.flags
    tale.now += HOUR
    tale.crm("accepted")
    assert "status_unknown" not in tale.decision.flags
