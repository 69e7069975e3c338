"""Every reason against a hand-off, the table of rejection reasons, and what lifts each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from connector.domain.decision import Deed
from connector.domain.facts import Actor, HandSet, Rejection, Request, StatusChange, Step
from connector.domain.recycling import cooldown_end
from mappings.records import Kind, Precision
from tests.domain.deciding.tale import (
    DAY,
    DEMO,
    HOUR,
    PAPER,
    PRICE,
    SDR,
    START,
    Tale,
    handed_off,
    policies,
    rules,
    said_no,
)

SOON = timedelta(minutes=1)


def test_a_decision_maker_at_an_enterprise_who_only_asks_for_a_demo_is_handed_off_at_once() -> None:
    tale = Tale("enterprise", title="首席技术官")
    tale.heard(DEMO)
    assert tale.decision.step is Step.HANDED_OFF
    assert tale.verdict.cause == "automatic"


@pytest.mark.parametrize("persona", ["small", "enterprise"])
def test_an_intern_who_downloads_ten_papers_and_asks_many_questions_is_not(persona: str) -> None:
    tale = Tale(persona, title="实习生")
    for nth in range(10):
        tale.heard(f"{PAPER} {nth}", kind=Kind.DOWNLOAD)
    tale.heard("What causes defects? How do others do it? Could you explain the method?")
    assert tale.known.episodes == ()
    assert tale.decision.handoff.deed is not Deed.HAND_OFF


def test_a_student_is_never_handed_off_automatically_whatever_the_company() -> None:
    tale = Tale("enterprise", title="Intern")
    tale.heard(PRICE)
    assert tale.why == ["refusal.student"]
    tale.click()
    assert tale.decision.step is Step.HANDED_OFF


def test_an_unknown_persona_is_never_handed_off_automatically() -> None:
    tale = Tale("unknown", by=rules(handoff={"default_mode": "automatic"}))
    tale.heard(PRICE)
    assert tale.why == ["refusal.unknown_persona"]
    assert tale.click().step is Step.HANDED_OFF


def test_before_its_hand_off_point_it_is_refused_also_when_asked() -> None:
    tale = Tale("small")
    tale.heard(DEMO)
    assert tale.why == ["refusal.not_at_point"]
    tale.click()
    assert (tale.answered.deed, tale.answered.request) == (Deed.REFUSE, tale.known.requests[0])
    assert tale.decision.wanted["handoff_status"] == "refused"
    assert tale.decision.step is Step.MAL


def test_a_refused_click_is_answered_once_and_its_answer_stays_readable() -> None:
    tale = Tale("small")
    tale.click()
    assert tale.decision.handoff.deed is Deed.NOTHING
    assert tale.decision.wanted["handoff_status"] == "refused"
    tale.heard(PRICE)
    assert tale.decision.wanted["handoff_status"] == "ready"
    assert tale.known.episodes == ()


def test_five_clicks_are_one_hand_off() -> None:
    tale = Tale()
    tale.heard(DEMO)
    clicks = tuple(Request(f"c{n}", tale.now, SDR) for n in range(5))
    tale.known = replace(tale.known, requests=clicks)
    tale.settle()
    assert len(tale.known.episodes) == 1
    assert tale.known.memory.answered_requests == {c.id for c in clicks}


def test_a_lead_that_sales_has_is_not_handed_off_again() -> None:
    tale = handed_off()
    tale.click()
    assert (tale.answered.deed, [m.id for m in tale.answered.refusals]) == (
        Deed.REFUSE,
        ["refusal.with_sales"],
    )


@pytest.mark.parametrize(
    ("point", "why"),
    [
        ({"stage": "solution-research", "points": 50}, "refusal.inside_column"),
        ({"stage": "solution-research", "next_stage": "solution-selection"}, "refusal.inside_column"),
        ({"stage": "solution-research", "signals": ["no-such"]}, "refusal.inside_column"),
        ({"stage": "never-heard-of"}, "refusal.not_at_point"),
        (None, "refusal.no_point"),
    ],
)
def test_the_hand_off_point_may_lie_inside_a_column(point: dict[str, object] | None, why: str) -> None:
    tale = Tale(by=rules(handoff={"points": {"mid-market": point} if point else {}}))
    tale.heard("We need a solution for our workshop, does it integrate with our ERP?")
    assert why in tale.why


def test_enough_evidence_inside_the_column_reaches_the_point() -> None:
    tale = Tale(by=rules(handoff={"points": {"mid-market": {"stage": "solution-research", "points": 2}}}))
    tale.heard(DEMO)
    assert tale.decision.handoff.refusals == ()


def test_one_piece_of_the_next_column_reaches_a_point_inside_this_one() -> None:
    point = {"stage": "problem-education", "next_stage": "solution-research"}
    tale = Tale("enterprise", by=rules(handoff={"default_mode": "on_click", "points": {"enterprise": point}}))
    tale.known = replace(tale.known, stage_set=HandSet("problem-education", "told me", SDR, START))
    tale.settle()
    assert tale.why == ["refusal.inside_column"]
    tale.heard(DEMO)
    assert "refusal.inside_column" not in tale.why


def test_a_cell_set_to_never_is_refused_to_everybody() -> None:
    tale = Tale(by=rules(handoff={"modes": {"mid-market/solution-research": "never"}}))
    tale.heard(DEMO)
    tale.click()
    assert [m.id for m in tale.answered.refusals] == ["refusal.never"]


def test_suggest_suggests_and_waits() -> None:
    tale = Tale(by=rules(handoff={"default_mode": "suggest"}))
    tale.heard(DEMO)
    assert (tale.decision.handoff.deed, tale.decision.wanted["handoff_status"]) == (Deed.SUGGEST, "suggested")
    assert tale.click().step is Step.HANDED_OFF


GATE = [
    ({"name": ""}, {}, "name", "gate.missing"),
    ({"email": "", "phone": "0755-1234567"}, {}, "contact", "gate.missing_all"),
    ({"source": " "}, {}, "source", "gate.missing"),
    ({"consent": False}, {}, "consent", "gate.consent_refused"),
    ({}, {"gate": {"consent": "given"}}, "consent", "gate.consent_missing"),
    (
        {"email": "a@Rival.cn"},
        {"gate": {"competitor_domains": ["rival.CN"]}},
        "competitor",
        "gate.competitor",
    ),
]


@pytest.mark.parametrize(("facts", "changes", "name", "why"), GATE)
def test_each_condition_of_the_gate_is_named(
    facts: dict[str, object], changes: dict[str, object], name: str, why: str
) -> None:
    tale = Tale(by=rules(**changes), **facts)
    tale.heard(DEMO)
    assert [(g.name, g.why.id) for g in tale.decision.gate if g.why] == [(name, why)]
    tale.click()
    assert (tale.answered.deed, tale.answered.refusals[0].id) == (Deed.REFUSE, why)


def test_all_failed_conditions_are_told_not_the_first() -> None:
    tale = Tale(name="", source="", consent=False)
    tale.heard(DEMO)
    assert [g.name for g in tale.decision.gate if not g.passed] == ["name", "source", "consent"]
    assert tale.decision.wanted["why_not"].id == "list"  # type: ignore[union-attr]


def test_the_companys_name_may_stand_with_the_account() -> None:
    tale = Tale(company="")
    tale.heard(DEMO)
    assert tale.decision.step is Step.MQL


@pytest.mark.parametrize(
    ("kind", "why"), [("Competitor", "gate.competitor"), ("reseller", "gate.partner"), ("客户", None)]
)
def test_the_kind_of_the_account_counts(kind: str, why: str | None) -> None:
    tale = Tale()
    assert tale.known.account.account
    account = replace(tale.known.account.account, kind=kind)
    tale.known = replace(tale.known, account=replace(tale.known.account, account=account))
    tale.heard(DEMO)
    assert [g.why.id for g in tale.decision.gate if g.why] == ([why] if why else [])


def test_a_customer_needs_evidence_of_its_own() -> None:
    tale = Tale()
    assert tale.known.account.account
    account = replace(tale.known.account.account, kind="customer")
    tale.known = replace(tale.known, account=replace(tale.known.account, account=account))
    tale.known = replace(tale.known, stage_set=HandSet("solution-research", "told me", SDR, START))
    tale.settle()
    assert tale.why == ["gate.customer"]


def test_a_partner_may_be_allowed() -> None:
    tale = Tale(by=rules(gate={"partner": "allow", "partner_kinds": ["partner"]}))
    assert tale.known.account.account
    account = replace(tale.known.account.account, kind="partner")
    tale.known = replace(tale.known, account=replace(tale.known.account, account=account))
    tale.heard(DEMO)
    assert tale.decision.step is Step.MQL


def test_a_cell_may_ask_for_a_role() -> None:
    by = rules()
    by = replace(by, matrix=replace(by.matrix, minimum_roles={"mid-market/solution-research": "influencer"}))
    tale = Tale(by=by, title="")
    tale.heard(DEMO)
    assert tale.why == ["gate.role"]
    tale.change(title="CEO")
    assert tale.why == []


TABLE = [
    ("no_budget", 90, "account"),
    ("bad_timing", 60, "account"),
    ("not_a_fit", 180, "account"),
    ("chose_competitor", 180, "account"),
    ("need_unclear", 30, "person"),
    ("no_decision_power", 14, "person"),
    ("unreachable", 14, "person"),
]


GOLDEN = {
    "no_budget": (90, "recycle", "account", False, "", ()),
    "bad_timing": (60, "recycle", "account", True, "", ()),
    "not_a_fit": (180, "recycle", "account", False, "", ()),
    "chose_competitor": (180, "recycle", "account", False, "", ()),
    "need_unclear": (30, "recycle", "person", False, "", ()),
    "no_decision_power": (14, "recycle", "person", False, "another_contact", ()),
    "unreachable": (14, "recycle", "person", False, "", ("new_channel",)),
    "wrong_contact": (0, "close_person", "person", False, "", ()),
    "duplicate": (0, "merge", "person", False, "", ()),
    "wrong_territory": (0, "reroute", "person", False, "", ()),
    "competitor": (0, "disqualify", "person", False, "", ()),
    "student": (0, "disqualify", "person", False, "", ()),
}
"""The method's table: days, outcome, whom it holds back, whether the rep's date wins, the hint, what else is asked."""


def test_the_shipped_reasons_are_the_methods_table_row_by_row() -> None:
    shipped = {
        r.id: (r.cooldown_days, r.outcome, r.scope, r.rep_date_wins, r.hint, r.demands)
        for r in policies().reasons
    }
    assert shipped == GOLDEN
    assert policies().longest().cooldown_days == 180


def test_a_colleague_of_a_wrong_contact_may_pass() -> None:
    tale = Tale()
    tale.heard(DEMO)
    for reason in ("wrong_contact", "duplicate", "wrong_territory", "competitor", "student"):
        tale.colleague(reason)
        assert tale.why == []


@pytest.mark.parametrize(("reason", "days", "scope"), TABLE)
def test_each_reason_rests_for_its_days_and_no_colleague_is_a_back_door(
    reason: str, days: int, scope: str
) -> None:
    tale = said_no(reason)
    ends = tale.now + days * DAY
    assert tale.decision.step is Step.RECYCLED
    assert tale.decision.cooldown_until == tale.decision.handoff.eligible_from == ends
    assert tale.decision.wanted["handoff_status"] == "cooling_down"
    assert "gate.cooldown" in tale.why
    tale.later(days * DAY - SOON)
    assert "gate.cooldown" in tale.why
    tale.later(SOON)
    assert "gate.cooldown" not in tale.why
    assert tale.decision.wanted["cooldown_until"] is None

    other = Tale()
    other.heard(DEMO)
    other.colleague(reason)
    assert ("gate.cooldown_account" in other.why) is (scope == "account")


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("wrong_contact", "refusal.person_closed"),
        ("competitor", "refusal.disqualified"),
        ("student", "refusal.disqualified"),
    ],
)
def test_some_reasons_close_the_person_for_good(reason: str, why: str) -> None:
    tale = said_no(reason)
    assert tale.decision.step is Step.DISQUALIFIED
    tale.now += 30 * DAY
    tale.spoke()
    tale.heard(PRICE)
    assert why in tale.why
    assert tale.click().step is Step.DISQUALIFIED
    assert tale.decision.wanted["handoff_status"] == "disqualified"


def test_a_duplicate_waits_to_be_merged() -> None:
    tale = said_no("duplicate")
    assert (tale.decision.step, tale.why) == (Step.RECYCLED, ["refusal.duplicate"])


def test_a_wrong_territory_goes_to_another_rep_at_once() -> None:
    tale = handed_off()
    tale.now += DAY
    tale.status("rejected", rejection_reason="wrong_territory")
    tale.rep = "r2"
    tale.settle()
    assert tale.decision.step is Step.HANDED_OFF
    assert (tale.verdict.cause, tale.verdict.not_to) == ("reroute", ("r1",))


def test_the_reps_own_date_wins_over_the_days_of_bad_timing_only() -> None:
    day = date(2026, 3, 20)
    start = policies().midnight(day)
    assert said_no("bad_timing", until=day).decision.cooldown_until == start
    assert said_no("no_budget", until=day).decision.cooldown_until == START + 91 * DAY
    assert said_no("bad_timing", until=date(2026, 1, 1)).decision.cooldown_until == START + 61 * DAY


def test_a_rejection_without_a_reason_rests_longest_and_owes_it() -> None:
    tale = said_no("")
    assert tale.decision.cooldown_until == tale.now + 180 * DAY
    assert tale.decision.flags == ("reason_owed",)
    assert "gate.cooldown_reason_owed" in tale.why


def test_a_reason_given_later_completes_the_rejection() -> None:
    tale = said_no("")
    rejected_at = tale.now
    tale.now += DAY
    crm = tale.known.records[-1]
    person = replace(crm.person, rejection_reason="need_unclear", rejection_note="no scenario")
    tale.known = replace(tale.known, records=(*tale.known.records[:-1], replace(crm, person=person)))
    tale.settle()
    assert tale.known.episodes[0].rejection == Rejection(
        rejected_at, "r1", "need_unclear", "no scenario", said_by="r1"
    )
    assert tale.decision.cooldown_until == rejected_at + 30 * DAY
    assert tale.decision.flags == ()


def test_an_owed_reason_that_closes_the_person_hands_nobody_off_meanwhile() -> None:
    tale = handed_off(by=rules(handoff={"default_mode": "automatic", "modes": {}}))
    tale.now += DAY
    tale.crm("rejected")
    tale.now += DAY
    tale.crm("rejected", rejection_reason="wrong_contact")
    assert (tale.decision.step, len(tale.known.episodes)) == (Step.DISQUALIFIED, 1)
    assert "refusal.person_closed" in tale.why


def test_a_reason_that_the_list_does_not_have_is_kept_flagged_and_rests_longest() -> None:
    tale = said_no("我不喜欢")
    assert tale.known.episodes[0].rejection
    assert tale.known.episodes[0].rejection.reason == "我不喜欢"
    assert tale.decision.flags == ("reason_unknown",)
    assert tale.decision.cooldown_until == tale.now + 180 * DAY


def test_a_reason_is_understood_in_either_language() -> None:
    tale = said_no("需求不明确")
    assert tale.known.episodes[0].rejection
    assert tale.known.episodes[0].rejection.reason == "need_unclear"


def test_a_disqualifying_status_disqualifies_unless_a_reason_says_otherwise() -> None:
    tale = handed_off()
    tale.now += DAY
    tale.crm("disqualified")
    assert (tale.decision.step, tale.steps[-2:]) == (Step.DISQUALIFIED, ["rejected", "disqualified"])
    assert "refusal.disqualified" in tale.why
    other = handed_off()
    other.now += DAY
    other.crm("disqualified", rejection_reason="no_budget")
    assert other.decision.step is Step.RECYCLED


def test_after_the_rest_time_alone_is_not_enough() -> None:
    tale = said_no("need_unclear")
    tale.later(31 * DAY)
    assert {"refusal.needs_recontact", "refusal.needs_something_new"} <= set(tale.why)
    tale.spoke()
    assert "refusal.needs_recontact" not in tale.why
    assert "refusal.needs_something_new" in tale.why
    tale.heard(DEMO)
    assert tale.why == []
    tale.rep = "r2"
    tale.click()
    assert tale.decision.step is Step.HANDED_OFF
    assert tale.verdict.not_to == ("r1",)


@pytest.mark.parametrize(
    ("kind", "fields", "counts"),
    [
        (Kind.CALL, {"direction": None, "properties": {"outcome": "No answer"}}, False),
        (Kind.CALL, {"direction": None, "properties": {"outcome": "Connected"}}, True),
        (Kind.MEETING, {"direction": None, "properties": {"outcome": "held"}}, True),
        (Kind.MEETING, {"direction": None}, False),
        (Kind.MEETING, {"planned": True, "two_way": True}, False),
        (Kind.EMAIL_REPLY, {}, True),
        (Kind.DOWNLOAD, {}, False),
    ],
)
def test_only_a_conversation_in_both_directions_is_a_recontact(
    kind: Kind, fields: dict[str, object], counts: bool
) -> None:
    tale = said_no("need_unclear")
    tale.now += 31 * DAY
    tale.heard("Hello", kind=kind, **fields)
    assert ("refusal.needs_recontact" not in tale.why) is counts


def test_a_recontact_before_the_rejection_is_none() -> None:
    tale = said_no("need_unclear")
    tale.heard("Hello", kind=Kind.CHAT, at=tale.now - HOUR)
    tale.later(31 * DAY)
    assert "refusal.needs_recontact" in tale.why


def test_where_only_the_day_is_known_the_time_of_writing_decides() -> None:
    tale = said_no("need_unclear")
    midnight = tale.now.replace(hour=0)
    tale.now += 2 * HOUR
    tale.heard("Hello", kind=Kind.CHAT, at=midnight, precision=Precision.DAY)
    assert "refusal.needs_recontact" not in tale.why


def test_an_unreachable_contact_needs_a_new_channel() -> None:
    tale = handed_off()
    tale.now += HOUR
    tale.heard("rang", kind=Kind.CALL, direction=None, properties={"outcome": "no answer"})
    tale.now += DAY
    tale.crm("rejected", rejection_reason="unreachable")
    tale.now += 15 * DAY
    tale.spoke()
    assert "refusal.needs_new_channel" in tale.why
    tale.heard(DEMO, kind=Kind.MESSAGE)
    assert "refusal.needs_new_channel" not in tale.why


@pytest.mark.parametrize("what", ["evidence", "by_hand", "persona"])
def test_something_new_is_evidence_a_stage_or_a_fact(what: str) -> None:
    tale = said_no("need_unclear")
    tale.now += 31 * DAY
    tale.spoke()
    assert "refusal.needs_something_new" in tale.why
    if what == "evidence":
        tale.heard(DEMO)
    elif what == "by_hand":
        chosen = HandSet("solution-selection", "on the phone", SDR, tale.now)
        tale.known = replace(tale.known, stage_set=chosen)
    else:
        assert tale.known.account.account
        grown = replace(tale.known.account.account, employees=50_000)
        tale.known = replace(tale.known, account=replace(tale.known.account, account=grown))
    tale.settle()
    assert "refusal.needs_something_new" not in tale.why


def test_what_sales_saw_already_is_nothing_new() -> None:
    tale = said_no("need_unclear")
    seen = tale.known.episodes[0].evidence_ids
    assert seen
    tale.later(31 * DAY)
    assert "refusal.needs_something_new" in tale.why


def test_after_three_rejections_in_a_cycle_it_is_disqualified() -> None:
    tale = handed_off()
    for nth in (1, 2, 3):
        tale.now += DAY
        tale.crm("rejected", rejection_reason="need_unclear")
        assert tale.decision.rejections == nth
        tale.now += 31 * DAY
        tale.spoke()
        tale.heard(PRICE)
        tale.rep = f"r{nth + 1}"
        tale.click()
    assert (tale.decision.step, tale.decision.rejections) == (Step.DISQUALIFIED, 3)
    assert "refusal.max_rejections" in tale.why
    assert len(tale.known.episodes) == 3


def test_never_back_to_the_rep_who_rejected_it_unless_that_rep_asked() -> None:
    tale = said_no("need_unclear")
    assert tale.decision.handoff.not_to == ("r1",)
    back = said_no("need_unclear", return_to_me=True)
    assert (back.decision.handoff.not_to, preferred(back)) == ((), [("r1", "return_to_me")])


def preferred(tale: Tale) -> list[tuple[str, str]]:
    return [(one.owner_id, one.cause) for one in tale.settle().handoff.prefer]


def test_who_asked_for_it_back_comes_first_and_only_the_last_word_counts() -> None:
    tale = said_no("need_unclear", return_to_me=True)
    account = replace(tale.known.account, active_owner_id="r7", owner_id="r1")
    tale.known = replace(tale.known, account=account)
    assert preferred(tale) == [("r1", "return_to_me"), ("r7", "open_with_sales")]
    tale.now += 31 * DAY
    tale.spoke()
    tale.heard(PRICE)
    tale.click()
    tale.now += DAY
    tale.crm("rejected", rejection_reason="need_unclear", return_to_me=False)
    assert tale.decision.handoff.not_to == ("r1",)
    assert preferred(tale) == [("r7", "open_with_sales")]


def test_a_rep_who_said_no_in_an_earlier_cycle_does_not_get_it_in_the_next() -> None:
    tale = said_no("need_unclear")
    tale.later(400 * DAY)
    tale.heard(PRICE)
    assert tale.decision.cycle == 2
    assert tale.decision.handoff.not_to == ("r1",)


def test_the_owner_of_the_open_opportunity_comes_before_the_account_owner() -> None:
    tale = said_no("need_unclear")
    account = replace(tale.known.account, active_owner_id="r7", owner_id="r8")
    tale.known = replace(tale.known, account=account)
    assert preferred(tale) == [("r7", "open_with_sales"), ("r8", "account_owner")]
    tale.known = replace(tale.known, account=replace(account, active_owner_id="r1", owner_id="r8"))
    assert preferred(tale) == [("r8", "account_owner")]


def test_a_managers_override_lifts_the_cooldown_and_nothing_else_and_once() -> None:
    tale = said_no("need_unclear")
    tale.now += DAY
    tale.override()
    assert tale.decision.cooldown_until is None
    assert "gate.cooldown" not in tale.why
    assert {"refusal.needs_recontact", "refusal.needs_something_new"} <= set(tale.why)
    tale.spoke()
    tale.heard(DEMO)
    tale.rep = "r2"
    tale.click()
    assert tale.decision.step is Step.HANDED_OFF
    tale.now += DAY
    tale.crm("rejected", rejection_reason="need_unclear")
    assert "gate.cooldown" in tale.why


def test_the_customers_own_strong_evidence_in_the_cooldown_asks_the_manager() -> None:
    tale = said_no("not_a_fit")
    tale.now += DAY
    tale.heard(DEMO)
    assert tale.decision.handoff.deed is Deed.ASK_MANAGER
    assert tale.decision.flags == ("strong_evidence_in_cooldown",)
    assert tale.decision.wanted["next_action"].id == "next.ask_manager"  # type: ignore[union-attr]
    tale.click()
    assert tale.answered.deed is Deed.REFUSE


def test_a_note_of_our_own_people_asks_no_manager() -> None:
    tale = said_no("not_a_fit")
    tale.now += DAY
    tale.heard(DEMO, kind=Kind.NOTE, direction=None, author_id="s1")
    assert tale.decision.handoff.deed is Deed.NOTHING


def test_no_manager_is_asked_about_a_lead_that_the_gate_keeps_back_anyhow() -> None:
    tale = said_no("not_a_fit")
    tale.now += DAY
    tale.change(consent=False)
    tale.heard(DEMO)
    assert tale.decision.handoff.deed is Deed.NOTHING


def test_an_annulled_rejection_goes_to_another_rep_without_rest() -> None:
    tale = said_no("not_a_fit")
    tale.rep = "r2"
    tale.now += DAY
    tale.annul()
    assert tale.decision.step is Step.HANDED_OFF
    assert (tale.verdict.cause, tale.verdict.not_to) == ("annulled", ("r1",))
    assert tale.decision.rejections == 0


def test_a_reason_without_days_needs_no_rest() -> None:
    assert cooldown_end(policies(), Rejection(START, "r1", "duplicate")) is None


def test_the_sdr_is_told_what_to_do_next() -> None:
    def told(tale: Tale) -> str | None:
        action = tale.decision.next_action
        return action.id if action else None

    tale = Tale(name="")
    assert told(tale) == "next.complete"
    assert told(Tale(consent=False)) == "next.settle"
    tale = Tale()
    assert told(tale) == "next.nurture"
    tale.heard(DEMO)
    assert told(tale) == "next.hand_off"
    assert told(handed_off()) is None
    tale = said_no("need_unclear")
    assert told(tale) == "next.wait"
    tale.later(15 * DAY)
    tale.later(16 * DAY)
    tale.heard(DEMO, kind=Kind.FORM)
    assert told(tale) == "next.recontact"
    tale = said_no("need_unclear")
    tale.now += 31 * DAY
    tale.spoke()
    assert told(tale) in ("next.find_news", "next.nurture")
    tale = said_no("no_decision_power")
    tale.later(15 * DAY)
    assert told(tale) == "next.other_contact"


def test_the_pool_of_a_cell_is_its_own_else_its_rows() -> None:
    pools = {"mid-market": {"group": "telesales"}, "mid-market/solution-selection": {"queue": "00G1"}}
    tale = Tale(by=rules(routing={"pools": pools}))
    tale.heard(DEMO)
    assert tale.decision.handoff.pool == "telesales"
    tale.heard(PRICE)
    assert tale.decision.handoff.pool == "queue:00G1"
    assert Tale().decision.handoff.pool == ""


def test_the_rep_is_who_set_the_status_else_the_owner_of_the_hand_off() -> None:
    tale = handed_off()
    tale.now += DAY
    tale.crm("rejected", actor=Actor("crm", "workflow"), rejection_reason="need_unclear")
    assert tale.known.episodes[0].rejection
    assert tale.known.episodes[0].rejection.rep_id == "r1"


def test_a_no_seen_before_its_history_learns_who_set_it() -> None:
    tale = handed_off()
    tale.now += DAY
    record = replace(tale._crm_record(), answer="rejected")
    record = replace(
        record, person=replace(record.person, modified_at=tale.now, rejection_reason="no_budget")
    )
    marketing = tale.known.records[:1]
    tale.known = replace(tale.known, records=(*marketing, record))
    tale.settle()
    seen = tale.known.episodes[0].rejection
    assert seen
    assert (seen.rep_id, seen.said_by) == ("r1", "")
    told = StatusChange(tale.now.replace(microsecond=0), "open", "rejected", Actor("rep", "r5"))
    tale.known = replace(tale.known, records=(*marketing, replace(record, changes=(told,))))
    tale.settle()
    assert tale.known.episodes[0].rejection == replace(seen, rep_id="r5", said_by="r5")


def test_who_said_no_in_an_earlier_cycle_does_not_get_the_lead_in_the_next() -> None:
    tale = said_no("not_a_fit")
    tale.later(400 * DAY)
    tale.rep = "r2"
    tale.heard(PRICE)
    if len(tale.known.episodes) == 1:
        tale.click()
    assert [e.cycle for e in tale.known.episodes] == [1, 2]
    assert tale.verdict.not_to == ("r1",)


def test_who_asked_for_the_lead_back_may_get_it_in_the_next_cycle() -> None:
    tale = said_no("not_a_fit", return_to_me=True)
    tale.later(400 * DAY)
    tale.heard(PRICE)
    if len(tale.known.episodes) == 1:
        tale.click()
    assert tale.verdict.not_to == ()
