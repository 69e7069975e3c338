"""Buying cycles belong to the account: ten contacts of one company are in one purchase, and share its end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.buying_cycle import BuyingCycle
from connector.domain.decide import decide
from connector.domain.facts import Answer, Step
from connector.domain.policies import CyclePolicy
from connector.domain.purchases import joined, past_cycles, settled
from mappings.records import Opportunity, RecordKey
from tests.domain.deciding.tale import DAY, DEMO, PRICE, START, Tale


@dataclass
class Company:
    """Several contacts of one account, each a tale; what one decides of the account's cycles holds for all."""

    size: int
    tales: list[Tale] = field(default_factory=list)
    now: datetime = START

    def __post_init__(self) -> None:
        for number in range(self.size):
            tale = Tale()
            key = RecordKey("hub", "contacts", str(number))
            person = replace(tale.known.person, key=key, email=f"p{number}@example-works.cn")
            record = replace(tale.known.records[0], key=key, person=person)
            tale.known = replace(tale.known, lead_id=f"lead-{number}", person=person, records=(record,))
            self.tales.append(tale)

    def settle(self) -> None:
        """Decide everybody, in turn, until nobody changes the account's cycles or moves."""
        for _ in range(8):
            before = [(t.known.cycles, t.known.memory) for t in self.tales]
            for tale in self.tales:
                self._share(tale)
                tale.now = self.now
                tale.settle()
                self._share(tale, tale.known.cycles)
            if before == [(t.known.cycles, t.known.memory) for t in self.tales]:
                return
        raise AssertionError("the account never comes to rest")

    def _share(self, mine: Tale, rows: tuple[BuyingCycle, ...] | None = None) -> None:
        """What one knows of the account, as the store would give it to the next."""
        if rows is not None:
            for tale in self.tales:
                tale.known = replace(tale.known, cycles=rows)
            return
        others = [t for t in self.tales if t is not mine]
        heard = sorted(a.occurred_at for t in others for a in t.known.activities)
        deals = {deal.key: deal for t in self.tales for deal in t.known.opportunities}
        episodes = tuple(e for t in others for e in t.known.episodes)
        account = replace(mine.known.account, heard=tuple(heard), other_episodes=episodes)
        mine.known = replace(mine.known, account=account, opportunities=tuple(deals.values()))

    def heard(self, who: int, text: str = PRICE) -> None:
        self.tales[who].now = self.now
        self.tales[who].heard(text)
        self._share(self.tales[who], self.tales[who].known.cycles)
        self.settle()

    def clicks(self, who: int) -> None:
        self.tales[who].now = self.now
        self.tales[who].click()
        self.settle()

    def deal(self, who: int, *, won: bool | None = None) -> None:
        nth = f"o{who}"
        known = {d.key.id: d for t in self.tales for d in t.known.opportunities}
        since = known[nth].created_at if nth in known and not known[nth].is_closed else self.now
        if nth in known and known[nth].is_closed:
            nth, since = f"o{who}-{self.now:%j%H}", self.now
        deal = Opportunity(
            RecordKey("sf", "Opportunity", nth), created_at=since, person_ids=(str(who),), owner_id="r1",
            is_closed=won is not None, is_won=bool(won), closed_at=self.now if won is not None else None,
        )  # fmt: skip
        for tale in self.tales:
            others = tuple(o for o in tale.known.opportunities if o.key.id != nth)
            tale.known = replace(tale.known, opportunities=(*others, deal))
        self.settle()

    @property
    def rows(self) -> tuple[BuyingCycle, ...]:
        return self.tales[0].known.cycles

    def cycles(self) -> list[int]:
        return [tale.decision.cycle for tale in self.tales]


def test_ten_contacts_of_one_company_are_in_one_cycle() -> None:
    company = Company(10)
    for who in range(10):
        company.now += DAY
        company.heard(who)
    assert [(row.number, row.opened_at, row.closed_at) for row in company.rows] == [(1, START + DAY, None)]
    assert company.cycles() == [1] * 10


