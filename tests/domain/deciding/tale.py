"""A lead's tale: facts are told one after the other, and each is decided the way the round does it, until nothing moves.

Stands in for the store: it remembers steps, answers and hand-offs, and fails a test that never comes to rest.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from connector.domain.commands import check_command
from connector.domain.decide import decide
from connector.domain.decision import Decision, Deed, Transition
from connector.domain.facts import (
    AccountFacts,
    Actor,
    Answer,
    Episode,
    Known,
    LinkedRecord,
    Memory,
    Override,
    Rejection,
    Request,
    StatusChange,
    Step,
)
from connector.domain.policies import PoliciesConfig
from connector.domain.rules import Rules
from connector.domain.value import CellFigures, ValueTable
from mappings.records import (
    Account,
    Activity,
    Direction,
    Kind,
    Money,
    Opportunity,
    Person,
    RecordKey,
    SystemRole,
)
from tests.domain.placing.documents import matrix, read, signals

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SDR, MANAGER = Actor("sdr", "s1"), Actor("manager", "m1")

PRICE = "What is the price, and how do you charge? Please send a quotation."
DEMO = "I would like to see a demo."
PAPER = "White paper on quality problems"
TABLE = ValueTable(
    version=4,
    cells={
        f"{persona}/{stage}": CellFigures(f"{persona}/{stage}", rate, 420, 7000, "7000.0", "0.055", "0.065")
        for persona in ("small", "mid-market", "enterprise")
        for stage, rate in (
            ("problem-education", "1/50"),
            ("solution-research", "3/50"),
            ("solution-selection", "1/5"),
        )
    },
    prices={
        p: Money(m * 100, "CNY")
        for p, m in (("small", 40_000), ("mid-market", 200_000), ("enterprise", 800_000))
    },
)


@cache
def policies() -> PoliciesConfig:
    return PoliciesConfig.model_validate(read("policies"))


def rules(**changes: Any) -> Rules:
    """The shipped rules; `changes` replace top-level sections of the policies by dictionaries merged over them."""
    document = read("policies")
    for section, values in changes.items():
        document[section] = {**document[section], **values} if isinstance(values, dict) else values
    return Rules(matrix(), signals(), PoliciesConfig.model_validate(document), values=TABLE)


@cache
def shipped() -> Rules:
    return rules()


EMPLOYEES = {"small": 20, "mid-market": 500, "enterprise": 20_000, "unknown": None}


class Tale:
    """One lead over time. `now` moves only when the test says so."""

    def __init__(self, persona: str = "mid-market", *, by: Rules | None = None, **who: Any) -> None:
        self.rules = by or shipped()
        self.now = START
        self.rep = "r1"
        self.transitions: list[Transition] = []
        facts = {
            "name": "王伟", "company": "Example Works Ltd", "email": "wei@example-works.cn", "source": "web",
            "title": "CTO", "created_at": START - DAY, **who,
        }  # fmt: skip
        account = Account(
            RecordKey("hub", "companies", "1"), name="Example Works", employees=EMPLOYEES[persona]
        )
        key = RecordKey("hub", "contacts", "1")
        person = Person(key, **facts)
        record = LinkedRecord(key, SystemRole.MARKETING, person, created_at=person.created_at)
        self.known = Known("lead-1", START, person, records=(record,), account=AccountFacts(account))
        self.decision = self.settle()

    def settle(self) -> Decision:
        """Decide until nothing moves, as the round does."""
        for _ in range(6):
            decision = decide(self.known, self.rules, self.now)
            moved = bool(decision.transitions or decision.answers or decision.cycles)
            moved = moved or decision.handoff.deed in (Deed.HAND_OFF, Deed.REFUSE)
            self._record(decision)
            if not moved:
                self.decision = decision
                return decision
        raise AssertionError("the lead never comes to rest")

    def _record(self, decision: Decision) -> None:
        self.transitions += decision.transitions
        before = self.known.memory
        episodes = {e.id: e for e in self.known.episodes}
        for said in decision.answers:
            episodes[said.handoff_id] = replace(
                episodes[said.handoff_id], answer=said.answer, answered_at=said.at, rejection=said.rejection
            )
        overrides = self.known.overrides
        if decision.handoff.deed is Deed.HAND_OFF:
            self.verdict = decision.handoff
            nth = f"h{len(episodes) + 1}"
            episodes[nth] = Episode(
                nth, "lead-1", decision.cycle, self.now, SDR, confirmed_at=self.now, owner_id=self.rep,
                cell=decision.cell, value=decision.value.amount if decision.value else None,
                explained=asdict(decision.value) if decision.value else {},
                stage_at=decision.stage.id, evidence_ids=tuple(e.activity_id for e in decision.evidence),
            )  # fmt: skip
            overrides = tuple(replace(o, used=True) for o in overrides)
        memory = remembered(before, decision)
        cycles = {row.number: row for row in (*self.known.cycles, *decision.cycles)}
        self.known = replace(
            self.known,
            memory=memory,
            episodes=tuple(episodes.values()),
            overrides=overrides,
            cycles=tuple(cycles[number] for number in sorted(cycles)),
        )

    def later(self, span: timedelta) -> Decision:
        self.now += span
        return self.settle()

    def heard(self, text: str, *, kind: Kind = Kind.CHAT, **fields: Any) -> Decision:
        """The customer did or said something."""
        nth = f"a{len(self.known.activities)}"
        fields = {"direction": Direction.IN, "text": text, **fields}
        at = fields.pop("at", self.now)
        activity = Activity(RecordKey("hub", "activities", nth), kind, at, self.now, self.now, **fields)
        self.known = replace(self.known, activities=(*self.known.activities, activity))
        return self.settle()

    def page(self) -> Decision:
        return self.heard("", kind=Kind.PAGE_VIEW, url="https://example.cn/")

    def spoke(self) -> Decision:
        """An SDR reached the customer by phone; nothing was said that is evidence."""
        return self.heard(
            "Good to talk again.", kind=Kind.CALL, direction=Direction.OUT, two_way=True, author_id="s1"
        )

    def click(self) -> Decision:
        """The SDR asks for a hand-off; the verdict on it is kept in `answered`, the click in memory."""
        request = Request(f"click-{len(self.known.requests)}", self.now, SDR)
        self.known = replace(self.known, requests=(*self.known.requests, request))
        self.answered = decide(self.known, self.rules, self.now).handoff
        return self.settle()

    def crm(
        self, status: str, *, actor: Actor | None = None, at: datetime | None = None, **person: Any
    ) -> Decision:
        """Somebody sets the status of the CRM record, with these fields."""
        self.status(status, actor=actor, at=at, **person)
        return self.settle()

    def status(
        self, status: str, *, actor: Actor | None = None, at: datetime | None = None, **person: Any
    ) -> None:
        """The same, without deciding: what happens between two polls."""
        crm = next((r for r in self.known.records if r.role is SystemRole.CRM), None) or self._crm_record()
        change = StatusChange(at or self.now, crm.answer, status, actor or Actor("rep", self.rep))
        crm = replace(
            crm, answer=status, changes=(*crm.changes, change), person=replace(crm.person, **person)
        )
        others = tuple(r for r in self.known.records if r.role is not SystemRole.CRM)
        self.known = replace(self.known, records=(*others, crm))

    def _crm_record(self) -> LinkedRecord:
        key = RecordKey("sf", "Lead", "00Q1")
        made = bool(self.known.episodes)
        return LinkedRecord(
            key, SystemRole.CRM, Person(key), by_baton=made, created_at=self.now if made else None
        )

    def opportunity(self, nth: str = "o1", *, named: bool = True, **fields: Any) -> Decision:
        facts = {"created_at": self.now, "person_ids": ("1",) if named else (), "owner_id": "r1", **fields}
        deal = Opportunity(RecordKey("sf", "Opportunity", nth), **facts)
        others = tuple(o for o in self.known.opportunities if o.key.id != nth)
        self.known = replace(self.known, opportunities=(*others, deal))
        return self.settle()

    def colleague(self, reason: str, *, annulled: bool = False) -> Decision:
        """A colleague at the account was handed off and rejected."""
        no = Rejection(self.now, "r9", reason, annulled=annulled)
        other = Episode(
            "x1",
            "lead-2",
            1,
            self.now - DAY,
            SDR,
            confirmed_at=self.now - DAY,
            answer=Answer.REJECTED,
            rejection=no,
        )
        account = replace(self.known.account, other_episodes=(other,))
        self.known = replace(self.known, account=account)
        return self.settle()

    def override(self) -> Decision:
        lifted = Override(self.now, MANAGER, "they called us")
        self.known = replace(self.known, overrides=(*self.known.overrides, lifted))
        return self.settle()

    def annul(self) -> Decision:
        """A manager finds that the rejection does not hold."""
        last = self.known.episodes[-1]
        assert last.rejection
        upheld = replace(last, rejection=replace(last.rejection, annulled=True))
        self.known = replace(self.known, episodes=(*self.known.episodes[:-1], upheld))
        return self.settle()

    def ask(self, command: Any) -> Any:
        return check_command(command, self.known, self.rules, self.now)

    def change(self, **facts: Any) -> Decision:
        self.known = replace(self.known, person=replace(self.known.person, **facts))
        return self.settle()

    @property
    def steps(self) -> list[str]:
        return [str(t.new) for t in self.transitions]

    @property
    def why(self) -> list[str]:
        return [m.id for m in self.decision.handoff.refusals]


def remembered(before: Memory, decision: Decision) -> Memory:
    """What the store keeps of a decision."""
    request = decision.handoff.request
    return replace(
        before,
        step=decision.step,
        step_since=decision.transitions[-1].occurred_at if decision.transitions else before.step_since,
        persona=decision.persona.id,
        persona_candidate=decision.persona.candidate,
        persona_differs_since=decision.persona.differs_since,
        stage=decision.stage.id,
        stage_since=decision.stage.since,
        cycle=decision.cycle,
        cycle_opened_at=decision.cycle_opened_at,
        answered_requests=before.answered_requests | (set(decision.handoff.settles) if request else set()),
    )


def handed_off(persona: str = "mid-market", **fields: Any) -> Tale:
    """A tale that has come to its hand-off."""
    tale = Tale(persona, **fields)
    tale.heard(PRICE)
    if not tale.known.episodes:
        tale.click()
    assert tale.decision.step is Step.HANDED_OFF, tale.why
    return tale


def said_no(reason: str, *, persona: str = "mid-market", until: date | None = None, **fields: Any) -> Tale:
    """A tale in which sales rejected the lead a day after the hand-off."""
    tale = handed_off(persona)
    tale.now += DAY
    tale.crm("rejected", rejection_reason=reason, rejection_until=until, **fields)
    return tale
