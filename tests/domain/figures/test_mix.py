"""Which leads make a target, and what a year's revenue asks of a month."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.decomposition import decompose
from connector.domain.mix import mix
from connector.domain.targets import FunnelRates, PlanConfig

RESEARCH = "mid-market/solution-research"


def test_twelve_million_is_a_thousand_leads_at_twelve_thousand_or_three_thousand_worth_four() -> None:
    values = {RESEARCH: 1_200_000, "mid-market/problem-education": 400_000}
    found = mix(1_200_000_000, values, {RESEARCH: 250})
    assert [(row.cell, row.alone) for row in found.rows] == [
        (RESEARCH, 1000),
        ("mid-market/problem-education", 3000),
    ]
    assert (found.leads, found.worth, found.rows[0].leads, found.rows[1].leads) == (
        1000,
        1_200_000_000,
        1000,
        0,
    )


def test_the_recent_mix_keeps_its_proportions() -> None:
    found = mix(1_000_000, {"a/x": 3000, "b/x": 1000}, {"a/x": 30, "b/x": 10, "c/x": 4})
    assert [row.leads for row in found.rows] == [300, 100]
    assert (found.worth, found.valueless) == (1_000_000, 4)


def test_without_recent_leads_or_value_there_is_no_mix_but_single_cells() -> None:
    found = mix(500, {"a/x": 100, "b/x": 0}, {})
    assert (found.leads, found.worth) == (None, None)
    assert [row.alone for row in found.rows] == [5, None]


CELLS = st.dictionaries(
    st.sampled_from(["a/x", "a/y", "b/x", "b/y"]),
    st.tuples(st.integers(0, 10**7), st.integers(-2, 500)),
    min_size=1,
)


@given(st.integers(0, 10**10), CELLS)
def test_a_mix_makes_the_amount_and_no_cell_has_a_lead_too_many(
    amount: int, cells: dict[str, tuple[int, int]]
) -> None:
    found = mix(amount, {c: v for c, (v, _) in cells.items()}, {c: n for c, (_, n) in cells.items()})
    if found.leads is None or found.worth is None:
        assert not any(v > 0 and n > 0 for v, n in cells.values())
    else:
        assert found.worth >= amount
        assert found.worth < amount + sum(value for value, _ in cells.values()) or amount == 0
    for row in found.rows:
        if row.alone:
            assert row.alone * row.value >= amount > (row.alone - 1) * row.value


PLAN = PlanConfig(
    annual_revenue=Decimal(300_000_000),
    average_price=Decimal(200_000),
    rates=FunnelRates(sql_to_opportunity="0.5", opportunity_to_won="0.25"),
    teams={"east": Decimal(3), "south": Decimal(2)},
)


def test_a_years_revenue_is_taken_apart_down_to_the_leads_of_a_month() -> None:
    found = decompose(PLAN, "CNY")
    assert found.year.revenue == 12_000_000_000
    month = found.month
    assert month.revenue == 1_000_000_000
    assert (month.won, month.opportunities, month.sqls) == (50, 200, 400)
    assert month.mqls == 1053  # 400 / 0.38 = 1052.6
    assert month.leads == 2632  # 400 / 0.38 / 0.40 = 2631.6
    assert [(team, one.leads, one.revenue) for team, one in found.teams] == [
        ("east", 1579, 600_000_000),
        ("south", 1053, 400_000_000),
    ]


@given(
    st.integers(1, 10**9),
    st.integers(1, 10**6),
    st.lists(st.integers(1, 40), max_size=5),
    st.integers(1, 100),
)
def test_teams_add_up_to_the_month_and_each_step_suffices(
    revenue: int, price: int, teams: list[int], percent: int
) -> None:
    rate = str(Fraction(percent, 100))
    plan = PlanConfig(
        annual_revenue=Decimal(revenue),
        average_price=Decimal(price),
        rates=FunnelRates(opportunity_to_won=rate),
        teams={f"team {number}": Decimal(share) for number, share in enumerate(teams)},
    )
    found = decompose(plan, "CNY")
    for name in ("revenue", "won", "opportunities", "sqls", "mqls", "leads"):
        if teams:
            assert sum(getattr(one, name) for _, one in found.teams) == getattr(found.month, name)
        assert getattr(found.month, name) * 12 >= getattr(found.year, name) or name == "revenue"
    assert found.month.opportunities * Fraction(rate) * found.average_price * 12 >= found.year.revenue - 12
