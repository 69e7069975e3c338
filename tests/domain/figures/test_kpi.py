"""The value KPI: one credit per buying cycle, reversals on their own day, and figures that add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.exact_worth import exact_worth, leads_worth
from connector.domain.kpi import (
    Dimension,
    Entry,
    EntryKind,
    HandedOff,
    InvalidRules,
    Refused,
    Sums,
    entries,
    key_of,
)
from connector.domain.shares import apportion
from connector.domain.value import CellFigures, ValueTable, half_up, value_of
from mappings.records import Money

BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
INVALID = InvalidRules(frozenset({"duplicate", "competitor"}), frozenset({"sdr"}))
CELL = "mid-market/solution-research"


def after(days: float) -> datetime:
    return BEGIN + timedelta(days=days)


def handed(id_: str = "h1", *, days: float = 0, lead: str = "a", refused: Refused | None = None) -> HandedOff:
    return HandedOff(id_, lead, "acme", 1, after(days), CELL, Money(1_200_000, "CNY"), refused=refused)


def account(*handoffs: HandedOff) -> list[tuple[str, str, datetime, str]]:
    return [(one.kind.value, one.handoff.id, one.at, one.cause) for one in entries(handoffs, INVALID)]


def test_the_first_hand_off_that_sales_got_earns_the_credit_whoever_asked_first() -> None:
    assert account(handed("h2", days=3, lead="b"), handed("h1", days=1)) == [("credit", "h1", after(1), "")]


def test_a_rejection_that_the_rate_prices_takes_nothing_back() -> None:
    no = Refused(after(2), "no_budget")
    again = handed("h2", days=120)
    assert account(handed(refused=no), again) == [("credit", "h1", after(0), "")]


def test_an_invalid_lead_is_reversed_on_the_day_of_the_verdict_and_the_credit_stays() -> None:
    assert account(handed(refused=Refused(after(40), "duplicate"))) == [
        ("credit", "h1", after(0), ""),
        ("reversal", "h1", after(40), "duplicate"),
    ]


def test_a_later_hand_off_of_the_same_lead_can_show_that_it_was_none() -> None:
    first = handed(refused=Refused(after(2), "no_budget"))
    second = handed("h2", days=100, refused=Refused(after(101), "competitor"))
    assert account(first, second) == [
        ("credit", "h1", after(0), ""),
        ("reversal", "h1", after(101), "competitor"),
    ]


def test_a_colleague_who_is_none_takes_nothing_from_the_account() -> None:
    colleague = handed("h2", days=1, lead="b", refused=Refused(after(2), "duplicate"))
    assert account(handed(), colleague) == [("credit", "h1", after(0), "")]


def test_a_verdict_that_a_manager_annuls_is_booked_back_on_the_day_of_the_finding() -> None:
    no = Refused(after(5), "duplicate", annulled=True, finding="rep", found_at=after(9))
    assert account(handed(refused=no)) == [
        ("credit", "h1", after(0), ""),
        ("reversal", "h1", after(5), "duplicate"),
        ("reinstatement", "h1", after(9), "annulled"),
    ]


def test_a_duplicate_is_settled_by_the_merge_and_says_nothing_of_the_other_lead() -> None:
    no = Refused(after(5), "duplicate", merged_at=after(9))
    first, second = handed(), handed("h2", days=1)
    assert account(first, replace(second, refused=no)) == [("credit", "h1", after(0), "")]
    assert account(replace(first, refused=no), second)[1:] == [
        ("reversal", "h1", after(5), "duplicate"),
        ("reinstatement", "h1", after(9), "annulled"),
    ]


def test_a_finding_can_show_what_the_reason_does_not() -> None:
    no = Refused(after(5), "need_unclear", finding="sdr", found_at=after(9))
    assert account(handed(refused=no))[1] == ("reversal", "h1", after(9), "sdr")
    assert len(account(handed(refused=replace(no, finding="unclear")))) == 1


def test_a_verdict_stamped_before_the_hand_off_counts_from_the_hand_off() -> None:
    assert account(handed(days=1, refused=Refused(after(0), "duplicate")))[1][2] == after(1)


def test_two_verdicts_of_one_instant_are_booked_alike_in_whatever_order_they_are_read() -> None:
    one = handed("h1", refused=Refused(after(5), "duplicate"))
    other = handed("h2", refused=Refused(after(5), "competitor"))
    assert entries([one, other], INVALID) == entries([other, one], INVALID)
    assert entries([one, other], INVALID)[1].cause == "duplicate"


TIMES = st.integers(0, 400).map(after)


@st.composite
def cycles(draw: st.DrawFn) -> list[HandedOff]:
    """Hand-offs of one cycle, of one to three leads, with any answer and any finding at any time."""
    found = []
    for number in range(draw(st.integers(1, 6))):
        refused = None
        if draw(st.booleans()):
            found_at = draw(st.none() | TIMES)
            refused = Refused(
                draw(TIMES),
                draw(st.sampled_from(["duplicate", "competitor", "no_budget", ""])),
                annulled=draw(st.booleans()),
                finding=draw(st.sampled_from(["", "sdr", "rep", "lead"])) if found_at else "",
                found_at=found_at,
                merged_at=draw(st.none() | TIMES),
            )
        one = handed(f"h{number}", lead=draw(st.sampled_from("abc")), refused=refused)
        found.append(replace(one, at=draw(TIMES)))
    return found


@given(cycles(), st.randoms())
def test_a_cycle_has_one_credit_and_never_counts_twice_or_below_nought(
    handoffs: list[HandedOff], chance: st.DataObject
) -> None:
    booked = entries(handoffs, INVALID)
    assert [one.kind for one in booked].count(EntryKind.CREDIT) == 1
    assert booked[0].kind is EntryKind.CREDIT
    assert booked[0].at == min(one.at for one in handoffs)
    assert [one.at for one in booked] == sorted(one.at for one in booked)
    standing = 0
    for one in booked:
        assert one.handoff is booked[0].handoff
        standing += one.kind.sign
        assert standing in (0, 1)
    shuffled = list(handoffs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert entries(shuffled, INVALID) == booked


@given(cycles(), cycles())
def test_what_happens_later_never_moves_a_credit(earlier: list[HandedOff], later: list[HandedOff]) -> None:
    more = [replace(one, id=f"x{one.id}", at=one.at + timedelta(days=401)) for one in later]
    assert entries([*earlier, *more], INVALID)[0] == entries(earlier, INVALID)[0]


@given(cycles(), cycles())
def test_leads_found_to_be_one_unit_keep_one_credit_the_earlier(
    one: list[HandedOff], other: list[HandedOff]
) -> None:
    merged = [*one, *(replace(each, id=f"x{each.id}") for each in other)]
    booked = [each for each in entries(merged, INVALID) if each.kind is EntryKind.CREDIT]
    assert [each.at for each in booked] == [min(each.at for each in merged)]


ENTRIES = st.lists(
    st.tuples(st.sampled_from(EntryKind), st.sampled_from(["x", "y", "z"]), st.none() | st.integers(0, 10**9))
)


@given(ENTRIES)
def test_rows_add_up_to_the_whole_to_the_minor_unit(booked: list[tuple[EntryKind, str, int | None]]) -> None:
    whole, rows = Sums(), {name: Sums() for name in "xyz"}
    for kind, name, minor in booked:
        whole.add(kind, minor)
        rows[name].add(kind, minor)
    assert sum(row.net for row in rows.values()) == whole.net
    assert sum(row.leads for row in rows.values()) == whole.leads
    assert whole.net == sum(kind.sign * (minor or 0) for kind, _, minor in booked)


def test_a_row_is_named_by_what_was_frozen() -> None:
    one = replace(handed(), owner_id="r1", source="event", campaign="spring", sdr_id="s1")
    keys = {dimension.value: key_of(one, dimension) for dimension in Dimension}
    assert keys == {
        "persona": "mid-market", "cell": CELL, "source": "event", "campaign": "spring", "owner": "r1", "sdr": "s1",
    }  # fmt: skip


UNITS = st.lists(
    st.tuples(
        st.sampled_from(["small", "mid-market", "enterprise"]),
        st.sampled_from(["problem-education", "solution-research"]),
        st.none() | st.integers(1, 10**10),
    ),
    min_size=1,
    max_size=60,
)


def raw_table(units: list[tuple[str, str, int | None]]) -> ValueTable:
    """Raw rates by cell at hand-off, and the exact mean of each row's purchases."""
    leads, wins, money, bought = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for row, column, won in units:
        leads[f"{row}/{column}"] += 1
        if won is not None:
            wins[f"{row}/{column}"] += 1
            money[row] += won
            bought[row] += 1
    cells = {
        cell: CellFigures(cell, str(Fraction(wins[cell], n)), wins[cell], n, str(n), "0", "1")
        for cell, n in leads.items()
    }
    prices = {row: Money(half_up(Fraction(money[row], bought[row])), "CNY") for row in money}
    return ValueTable(1, cells, prices, {row: (money[row], bought[row]) for row in money})


