"""Documents that contradict each other, or name what does not exist, are refused with the path of the fault."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest

from connector.domain.coherence import check_policies, check_value
from connector.domain.matrix_config import MatrixConfig
from connector.domain.policies import PoliciesConfig
from connector.domain.signals import SignalsConfig, check_signals
from connector.domain.signals_check import circles, unspoken
from connector.domain.value import ValueConfig
from tests.domain.placing.documents import matrix_config, read, signals_config

shipped = cache(read)


def policies(**handoff: Any) -> list[str]:
    """What is wrong with the shipped policies after these changes below `handoff`."""
    document = copy.deepcopy(shipped("policies"))
    for key, values in handoff.items():
        document["handoff"][key].update(values)
    return check_policies(PoliciesConfig.model_validate(document), matrix_config(), signals_config())


def signals(**parts: Any) -> list[str]:
    document = copy.deepcopy(shipped("signals"))
    for key, more in parts.items():
        document[key] = [*document[key], *more] if isinstance(more, list) else {**document[key], **more}
    return check_signals(SignalsConfig.model_validate(document), matrix_config())


def test_the_shipped_documents_fit_each_other() -> None:
    assert policies() == []
    assert check_value(ValueConfig.model_validate(shipped("value")), matrix_config()) == []
    assert list(unspoken(signals_config(), matrix_config())) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"points": {"giant": {"stage": "solution-research"}}}, "handoff.points.giant: no row and no group"),
        ({"points": {"small": {"stage": "nowhere"}}}, "handoff.points.small.stage: 'nowhere' is no column"),
        (
            {"points": {"small": {"stage": "solution-research", "next_stage": "problem-education"}}},
            "handoff.points.small.next_stage: 'problem-education' is no column behind",
        ),
        (
            {"points": {"small": {"stage": "solution-research", "signals": ["price-asked", "no-such"]}}},
            "handoff.points.small.signals[1]: no signal 'no-such'",
        ),
        ({"points": {"small": {"stage": "solution-research", "points": 99}}}, "handoff.points.small.points: all signals"),
        ({"modes": {"giant/solution-research": "never"}}, "handoff.modes.giant/solution-research: no such cell"),
        (
            {"modes": {"small/problem-education": "automatic"}},
            "handoff.modes.small/problem-education: automatic can never happen here: its hand-off point lies further on",
        ),
        ({"modes": {"unknown/solution-selection": "suggest"}}, "handoff.modes.unknown/solution-selection: suggest can"),
    ],
)  # fmt: skip
def test_contradictions_of_points_and_modes_are_named(changes: dict[str, Any], problem: str) -> None:
    (found,) = policies(**changes)
    assert found.startswith(problem)


def test_a_negative_signal_is_no_hand_off_point() -> None:
    negative = next(one.id for one in signals_config().signals if one.strength == "negative")
    (found,) = policies(points={"small": {"stage": "solution-research", "signals": [negative]}})
    assert "negative" in found


def test_a_row_without_a_point_hands_nothing_off_by_itself() -> None:
    document = copy.deepcopy(shipped("policies"))
    del document["handoff"]["points"]["enterprise"]
    found = check_policies(PoliciesConfig.model_validate(document), matrix_config(), signals_config())
    assert len(found) == 2
    assert all("the row has no hand-off point" in problem for problem in found)


def test_words_that_mean_two_things_and_pools_of_nothing_are_named() -> None:
    document = copy.deepcopy(shipped("policies"))
    document["reasons"][1]["words"].append("No budget")
    document["status_words"]["accepted"].append("未联系")
    document["routing"]["pools"] = {"giant": {"group": "a"}, "small/nowhere": {"group": "a"}}
    found = check_policies(PoliciesConfig.model_validate(document), matrix_config(), signals_config())
    assert [problem.partition(":")[0] for problem in found] == [
        "routing.pools.giant", "routing.pools.small/nowhere", "reasons[1]", "status_words.accepted[6]",
    ]  # fmt: skip


def test_values_of_rows_and_cells_that_do_not_exist_are_named() -> None:
    document = shipped("value")
    wrong = {
        **document,
        "horizon_days": {"giant": 5},
        "assumed_prices": {"giant": 5},
        "assumed_rates": {"small/nowhere": "0.5", "elsewhere": "0.5", "small/solution-research": "0.5"},
    }
    found = check_value(ValueConfig.model_validate(wrong), matrix_config())
    assert [problem.partition(":")[0] for problem in found] == [
        "horizon_days.giant", "assumed_prices.giant", "assumed_rates.small/nowhere", "assumed_rates.elsewhere",
    ]  # fmt: skip


def test_a_column_that_no_signal_speaks_for_is_named() -> None:
    document = shipped("signals")
    mute = {
        **document,
        "signals": [one for one in document["signals"] if one.get("stage") != "problem-education"],
        "alerts": [],
    }
    (found,) = unspoken(SignalsConfig.model_validate(mute), matrix_config())
    assert found.startswith("stages[0]: no signal speaks for 'problem-education'")
    first, *others = shipped("matrix")["stages"]
    by_hand = {**shipped("matrix"), "stages": [{**first, "by_hand": True}, *others]}
    assert list(unspoken(SignalsConfig.model_validate(mute), MatrixConfig.model_validate(by_hand))) == []


GUARD = {"label": {"en": "G"}, "kinds": ["chat"]}
SIGNAL = {"label": {"en": "S"}, "kinds": ["chat"], "stage": "solution-research", "strength": "strong"}


def test_conditions_that_go_round_in_a_circle_are_refused() -> None:
    (found,) = signals(
        guards=[{"id": "g", **GUARD, "when": {"not": {"signal": "s"}}}],
        signals=[{"id": "s", **SIGNAL, "when": {"any": [{"guard": "g"}, {"direction": "in"}]}}],
    )
    assert "goes round in a circle: signal s → guard g → signal s" in found
    (found,) = signals(guards=[{"id": "g", **GUARD, "when": {"guard": "g"}}])
    assert "guards[" in found
    assert "guard g → guard g" in found


def test_names_of_no_signal_no_guard_and_no_list_are_refused() -> None:
    found = signals(
        guards=[
            {
                "id": "g",
                **GUARD,
                "when": {"any": [{"signal": "x"}, {"guard": "y"}, {"text": {"any_of": ["@z"]}}]},
            }
        ]
    )
    assert [problem.partition(": ")[2] for problem in found] == [
        "no phrase list '@z'", "no signal 'x'", "no guard 'y'",
    ]  # fmt: skip


def test_lists_that_name_each_other_in_a_circle_are_refused() -> None:
    (found,) = signals(phrases={"one": ["a", "@two"], "two": ["@one"]})
    assert found == "phrases.one: the lists go round in a circle: @one → @two → @one"
    assert signals(phrases={"one": ["a", "@two"], "two": ["b", "@price"]}) == []


def test_every_circle_is_found_once_and_no_other() -> None:
    assert list(circles({"a": ("b",), "b": ("c",), "c": (), "d": ("b", "c")})) == []
    assert list(circles({"a": ("b",), "b": ("a",), "c": ("a",), "d": ("d",)})) == [
        ("a", "b", "a"),
        ("d", "d"),
    ]
