"""A cooldown is never crossed by any interleaving of paths: commands, edits in the CRM, automations, colleagues, time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from connector.domain.commands import Accept, Accepted, HandOff, LiftCooldown, Refused, Reject
from connector.domain.decision import Decision, Deed, EpisodeAnswer
from connector.domain.dispute import Found, Settle
from connector.domain.facts import (
    Actor,
    Answer,
    Episode,
    LinkedRecord,
    Override,
    Rejection,
    Request,
    StatusChange,
)
from mappings.records import Person, RecordKey, SystemRole
from tests.domain.deciding.tale import DAY, DEMO, MANAGER, PRICE, SDR, Tale, policies, rules

TABLE: dict[str, tuple[int, bool, str]] = {
    "no_budget": (90, True, ""), "bad_timing": (60, True, ""), "not_a_fit": (180, True, ""),
    "chose_competitor": (180, True, ""), "need_unclear": (30, False, ""), "no_decision_power": (14, False, ""),
    "unreachable": (14, False, ""), "wrong_contact": (0, False, "close"), "duplicate": (0, False, "merge"),
    "wrong_territory": (0, False, ""), "competitor": (0, False, "out"), "student": (0, False, "out"),
    "": (180, True, ""), "no idea": (180, True, ""),
}  # fmt: skip
"""Days, whether the whole account rests, and what ends it for good, as the method has them; copied by hand, so that the
rules cannot agree with themselves. Without a reason, or with an unknown one, as the longest."""

ACTORS = {"rep": Actor("rep", "r1"), "flow": Actor("crm", "flow"), "baton": Actor("baton", "flow")}
UNTIL = date(2026, 5, 1)


def rests_until(no: Rejection) -> datetime:
    days = TABLE[no.reason][0]
    if no.reason == "bad_timing" and no.until and policies().midnight(no.until) > no.at:
        return policies().midnight(no.until)
    return no.at + days * DAY


def running(tale: Tale) -> list[Rejection]:
    """The rejections that hold the lead back now, by the table alone."""
    own = [(e.rejection, True) for e in tale.known.episodes if e.rejection and e.answer is Answer.REJECTED]
    others = [(e.rejection, False) for e in tale.known.account.other_episodes if e.rejection]
    lifted = [one.at for one in tale.known.overrides if not one.used]
    return [
        no
        for no, mine in (*own, *others)
        if not no.annulled
        and (mine or TABLE[no.reason][1])
        and tale.now < rests_until(no)
        and not any(at >= no.at for at in lifted)
    ]


def standing(tale: Tale) -> list[Any]:
    """The hand-offs whose no stands."""
    return [e for e in tale.known.episodes if e.rejection and not e.rejection.annulled]


def answered(episode: Episode, answers: dict[str, EpisodeAnswer]) -> Episode:
    said = answers.get(episode.id)
    if said is None:
        return episode
    return replace(episode, answer=said.answer, answered_at=said.at, rejection=said.rejection)


class Watched(Tale):
    """Fails the moment a hand-off begins that a cooldown forbids."""

    def _record(self, decision: Decision) -> None:
        if decision.handoff.deed is Deed.HAND_OFF:
            answers = {one.handoff_id: one for one in decision.answers}
            self.known = replace(
                self.known, episodes=tuple(answered(e, answers) for e in self.known.episodes)
            )
            assert running(self) == [], "a cooldown was crossed"
            outcomes = {TABLE[e.rejection.reason][2] for e in standing(self)}
            assert not outcomes & {"close", "out", "merge"}, "somebody whom sales closed is handed off"
            said_no = sorted((e.rejection for e in self.known.episodes if e.rejection), key=lambda r: r.at)
            last = {no.rep_id: no for no in said_no if no.rep_id}
            never = {rep for rep, no in last.items() if not no.return_to_me}
            assert never <= set(decision.handoff.not_to), "it may go back to who said no"
            self.rep = f"r{len(self.known.episodes) + 1}"
        super()._record(decision)


class Paths(RuleBasedStateMachine):
    """One lead and its account; whatever anybody may do about them, in any order."""

    @initialize(
        persona=st.sampled_from(["small", "mid-market", "enterprise"]),
        how=st.sampled_from(["flag", "revert"]),
        mode=st.sampled_from(["automatic", "on_click"]),
    )
    def begin(self, persona: str, how: str, mode: str) -> None:
        by = rules(recycling={"on_violation": how}, handoff={"default_mode": mode, "modes": {}})
        self.tale = Watched(persona, by=by)
        self.clicks = 0
        self.tale.heard(PRICE)
        self.tale.click()

    @rule(hours=st.sampled_from([1, 20, 24 * 15, 24 * 31, 24 * 61, 24 * 91]))
    def wait(self, hours: int) -> None:
        self.tale.later(timedelta(hours=hours))

    @rule(text=st.sampled_from([PRICE, DEMO]), spoken=st.booleans())
    def the_customer_comes_back(self, text: str, spoken: bool) -> None:
        self.tale.now += timedelta(minutes=5)
        self.tale.heard(text)
        if spoken:
            self.tale.now += timedelta(minutes=5)
            self.tale.spoke()

    @rule(hours=st.sampled_from([-1, 1]))
    def around_the_end_of_its_rest_the_customer_comes_back(self, hours: int) -> None:
        ends = max(map(rests_until, running(self.tale)), default=None)
        if ends is not None:
            self.tale.later(max(ends + timedelta(hours=hours) - self.tale.now, timedelta(0)))
            self.the_customer_comes_back(PRICE, spoken=True)
            self.the_sdr_clicks()

    @rule()
    def the_sdr_clicks(self) -> None:
        self.clicks += 1
        self._store(self.tale.ask(HandOff(SDR, f"panel-{self.clicks}", self.tale.now)))

    @rule()
    def the_property_is_set(self) -> None:
        self.tale.click()

    @rule(
        reason=st.sampled_from(["no_budget", "need_unclear", "not_a_fit", "wrong_territory"]),
        back=st.booleans(),
    )
    def the_rep_rejects_in_the_panel(self, reason: str, back: bool) -> None:
        self.tale.now += timedelta(minutes=5)
        self._store(self.tale.ask(Reject(Actor("rep", self.tale.rep), reason, return_to_me=back)))

    @rule()
    def the_rep_accepts_in_the_panel(self) -> None:
        self._store(self.tale.ask(Accept(Actor("rep", self.tale.rep))))

    @rule(
        status=st.sampled_from(["open", "accepted", "accepted", "qualified", "converted"]),
        who=st.sampled_from(sorted(ACTORS)),
    )
    def somebody_sets_the_status(self, status: str, who: str) -> None:
        if self.tale.known.episodes:
            self.tale.now += timedelta(minutes=5)
            self.tale.crm(status, actor=ACTORS[who])

    @rule(reason=st.sampled_from(sorted(TABLE)), until=st.sampled_from([None, UNTIL]))
    def sales_rejects_in_the_crm(self, reason: str, until: date | None) -> None:
        if self.tale.known.episodes:
            self.tale.now += timedelta(minutes=5)
            self.tale.crm("rejected", rejection_reason=reason, rejection_until=until)

    @rule(status=st.sampled_from(["open", "accepted"]), nth=st.integers(2, 3))
    def a_rep_makes_another_record(self, status: str, nth: int) -> None:
        tale = self.tale
        tale.now += timedelta(minutes=5)
        person = Person(RecordKey("sf", "Lead", f"00Q{nth}"), created_at=tale.now, modified_at=tale.now)
        change = StatusChange(tale.now, "open", status, Actor("rep", "r9"))
        record = LinkedRecord(
            person.key, SystemRole.CRM, person, answer=status, changes=(change,), created_at=tale.now
        )
        others = tuple(one for one in tale.known.records if one.key != person.key)
        tale.known = replace(tale.known, records=(*others, record))
        tale.settle()

    @rule(won=st.sampled_from([None, True, False]), chance=st.integers(0, 5))
    def a_deal(self, won: bool | None, chance: int) -> None:
        tale = self.tale
        if chance:
            return  # rare, for it ends the story
        tale.now += timedelta(minutes=5)
        closed: dict[str, Any] = (
            {"is_closed": True, "is_won": won, "closed_at": tale.now} if won is not None else {}
        )
        tale.opportunity(f"o{len(tale.known.opportunities)}", **closed)

    @rule(reason=st.sampled_from(["no_budget", "need_unclear", "not_a_fit"]), annulled=st.booleans())
    def a_colleague_is_rejected(self, reason: str, annulled: bool) -> None:
        self.tale.colleague(reason, annulled=annulled)

    @rule(by=st.sampled_from([MANAGER, SDR]), why=st.sampled_from(["they called us", ""]))
    def somebody_lifts_the_cooldown(self, by: Actor, why: str) -> None:
        outcome = self.tale.ask(LiftCooldown(by, why))
        if by is SDR or not why:
            assert isinstance(outcome, Refused)
        self._store(outcome)

    @rule(finding=st.sampled_from(["rep", "sdr", "unclear"]))
    def a_manager_settles(self, finding: str) -> None:
        self._store(self.tale.ask(Settle(MANAGER, finding, f"asked on {self.tale.now:%d}")))

    @invariant()
    def while_it_rests_nothing_passes(self) -> None:
        tale = getattr(self, "tale", None)
        if tale is None or not running(tale):
            return
        assert tale.decision.handoff.deed is not Deed.HAND_OFF
        asked = tale.ask(HandOff(SDR, "probe", tale.now))
        assert isinstance(asked, Refused)

    def _store(self, outcome: Accepted | Refused) -> None:
        """What the store keeps of a command; then the lead is decided."""
        tale = self.tale
        for effect in outcome.effects if isinstance(outcome, Accepted) else ():
            match effect:
                case Request():
                    tale.known = replace(tale.known, requests=(*tale.known.requests, effect))
                case Override():
                    tale.known = replace(tale.known, overrides=(*tale.known.overrides, effect))
                case EpisodeAnswer():
                    self._change(effect.handoff_id, answer=effect.answer, answered_at=effect.at,
                                 rejection=effect.rejection)  # fmt: skip
                case Found():
                    self._settle(effect)
        tale.settle()

    def _settle(self, found: Found) -> None:
        episode = next(e for e in self.tale.known.episodes if e.id == found.handoff_id)
        assert episode.rejection
        dispute = replace(episode.rejection.dispute, finding=found.finding, found_at=found.at)
        self._change(episode.id, rejection=replace(episode.rejection, annulled=found.annuls, dispute=dispute))

    def _change(self, handoff_id: str, **values: Any) -> None:
        episodes: tuple[Episode, ...] = tuple(
            replace(e, **values) if e.id == handoff_id else e for e in self.tale.known.episodes
        )
        self.tale.known = replace(self.tale.known, episodes=episodes)


TestPaths = Paths.TestCase
TestPaths.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
