"""Lead cash value: the worked example of the method to the cent, and an estimator that recovers what it was fed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from connector.domain.estimate import Method
from connector.domain.estimate import estimate as estimated
from connector.domain.facts import Message
from connector.domain.unit_history import UnitHistory, tally
from connector.domain.value import (
    ValueConfig,
    ValueTable,
    explanation,
    half_up,
    money_text,
    percent_text,
    value_of,
    worth,
)
from mappings.records import Money
from tests.domain.placing.documents import read

START = date(2025, 1, 1)
DAY = timedelta(days=1)
LATE = START + 1000 * DAY
RAW = ValueConfig(shrink=False)


def estimate(
    history: Sequence[UnitHistory], config: ValueConfig, as_of: date, method: Method = Method.SHRUNK
) -> ValueTable:
    """The table of a history."""
    return estimated(tally(history, as_of), config, method)


def units(
    persona: str, stage: str, *, leads: int, wins: int, price: int, start: int = 0, **fields: Any
) -> list[UnitHistory]:
    """So many matured units of a cell, won after 30 days at that price in whole CNY."""
    return [
        UnitHistory(
            f"{persona}/{stage}/{start + nth}", persona, stage, START,
            won_on=START + 30 * DAY if nth < wins else None,
            lost_on=START + 40 * DAY if nth >= wins else None,
            amounts=(Money(price * 100, "CNY"),) if nth < wins else (),
            **fields,
        )
        for nth in range(leads)
    ]  # fmt: skip


def cny(major: int) -> Money:
    return Money(major * 100, "CNY")


@pytest.mark.parametrize(
    ("cell", "leads", "wins", "price", "rate", "value", "total"),
    [
        ("mid-market/solution-research", 7_000, 420, 200_000, "3/50", 12_000, 84_000_000),
        ("small/solution-selection", 11_000, 2_200, 40_000, "1/5", 8_000, 88_000_000),
        ("small/problem-education", 30_000, 1_500, 40_000, "1/20", 2_000, 60_000_000),
        ("small/solution-research", 10_000, 1_000, 40_000, "1/10", 4_000, 40_000_000),
    ],
)
def test_the_worked_example_of_the_method(
    cell: str, leads: int, wins: int, price: int, rate: str, value: int, total: int
) -> None:
    persona, _, stage = cell.partition("/")
    table = estimate(units(persona, stage, leads=leads, wins=wins, price=price), RAW, LATE)
    found = value_of(table, cell)
    assert found
    assert (found.rate, found.wins, found.leads, found.assumed) == (rate, wins, leads, False)
    assert (found.amount, found.price) == (cny(value), cny(price))
    assert leads * found.amount.minor == cny(total).minor


def test_a_target_is_reached_by_a_mix_and_the_experiment_that_moved_more_leads_failed() -> None:
    assert 1_000 * 12_000 == 3_000 * 4_000 == 12_000_000
    history = units("small", "solution-selection", leads=11_000, wins=2_200, price=40_000)
    history += units("small", "problem-education", leads=30_000, wins=1_500, price=40_000)
    table = estimate(history, RAW, LATE)
    late, early = (value_of(table, f"small/{s}") for s in ("solution-selection", "problem-education"))
    assert late and early  # noqa: PT018
    assert 30_000 * early.amount.minor < 11_000 * late.amount.minor


def test_units_times_value_is_the_money_won_to_the_cent() -> None:
    """The KPI identity: raw rates by cell, exact fractions, row-mean prices."""
    random = Random(7)
    history = []
    for persona in ("small", "enterprise"):
        for stage in ("problem-education", "solution-research"):
            for nth in range(97):
                won = START + 30 * DAY if random.random() < 0.23 else None
                amounts = (Money(random.randrange(1, 9_999_999), "CNY"),) if won else ()
                unit = UnitHistory(f"{persona}{stage}{nth}", persona, stage, START, won, amounts=amounts)
                history.append(unit)
    table = estimate(history, RAW, LATE)
    total = sum(
        figures.leads * Fraction(figures.rate) * Fraction(*table.price_sums[cell.partition("/")[0]])
        for cell, figures in table.cells.items()
        if figures.leads
    )
    assert total == sum(amount.minor for u in history for amount in u.amounts)


def test_the_estimator_recovers_known_rates_from_an_unfinished_history() -> None:
    random = Random(11)
    true = {
        ("small", "solution-selection"): 0.2,
        ("small", "problem-education"): 0.05,
        ("mid-market", "solution-research"): 0.06,
    }
    history = []
    for (persona, stage), rate in true.items():
        for nth in range(4_000):
            entered = START + DAY * random.randrange(360)
            won = entered + DAY * random.randrange(5, 120) if random.random() < rate else None
            history.append(UnitHistory(f"{persona}{stage}{nth}", persona, stage, entered, won))
    table = estimate(history, ValueConfig(), START + 360 * DAY)
    for (persona, stage), rate in true.items():
        figures = table.cells[f"{persona}/{stage}"]
        assert float(figures.rate) == pytest.approx(rate, rel=0.12)
        assert float(figures.low) < rate < float(figures.high)
        assert float(figures.matured) < figures.leads


def test_a_lost_unit_stays_in_the_denominator() -> None:
    open_ = [
        replace(u, lost_on=None) for u in units("small", "solution-research", leads=200, wins=20, price=1)
    ]
    lost = units("small", "solution-research", leads=200, wins=20, price=1)
    assert estimate(open_, RAW, LATE).cells == estimate(lost, RAW, LATE).cells


def test_small_cells_lean_on_their_row_and_column_and_big_ones_do_not() -> None:
    history = units("small", "solution-selection", leads=5_000, wins=1_000, price=40_000)
    history += units("enterprise", "solution-selection", leads=5_000, wins=1_000, price=40_000)
    history += units("mid-market", "solution-selection", leads=4, wins=0, price=40_000)
    cells = estimate(history, ValueConfig(), LATE).cells
    assert float(cells["small/solution-selection"].rate) == pytest.approx(0.2, rel=0.02)
    assert float(cells["mid-market/solution-selection"].rate) > 0.05
    assert cells["mid-market/solution-selection"].few


def test_a_unit_counts_once_per_cell_by_its_first_entry() -> None:
    once = units("small", "solution-research", leads=50, wins=10, price=1)
    again = [replace(u, entered_on=START + 5 * DAY) for u in once]
    assert estimate([*again, *once], RAW, LATE).cells == estimate(once, RAW, LATE).cells


def test_what_happened_after_the_day_of_the_estimate_does_not_count() -> None:
    history = units("small", "solution-research", leads=50, wins=10, price=1)
    assert estimate(history, RAW, START + 20 * DAY).cells["small/solution-research"].wins == 0
    assert estimate(history, RAW, START - DAY).cells == {}


def test_a_win_beyond_the_horizon_is_none() -> None:
    late = [
        replace(u, won_on=START + 200 * DAY)
        for u in units("small", "solution-research", leads=9, wins=9, price=1)
    ]
    assert estimate(late, RAW, LATE).cells["small/solution-research"].wins == 0


def test_units_before_the_recording_began_do_not_count() -> None:
    """Wins may come from either connection, so the later start holds for all."""
    history = units("small", "solution-research", leads=50, wins=10, price=1)
    for starts, counted in (
        ({"crm": date(2025, 1, 2)}, 0),
        ({"crm": date(2025, 1, 1)}, 50),
        ({"crm": date(2024, 1, 1), "marketing": date(2025, 1, 2)}, 0),
    ):
        cells = estimate(history, RAW.model_copy(update={"recording_start": starts}), LATE).cells
        assert sum(figures.leads for figures in cells.values()) == counted


@pytest.mark.parametrize(("leads", "wins", "assumed"), [(29, 6, True), (31, 4, True), (31, 5, False)])
def test_until_enough_is_known_the_assumed_figure_stands_in(leads: int, wins: int, assumed: bool) -> None:
    config = ValueConfig(
        shrink=False, assumed_rates={"solution-research": "0.04"}, assumed_prices={"small": 50_000}
    )
    table = estimate(units("small", "solution-research", leads=leads, wins=wins, price=40_000), config, LATE)
    found = value_of(table, "small/solution-research")
    assert found
    assert found.assumed is assumed
    assert (found.rate == "0.04") is assumed
    assert found.price == (cny(50_000) if wins < 5 else cny(40_000))


def test_with_no_history_the_shipped_assumptions_value_every_cell() -> None:
    config = ValueConfig.model_validate(read("value"))
    table = estimate([], config, LATE)
    assert len(table.cells) == 9
    found = value_of(table, "mid-market/solution-research")
    assert found
    assert (found.amount, found.assumed) == (cny(10_000), True)
    assert explanation(found).id == "value.assumed"
    assert value_of(table, "unknown/solution-research") is None
    assert value_of(table, "small/none") is None


def test_a_cells_own_assumption_beats_its_columns() -> None:
    rates = {"solution-research": "0.04", "small/solution-research": "1/8", "enterprise/x": "1"}
    config = ValueConfig.model_validate({"assumed_rates": rates, "assumed_prices": {"small": 100}})
    table = estimate([], config, LATE)
    assert {cell: f.rate for cell, f in table.cells.items()} == {
        "small/solution-research": "1/8",
        "enterprise/x": "1",
    }


def test_the_price_is_the_rows_mean_in_the_reporting_currency_never_its_median() -> None:
    history = units("small", "solution-research", leads=40, wins=9, price=10_000)
    usd = units("small", "solution-research", leads=1, wins=1, price=0, start=900)
    history += [replace(usd[0], amounts=(Money(100_000_00, "USD"),))]
    rates = [{"currency": "USD", "since": "2025-01-01", "rate": "7"}]
    config = ValueConfig.model_validate({"shrink": False, "budget_rates": rates})
    assert estimate(history, config, LATE).prices["small"] == cny(79_000)
    without = estimate(history, RAW, LATE)
    assert without.prices["small"] == cny(10_000)


def test_a_price_that_depends_on_the_column_is_told() -> None:
    history = units("small", "problem-education", leads=40, wins=10, price=10_000)
    history += units("small", "solution-selection", leads=40, wins=10, price=90_000)
    notes = estimate(history, RAW, LATE).notes
    assert {(n.id, n.params["stage_id"], n.params["percent"]) for n in notes} == {
        ("value.price_by_stage", "problem-education", 20),
        ("value.price_by_stage", "solution-selection", 180),
    }


def test_a_persona_known_mainly_for_won_accounts_is_told() -> None:
    history = units("small", "solution-research", leads=60, wins=40, price=1)
    history += units("unknown", "solution-research", leads=100, wins=0, price=1)
    assert [note.id for note in estimate(history, RAW, LATE).notes] == ["value.leak"]


def test_an_estimate_is_the_same_whatever_the_order_of_its_history() -> None:
    history = units("small", "solution-research", leads=60, wins=12, price=7)
    history += units("enterprise", "problem-education", leads=45, wins=2, price=900)
    shuffled = list(history)
    Random(3).shuffle(shuffled)
    assert estimate(shuffled, ValueConfig(), LATE) == estimate(history, ValueConfig(), LATE)


def test_a_table_survives_storage() -> None:
    table = estimate(units("small", "solution-research", leads=60, wins=12, price=7), ValueConfig(), LATE)
    kept = TypeAdapter(ValueTable)
    assert kept.validate_python(kept.dump_python(table, mode="json")) == table


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 10**12))
def test_a_value_is_the_arithmetic_of_its_explanation(wins: int, more: int, minor: int) -> None:
    rate = f"{wins}/{wins + more}"
    value = worth(rate, Money(minor, "CNY"))
    exact = Fraction(rate) * minor
    assert 0 <= value.minor <= minor
    assert abs(value.minor - exact) <= Fraction(1, 2)


def test_a_half_goes_up() -> None:
    assert [half_up(Fraction(n, 2)) for n in (1, 2, 3)] == [1, 1, 2]


def test_figures_are_shown_exactly() -> None:
    assert [percent_text(r) for r in ("3/50", "0.061234", "1/3", "0", "1")] == [
        "6%",
        "6.1234%",
        "1/3",
        "0%",
        "100%",
    ]
    assert [money_text(Money(m, c)) for m, c in ((123456789, "CNY"), (12000, "JPY"))] == [
        "1,234,567.89 CNY",
        "12,000 JPY",
    ]
    table = estimate(units("small", "solution-research", leads=60, wins=12, price=7), ValueConfig(), LATE)
    found = value_of(table, "small/solution-research")
    assert found
    message = explanation(found)
    assert isinstance(message, Message)
    shown = Fraction(str(message.params["rate"]).removesuffix("%")) / 100
    assert half_up(shown * found.price.minor) == found.amount.minor


@pytest.mark.parametrize("rate", ["six", "1/0", "1.2", "-0.1"])
def test_a_rate_that_is_no_chance_is_refused(rate: str) -> None:
    with pytest.raises(ValidationError):
        ValueConfig(assumed_rates={"solution-research": rate})


def test_a_history_shorter_than_the_horizon_is_told() -> None:
    history = units("small", "solution-research", leads=60, wins=12, price=7)
    notes = estimate(history, RAW, START + 100 * DAY).notes
    assert [(n.id, n.params["days"], n.params["horizon"]) for n in notes] == [
        ("value.short_history", 100, 180)
    ]


def test_wins_that_begin_too_late_to_be_chance_are_told() -> None:
    """Half a year of leads before the recording began, then a win for every fifth."""
    history = [
        UnitHistory(
            str(nth), "small", "solution-research", START + nth * DAY,
            won_on=START + (nth + 20) * DAY if nth >= 160 and nth % 5 == 0 else None,
            amounts=(cny(7),),
        )
        for nth in range(400)
    ]  # fmt: skip
    found = estimate(history, RAW, START + 420 * DAY).notes
    assert [n.id for n in found] == ["value.late_first_win"]
    assert found[0].params["day"] == (START + 180 * DAY).isoformat()
    recorded = RAW.model_copy(update={"recording_start": {"crm": START + 160 * DAY}})
    assert estimate(history, recorded, START + 420 * DAY).notes == ()


def test_amounts_that_cannot_count_are_told() -> None:
    history = units("small", "solution-research", leads=60, wins=12, price=7)
    mixed = (Money(1, "CNY"), Money(1, "USD"))
    history[0] = replace(history[0], amounts=mixed)
    history[1] = replace(history[1], amounts=())
    table = estimate(history, RAW, LATE)
    assert table.price_sums == {"small": (10 * 700, 10)}
    assert {n.id: n.params["count"] for n in table.notes} == {"value.no_rate": 1, "value.no_amount": 1}
    assert table.cells["small/solution-research"].wins == 12


def test_a_persona_known_mainly_for_closed_accounts_is_told() -> None:
    history = units("small", "solution-research", leads=80, wins=5, price=1)
    history += [
        UnitHistory(f"open{nth}", "unknown", "solution-research", START + 100 * DAY) for nth in range(60)
    ]
    assert [n.id for n in estimate(history, RAW, LATE).notes] == ["value.leak_closed"]


def test_a_raw_rate_counts_every_unit_and_leans_on_nothing() -> None:
    history = units("small", "solution-research", leads=3, wins=1, price=7)
    history += units("small", "solution-selection", leads=7, wins=2, price=7)
    cells = estimate(history, ValueConfig(), START + 31 * DAY, Method.RAW).cells
    assert [figures.rate for figures in cells.values()] == ["1/3", "2/7"]


def test_an_earlier_day_is_the_history_as_it_looked_then() -> None:
    history = units("small", "solution-research", leads=60, wins=12, price=7)
    history += [replace(u, unit_id=f"late {u.unit_id}", entered_on=START + 25 * DAY) for u in history]
    for days in (10, 30, 500):
        day = START + days * DAY
        now, then = tally(history, LATE).until(day), tally(history, day)
        assert (now.as_of, now.unwon, now.wins) == (then.as_of, then.unwon, then.wins)