def test_a_win_by_one_closes_the_cycle_for_all_and_holds_further_hand_offs_back() -> None:
    company = Company(2)
    company.heard(0)
    company.heard(1)
    company.clicks(0)
    company.now += DAY
    company.deal(0, won=True)
    assert (company.rows[0].closed_at, company.rows[0].closed_by) == (company.now, "won")
    colleague = company.tales[1]
    assert "gate.cycle_won" in colleague.why
    assert colleague.decision.step is Step.MAL
    company.clicks(1)
    assert colleague.known.episodes == ()


def test_a_colleagues_fresh_evidence_opens_the_next_cycle_for_all() -> None:
    company = Company(3)
    company.heard(0)
    company.clicks(0)
    company.now += DAY
    company.deal(0, won=True)
    company.now += 40 * DAY
    company.heard(2)
    assert [row.number for row in company.rows] == [1, 2]
    assert company.rows[1].opened_at == company.now
    assert company.cycles() == [2, 2, 2]
    assert company.tales[0].decision.step is Step.MAL
    assert company.tales[0].why[0] == "gate.customer"
    company.clicks(2)
    assert [e.cycle for e in company.tales[2].known.episodes] == [2]


def test_who_sales_holds_stays_in_the_old_cycle_until_sales_has_answered() -> None:
    company = Company(2)
    company.heard(0)
    company.heard(1)
    company.clicks(0)
    company.clicks(1)
    company.now += DAY
    company.deal(0, won=True)
    company.now += 40 * DAY
    company.heard(0)
    assert company.cycles() == [2, 1]
    company.tales[1].now = company.now + DAY
    company.tales[1].crm("rejected", rejection_reason="need_unclear")
    company.now += DAY
    company.settle()
    assert company.cycles() == [2, 2]
    assert company.tales[1].known.episodes[0].answer is Answer.REJECTED


def test_the_silence_of_the_whole_account_ends_a_cycle_not_that_of_one_contact() -> None:
    company = Company(2)
    company.heard(0)
    for _ in range(5):
        company.now += 100 * DAY
        company.heard(1, "Thanks.")
    company.now += 100 * DAY
    company.heard(0)
    assert company.cycles() == [1, 1]
    company.now += 400 * DAY
    company.heard(1)
    assert [row.closed_by for row in company.rows] == ["silence", ""]
    assert company.cycles() == [2, 2]


def test_a_win_that_the_crm_takes_back_opens_the_cycle_again() -> None:
    company = Company(2)
    company.heard(0)
    company.clicks(0)
    company.now += DAY
    company.deal(0, won=True)
    for tale in company.tales:
        (deal,) = tale.known.opportunities
        again = replace(deal, is_closed=False, is_won=False, closed_at=None)
        tale.known = replace(tale.known, opportunities=(again,))
    company.settle()
    assert (company.rows[0].closed_at, company.rows[0].closed_by) == (None, "")


def test_a_win_whose_opportunity_vanished_stays_one() -> None:
    row = BuyingCycle(1, START, START + DAY, "won", "sf:Opportunity:o1")
    assert settled(row, []) == row


def deal(nth: str, *, created: int, closed: int | None = None, won: bool = False) -> Opportunity:
    at = START + closed * DAY if closed is not None else None
    return Opportunity(
        RecordKey("sf", "Opportunity", nth), created_at=START + created * DAY, closed_at=at,
        is_closed=at is not None, is_won=won,
    )  # fmt: skip


def test_earlier_purchases_of_a_customer_are_cycles_of_the_past() -> None:
    deals = [
        deal("a", created=0, closed=10, won=True), deal("b", created=5, closed=20, won=True),
        deal("c", created=200, closed=210, won=True), deal("d", created=300, closed=310),
    ]  # fmt: skip
    found = past_cycles(deals, CyclePolicy())
    assert [(row.number, row.opened_at, row.closed_at, row.closed_by) for row in found] == [
        (1, START, START + 10 * DAY, "won"),
        (2, START + 200 * DAY, START + 210 * DAY, "won"),
        (3, START + 310 * DAY, START + 310 * DAY, "lost"),
    ]