@given(UNITS)
def test_leads_times_value_is_the_money_won_to_the_cent(units: list[tuple[str, str, int | None]]) -> None:
    table = raw_table(units)
    counts: dict[str, dict[str, int]] = {}
    for row, column, _ in units:
        cells = counts.setdefault(row, {})
        cells[f"{row}/{column}"] = cells.get(f"{row}/{column}", 0) + 1
    found = leads_worth(counts, table)
    won = Counter[str]()
    for row, _, amount in units:
        won[row] += amount or 0
    assert found.total == sum(won.values())
    assert found.rows == {row: won[row] for row in counts}


def test_restated_rows_add_up_where_no_row_is_whole() -> None:
    figures = {f"{row}/x": CellFigures(f"{row}/x", "1/3", 1, 3, "3", "0", "1") for row in "abc"}
    table = ValueTable(2, figures, {row: Money(100, "CNY") for row in "abc"})
    found = leads_worth({row: {f"{row}/x": 1} for row in "abc"}, table)
    assert (found.total, found.rows) == (100, {"a": 34, "b": 33, "c": 33})
    assert leads_worth({"a": {"a/x": -1, "b/x": 1}}, table).total == 0
    assert leads_worth({"a": {"a/none": 2, "a/x": 3}}, table).valueless == 2


