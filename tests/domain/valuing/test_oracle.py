"""The delay curve against lifelines: on figures kept from it, and on any data where it is installed; no dependency."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.curves import won_by

KEPT = json.loads((Path(__file__).parent / "kaplan_meier.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", KEPT["sets"])
def test_the_delay_curve_is_that_of_lifelines(name: str) -> None:
    told = KEPT["sets"][name]
    share = won_by(dict(told["ages"]), dict(told["delays"]))
    for day, expected in told["shares"]:
        assert share(day) == pytest.approx(expected, abs=1e-9)


COUNTS = st.dictionaries(st.integers(0, 400), st.integers(1, 9), max_size=30)


@given(ages=COUNTS, delays=COUNTS.filter(bool))
def test_the_delay_curve_is_that_of_lifelines_on_any_data(
    ages: dict[int, int], delays: dict[int, int]
) -> None:
    lifelines: Any = pytest.importorskip("lifelines", reason="lifelines, the oracle, is not installed")
    spans = [(day, False) for day, n in ages.items() for _ in range(n)]
    spans += [(day, True) for day, n in delays.items() for _ in range(n)]
    fitted = lifelines.KaplanMeierFitter().fit([t for t, _ in spans], [won for _, won in spans])
    share = won_by(ages, delays)
    for day in (0, 1, 50, 199, 400, *delays):
        assert share(day) == pytest.approx(1 - float(fitted.predict(day)), abs=1e-9)