def test_a_contact_who_is_new_at_a_customer_opens_the_next_cycle() -> None:
    tale = Tale()
    old = replace(deal("a", created=-400, closed=-300, won=True), person_ids=("somebody else",))
    tale.known = replace(tale.known, opportunities=(old,))
    tale.heard(DEMO)
    assert [(row.number, row.closed_by) for row in tale.known.cycles] == [(1, "won"), (2, "")]
    assert (tale.decision.cycle, tale.decision.step) == (2, Step.MQL)


def test_evidence_that_is_read_late_counts_in_the_cycle_that_a_colleague_opened() -> None:
    company = Company(2)
    company.heard(0)
    company.now += DAY
    company.deal(0, won=True)
    company.now += 40 * DAY
    company.heard(0)
    company.tales[1].now = company.now
    company.tales[1].heard(PRICE, at=company.now - 2 * DAY)
    company.settle()
    assert company.tales[1].decision.stage.id == "solution-selection"
    assert company.rows[1].opened_at == company.now - 2 * DAY


ROWS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 900), st.integers(0, 400), st.booleans()), max_size=4
)


def story(parts: list[tuple[int, int, int, bool]]) -> tuple[BuyingCycle, ...]:
    """Any well-formed story of one unit."""
    at, rows = START, []
    for number in range(1, len(parts) + 1):
        _, pause, length, open_ = parts[number - 1]
        at += pause * DAY
        ends = None if open_ and number == len(parts) else at + length * DAY
        rows.append(BuyingCycle(number, at, ends, "won" if ends else ""))
        at = ends or at
    return tuple(rows)


@settings(max_examples=200, deadline=None)
@given(ROWS, ROWS)
def test_two_units_that_are_one_have_one_story(
    mine: list[tuple[int, int, int, bool]], other: list[tuple[int, int, int, bool]]
) -> None:
    found = joined(story(mine), story(other))
    well_formed(found)
    assert joined(story(other), story(mine)) == found


def well_formed(rows: tuple[BuyingCycle, ...]) -> None:
    """One cycle at a time: numbered without a gap, none but the latest open, none opened before the last was over."""
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    for row, after in pairwise(rows):
        assert row.closed_at is not None
        assert row.opened_at <= row.closed_at <= after.opened_at


ACTS = st.lists(
    st.tuples(st.sampled_from(["heard", "demo", "click", "deal", "won", "lost", "no", "accepted"]), st.integers(0, 2),
              st.integers(0, 500)),
    max_size=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(ACTS)
def test_an_account_is_in_one_cycle_at_a_time_whoever_does_what(acts: list[tuple[str, int, int]]) -> None:
    company = Company(3)
    for what, who, hours in acts:
        company.now += timedelta(hours=hours * 5 + 1)
        tale = company.tales[who]
        match what:
            case "heard" | "demo":
                company.heard(who, PRICE if what == "heard" else DEMO)
            case "click":
                company.clicks(who)
            case "deal" | "won" | "lost":
                company.deal(who, won={"deal": None, "won": True, "lost": False}[what])
            case "no" | "accepted":
                tale.now = company.now
                tale.crm("rejected" if what == "no" else "accepted", rejection_reason="need_unclear")
                company.settle()
        well_formed(company.rows)
        latest = company.rows[-1].number if company.rows else 1
        for one in company.tales:
            held = one.decision.handoff.refusals and one.decision.handoff.refusals[0].id.startswith(
                ("refusal.with_sales", "refusal.under_way")
            )
            assert one.decision.cycle == latest or (held and one.decision.cycle < latest)
            assert decide(one.known, one.rules, one.now).cycles == ()
