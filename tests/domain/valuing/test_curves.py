"""The curves behind an estimate: delay to a win, shrinkage, what a small cell may be."""

from __future__ import annotations

from collections import Counter

import pytest

from connector.domain.curves import beta_quantile, matured, won_by
from connector.domain.shrinkage import NO_LEANING, additive_logit, beta_binomial, lean
from connector.domain.solving import cell_variances, inverted


def test_the_delay_curve_rises_to_one_at_the_horizon() -> None:
    share = won_by({100: 1, 5: 1, 15: 1}, {10: 1, 20: 1})
    assert share(9) == 0
    assert share(10) == pytest.approx(1 / 4)
    assert share(20) == pytest.approx(1 - 3 / 4 * 1 / 2)
    grown = matured(share, 100)
    assert (grown(5), grown(100), grown(900)) == (0.0, 1.0, 1.0)
    assert matured(won_by({9: 1}, {}), 10)(5) == 0.5


def test_the_delay_curve_stays_level_where_too_few_are_left() -> None:
    ages, delays = {30: 50, 200: 2}, {10: 5, 150: 1}
    assert won_by(ages, delays)(200) > 0.3
    level = won_by(ages, delays, least_at_risk=10)
    assert level(200) == level(10) == pytest.approx(5 / 58)


def test_the_quantiles_of_a_beta_distribution() -> None:
    assert beta_quantile(0.5, 1, 1) == pytest.approx(0.5)
    assert beta_quantile(0.05, 2, 3) == pytest.approx(0.0976, abs=1e-4)
    assert beta_quantile(0.95, 200, 800) == pytest.approx(0.2211, abs=1e-3)
    assert beta_quantile(0.95, 0.5, 10.5) == pytest.approx(0.171, abs=2e-3)


def test_an_additive_logit_fits_rows_and_columns() -> None:
    counts = {
        ("a", "x"): (100.0, 1000.0),
        ("a", "y"): (200.0, 1000.0),
        ("b", "x"): (50.0, 1000.0),
        ("b", "y"): (0.0, 0.0),
    }
    means = additive_logit(counts)
    assert means["a", "x"] == pytest.approx(0.1, abs=0.01)
    assert means["b", "y"] == pytest.approx(0.105, abs=0.03)


def test_the_likeliest_strength_is_found_and_never_exceeds_what_is_allowed() -> None:
    scattered = {
        (row, column): (float(wins), 200.0)
        for row, wins_of in zip("abcd", ((5, 60, 20), (70, 8, 30), (10, 50, 90), (60, 20, 5)), strict=True)
        for column, wins in zip("xyz", wins_of, strict=True)
    }
    found = lean(scattered, 200)
    beside = [beta_binomial(scattered, found.means, found.kappa * by) for by in (0.9, 1.0, 1.1)]
    assert max(beside) == beside[1]
    assert 1 < found.kappa < 100
    assert lean(scattered, 3).kappa <= 3
    even = dict.fromkeys(scattered, (20.0, 200.0))
    assert lean(even, 200).kappa == pytest.approx(200)


def test_nothing_leans_without_a_win_or_where_none_is_allowed() -> None:
    assert lean({("a", "x"): (0.0, 10.0)}, 200) == NO_LEANING
    assert lean({("a", "x"): (5.0, 10.0)}, 0) == NO_LEANING


def test_weights_of_the_strengths_sum_to_one() -> None:
    found = lean({("a", "x"): (5.0, 50.0), ("b", "x"): (9.0, 30.0)}, 200)
    assert sum(weight for _, weight, _ in found.spread) == pytest.approx(1)


def test_a_table_is_solved_like_the_whole_of_its_equations() -> None:
    weights = {("a", "x"): 3.0, ("a", "y"): 5.0, ("a", "z"): 2.0, ("b", "x"): 1.0, ("b", "z"): 4.0}
    names = ["", *sorted({f"r{r}" for r, _ in weights} | {f"c{c}" for _, c in weights})]
    whole = [[0.0] * len(names) for _ in names]
    for at in range(len(names)):
        whole[at][at] = 0.5 if at else 1e-9
    for (row, column), weight in weights.items():
        mine = [0, names.index(f"r{row}"), names.index(f"c{column}")]
        for one in mine:
            for other in mine:
                whole[one][other] += weight
    rest, determinant = inverted(whole)
    found, information = cell_variances(weights, 0.5)
    assert information == pytest.approx(determinant)
    for (row, column), variance in found.items():
        mine = [0, names.index(f"r{row}"), names.index(f"c{column}")]
        assert variance == pytest.approx(sum(rest[one][other] for one in mine for other in mine))


def test_a_cell_alone_is_known_no_better_than_its_own_units() -> None:
    """Its mean comes from the same units that it is applied to: counted twice, the interval would be half as wide."""
    found = lean({("a", "x"): (40.0, 200.0)}, 200)
    shares = Counter({kappa: weight for kappa, weight, _ in found.spread})
    assert sum(shares.values()) == pytest.approx(1)
    kappa, _, variances = found.spread[-1]
    leaning = kappa / (200 + kappa)
    total = 0.2 * 0.8 / (200 + kappa + 1) + leaning**2 * variances["a", "x"]
    assert total == pytest.approx(0.2 * 0.8 / 200, rel=0.15)
