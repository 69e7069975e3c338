"""The judge's truth table: who wins and why, for every rule, direction and state of three values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.document import Rule, SyncLine, Toward
from mappings.judge import Flow, Reason, Side, Sides, Verdict, Winner, judge
from mappings.values import UNREADABLE, FieldType

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SYNCED = [rule for rule in Rule if rule is not Rule.DO_NOT_SYNC]
ONE_WAY, BOTH = Toward.TO_CRM, Toward.BOTH


def verdict(
    rule: Rule, direction: Toward, base: str | None, source: str | None, target: str | None
) -> tuple[str, str]:
    found = judge(Flow(direction, rule), Sides(base, source, target))
    return found.winner.value, found.reason.value


@pytest.mark.parametrize("direction", Toward)
@pytest.mark.parametrize("rule", SYNCED)
def test_equal_values_are_left_alone_whatever_the_rule(rule: Rule, direction: Toward) -> None:
    assert verdict(rule, direction, "old", "new", "new ") == ("nobody", "agree")
    assert verdict(rule, direction, None, "", None) == ("nobody", "agree")


@pytest.mark.parametrize("direction", Toward)
def test_a_field_that_is_not_synced_is_left_alone(direction: Toward) -> None:
    assert verdict(Rule.DO_NOT_SYNC, direction, "old", "new", "other") == ("nobody", "not_synced")


@pytest.mark.parametrize("direction", Toward)
@pytest.mark.parametrize("rule", SYNCED)
@pytest.mark.parametrize(
    ("source", "target"), [(UNREADABLE, "x"), ("x", UNREADABLE), (UNREADABLE, UNREADABLE)]
)
def test_a_hidden_field_is_neither_written_nor_written_from(
    rule: Rule, direction: Toward, source: Side, target: Side
) -> None:
    found = judge(Flow(direction, rule), Sides("x", source, target))
    assert found == Verdict(Winner.NOBODY, Reason.UNREADABLE)


TABLE = [
    # only the source changed
    (Rule.SOURCE_WINS, ONE_WAY, "a", "b", "a", "source", "source_changed"),
    (Rule.SOURCE_WINS, BOTH, "a", "b", "a", "source", "source_changed"),
    (Rule.TARGET_WINS, ONE_WAY, "a", "b", "a", "source", "source_changed"),
    (Rule.MOST_RECENT, BOTH, "a", "b", "a", "source", "source_changed"),
    (Rule.TARGET_UNLESS_BLANK, ONE_WAY, "a", "b", "a", "nobody", "target_filled"),
    (Rule.TARGET_UNLESS_BLANK, BOTH, "a", "b", "a", "nobody", "target_filled"),
    (Rule.TARGET_UNLESS_BLANK, ONE_WAY, None, "b", None, "source", "source_changed"),
    (Rule.SOURCE_WINS, ONE_WAY, "a", None, "a", "source", "source_changed"),
    # only the target changed
    (Rule.SOURCE_WINS, ONE_WAY, "a", "a", "b", "source", "source_restored"),
    (Rule.SOURCE_WINS, ONE_WAY, None, None, "b", "nobody", "source_blank"),
    (Rule.SOURCE_WINS, BOTH, "a", "a", "b", "target", "target_changed"),
    (Rule.TARGET_WINS, ONE_WAY, "a", "a", "b", "nobody", "target_kept"),
    (Rule.TARGET_WINS, BOTH, "a", "a", "b", "target", "target_changed"),
    (Rule.MOST_RECENT, ONE_WAY, "a", "a", "b", "nobody", "target_kept"),
    (Rule.MOST_RECENT, BOTH, "a", "a", "b", "target", "target_changed"),
    (Rule.TARGET_UNLESS_BLANK, ONE_WAY, "a", "a", "b", "nobody", "target_kept"),
    (Rule.TARGET_UNLESS_BLANK, ONE_WAY, "a", "a", " ", "source", "target_blank"),
    (Rule.TARGET_UNLESS_BLANK, BOTH, "a", "a", "", "source", "target_blank"),
    (Rule.TARGET_UNLESS_BLANK, BOTH, "a", "a", "b", "target", "target_changed"),
    # both changed
    (Rule.SOURCE_WINS, ONE_WAY, "a", "b", "c", "source", "source_wins"),
    (Rule.SOURCE_WINS, BOTH, "a", "b", "c", "source", "source_wins"),
    (Rule.TARGET_WINS, ONE_WAY, "a", "b", "c", "nobody", "target_wins"),
    (Rule.TARGET_WINS, BOTH, "a", "b", "c", "target", "target_wins"),
    (Rule.TARGET_UNLESS_BLANK, ONE_WAY, "a", "b", "c", "nobody", "target_filled"),
    (Rule.TARGET_UNLESS_BLANK, BOTH, "a", "b", "c", "target", "target_filled"),
    (Rule.TARGET_UNLESS_BLANK, BOTH, "a", "b", None, "source", "target_blank"),
]


@pytest.mark.parametrize(("rule", "direction", "base", "source", "target", "winner", "reason"), TABLE)
def test_the_truth_table(
    rule: Rule, direction: Toward, base: str, source: str, target: str, winner: str, reason: str
) -> None:
    assert verdict(rule, direction, base, source, target) == (winner, reason)


@pytest.mark.parametrize(
    ("ahead", "direction", "winner", "reason"),
    [
        (timedelta(seconds=1), BOTH, "source", "source_newer"),
        (timedelta(seconds=1), ONE_WAY, "source", "source_newer"),
        (timedelta(seconds=-1), BOTH, "target", "target_newer"),
        (timedelta(seconds=-1), ONE_WAY, "nobody", "target_newer"),
    ],
)
def test_most_recent_goes_by_both_times(
    ahead: timedelta, direction: Toward, winner: str, reason: str
) -> None:
    sides = Sides("a", "b", "c", source_at=NOON + ahead, target_at=NOON)
    assert judge(Flow(direction, Rule.MOST_RECENT), sides) == Verdict(Winner(winner), Reason(reason))


@pytest.mark.parametrize(
    ("source_at", "target_at", "after"),
    [(NOON, NOON, "tie"), (None, NOON, "no_times"), (NOON, None, "no_times"), (None, None, "no_times")],
)
@pytest.mark.parametrize(
    ("fallback", "winner", "reason"),
    [
        (Rule.SOURCE_WINS, Winner.SOURCE, Reason.SOURCE_WINS),
        (Rule.TARGET_WINS, Winner.TARGET, Reason.TARGET_WINS),
        (Rule.TARGET_UNLESS_BLANK, Winner.TARGET, Reason.TARGET_FILLED),
    ],
)
def test_a_tie_and_missing_times_are_verdicts_by_the_fallback(
    source_at: datetime | None,
    target_at: datetime | None,
    after: str,
    fallback: Rule,
    winner: Winner,
    reason: Reason,
) -> None:
    sides = Sides("a", "b", "c", source_at=source_at, target_at=target_at)
    assert judge(Flow(BOTH, Rule.MOST_RECENT, fallback), sides) == Verdict(winner, reason, after)


def test_a_value_that_only_looks_different_is_unchanged() -> None:
    # 1.0 and 1.00 agree with each other; a date field that shows a time agrees with its day only by type.
    assert (
        judge(Flow(BOTH, Rule.SOURCE_WINS), Sides("1", "1.0", "1.00", type=FieldType.NUMBER)).reason
        is Reason.AGREE
    )


def test_a_flow_is_read_from_the_document() -> None:
    line = SyncLine(field="email", direction=Toward.BOTH, rule=Rule.MOST_RECENT, fallback=Rule.SOURCE_WINS)
    assert Flow.of(line) == Flow(Toward.BOTH, Rule.MOST_RECENT, Rule.SOURCE_WINS)


VALUES = st.sampled_from([None, "", "a", "b", "c"])
TIMES = st.sampled_from([None, NOON, NOON + timedelta(hours=1)])


@given(st.sampled_from(Rule), st.sampled_from(Toward), VALUES, VALUES, VALUES, TIMES, TIMES)
def test_after_one_step_there_is_nothing_more_to_do(
    rule: Rule,
    direction: Toward,
    base: str | None,
    source: str | None,
    target: str | None,
    source_at: datetime | None,
    target_at: datetime | None,
) -> None:
    found = judge(Flow(direction, rule), Sides(base, source, target, source_at, target_at))
    assert not (found.winner is Winner.TARGET and direction is not Toward.BOTH)
    if found.winner is Winner.NOBODY:
        return
    settled = source if found.winner is Winner.SOURCE else target
    again = judge(Flow(direction, rule), Sides(settled, settled, settled, source_at, target_at))
    assert again.winner is Winner.NOBODY


@pytest.mark.parametrize("direction", Toward)
@pytest.mark.parametrize("rule", SYNCED)
def test_where_two_never_agreed_blanks_are_filled_and_nothing_is_overwritten(
    rule: Rule, direction: Toward
) -> None:
    def first(source: str | None, target: str | None) -> str:
        return judge(Flow(direction, rule), Sides(None, source, target, met=False)).winner.value

    assert first("a", "b") == "nobody"
    assert first("a", "") == "source"
    assert first(None, "b") == ("target" if direction is Toward.BOTH else "nobody")


def test_values_that_never_agreed_are_judged_by_what_each_side_said_itself() -> None:
    def later(source: str, target: str) -> str:
        return judge(Flow(BOTH, Rule.TARGET_WINS), Sides("b", source, target, apart=("a", "b"))).winner.value

    assert (later("a", "b"), later("new", "b"), later("a", "new")) == ("nobody", "source", "target")