def test_an_assumed_price_is_no_mean() -> None:
    table = ValueTable(
        2,
        {"a/x": CellFigures("a/x", "1/2", 1, 2, "2", "0", "1")},
        {"a": Money(1000, "CNY")},
        {"a": (70, 2)},
    )
    assert exact_worth(table, "a/x") == 500


def test_the_value_shown_is_the_exact_worth_rounded() -> None:
    figures = CellFigures(CELL, "0.06", 420, 7000, "7000", "0.055", "0.065")
    table = ValueTable(4, {CELL: figures}, {"mid-market": Money(20_000_000, "CNY")})
    shown = value_of(table, CELL)
    assert shown is not None
    assert exact_worth(table, CELL) == shown.amount.minor == 1_200_000


@given(st.integers(0, 10**12), st.lists(st.integers(0, 50), min_size=1, max_size=8))
def test_shares_add_up_and_none_is_off_by_a_whole_unit(total: int, weights: list[int]) -> None:
    shares = [Fraction(weight) for weight in weights]
    parts = apportion(total, shares)
    assert sum(parts) == total
    if any(weights):
        assert all(
            abs(part - Fraction(total * w, sum(weights))) < 1 for part, w in zip(parts, weights, strict=True)
        )


def test_entries_are_plain_values() -> None:
    assert entries([handed()], INVALID) == (Entry(EntryKind.CREDIT, after(0), handed()),)
