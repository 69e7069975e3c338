"""Only what a changed section touches is decided again: whom a change does not touch, it changes nothing for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings

from connector.domain.decide import decide
from connector.domain.matrix import MatrixConfig, compile_matrix
from connector.domain.policies import PoliciesConfig
from connector.domain.rules import Rules
from connector.domain.signals import SignalsConfig, compile_signals, read_activity
from connector.domain.touch import EVERYONE, NOBODY, Touch, matrix_touch, policies_touch, signals_touch
from mappings.records import Kind
from tests.domain.deciding.tale import PAPER, PRICE, Tale, shipped
from tests.domain.deciding.test_decide_property import PERSONAS, TALES, told
from tests.domain.placing.documents import matrix_config, read, signals_config

Edit = Callable[[dict[str, Any]], object]


def _signal(document: dict[str, Any], id_: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["signals"] if one["id"] == id_)
    return found


EDITS: dict[str, tuple[str, Edit]] = {
    "a point": ("policies", lambda d: d["handoff"]["points"].update(small={"stage": "solution-research"})),
    "no point": ("policies", lambda d: d["handoff"]["points"].pop("mid-market")),
    "a mode": ("policies", lambda d: d["handoff"]["modes"].update({"small/solution-selection": "automatic"})),
    "a mode less": ("policies", lambda d: d["handoff"]["modes"].pop("enterprise/solution-research")),
    "a pool": ("policies", lambda d: d["routing"].update(pools={"enterprise": {"group": "key"}})),
    "a cell's pool": ("policies", lambda d: d["routing"].update(pools={"small/solution-selection": {"queue": "q"}})),
    "capacity": ("policies", lambda d: d["routing"].update(capacity=9, manager_id="m")),
    "the default mode": ("policies", lambda d: d["handoff"].update(default_mode="suggest")),
    "a cooldown": ("policies", lambda d: d["reasons"][0].update(cooldown_days=5)),
    "a role": ("matrix", lambda d: d["cells"].update({"mid-market/solution-research": {"minimum_role": "decision-maker"}})),
    "a window": ("matrix", lambda d: d["rows"][0]["windows"].update({"problem-education": 5})),
    "a name": ("signals", lambda d: _signal(d, "price-asked")["label"].update(en="Asked what it costs")),
    "a phrase": ("signals", lambda d: d["phrases"]["price"].append("the damage")),
    "a list less": ("signals", lambda d: d["phrases"].update({"price": ["nothing of"], "price-talk": ["the kind"]})),
    "a strength": ("signals", lambda d: _signal(d, "white-paper").update(strength="strong", by_row={})),
    "a row's strength": ("signals", lambda d: _signal(d, "price-asked").update(by_row={"small": "supporting"})),
    "a column": ("signals", lambda d: _signal(d, "price-asked").update(stage="solution-research")),
    "kinds": ("signals", lambda d: _signal(d, "white-paper").update(kinds=["form"])),
    "a need": ("signals", lambda d: d.update(needs=[{"row": "small", "stage": "solution-selection", "strong": 2}])),
    "an alert": ("signals", lambda d: d.update(alerts=[])),
    "guards": ("signals", lambda d: d["guards"].append(
        {"id": "all", "label": {"en": "All"}, "kinds": ["chat", "email_reply"], "when": {"text": {"any_of": ["demo"]}}}
    )),
    "a signal of signals": ("signals", lambda d: d["signals"].append(
        {"id": "both", "label": {"en": "Both"}, "kinds": ["chat", "email_reply"], "strength": "strong",
         "stage": "solution-selection", "when": {"all": [{"signal": "price-asked"}, {"not": {"guard": "seller"}}]}}
    )),
}  # fmt: skip


@cache
def edited(name: str) -> tuple[Rules, Touch]:
    """The shipped rules with that edit, and whom it touches."""
    section, edit = EDITS[name]
    document = copy.deepcopy(read(section))
    edit(document)
    before, matrix = shipped(), matrix_config()
    if section == "matrix":
        after = MatrixConfig.model_validate(document)
        return replace(before, matrix=compile_matrix(after)), matrix_touch(matrix, after)
    if section == "policies":
        policies = PoliciesConfig.model_validate(document)
        return replace(before, policies=policies), policies_touch(before.policies, policies, matrix)
    config = SignalsConfig.model_validate(document)
    compiled = compile_signals(config, matrix)
    return replace(before, signals=compiled), signals_touch(signals_config(), config, matrix)


def touched(tale: Tale, after: Rules, touch: Touch) -> bool:
    """Whether the lead is decided again: what connector.sync.configuration asks of the store."""
    decision, known = tale.decision, tale.known
    if touch.everyone or decision.persona.id in touch.personas or decision.cell in touch.cells:
        return True
    if known.episodes and (touch.personas or touch.cells):
        return True
    for activity in known.activities:
        if activity.kind in touch.kinds:
            reading = read_activity(after.signals, activity)
            if reading != read_activity(tale.rules.signals, activity) or touch.signals & {*reading.signals}:
                return True
    return False


@pytest.mark.parametrize("name", EDITS)
@settings(max_examples=25, deadline=None)
@given(PERSONAS, TALES)
def test_whom_a_change_does_not_touch_is_decided_as_before(
    name: str, persona: str, events: list[tuple[tuple[str, str], int]]
) -> None:
    tale = told(persona, events)
    after, touch = edited(name)
    if not touched(tale, after, touch):
        assert decide(tale.known, after, tale.now) == decide(tale.known, shipped(), tale.now)


def test_a_change_touches_those_for_whom_it_matters_and_spares_others() -> None:
    """The narrowing is worth something: each of these would otherwise concern everyone."""
    asked = Tale("mid-market")
    asked.heard(PRICE)
    read_paper = Tale("small")
    read_paper.heard("", kind=Kind.DOWNLOAD, subject=PAPER)
    for name, of_asked, of_reader in (
        ("a point", False, True), ("a mode less", False, False), ("a name", False, False), ("a strength", False, True),
        ("a list less", True, False), ("a column", True, False), ("kinds", False, True), ("capacity", False, False),
        ("a cooldown", True, True), ("a window", True, True), ("a need", False, True), ("a role", False, False),
    ):  # fmt: skip
        after, touch = edited(name)
        found = touched(asked, after, touch), touched(read_paper, after, touch)
        assert found == (of_asked, of_reader), name


def test_a_price_asked_in_other_words_is_found_where_the_words_are_new() -> None:
    after, touch = edited("a phrase")
    tale = Tale("small")
    tale.heard("The damage for 20 users?")
    assert touched(tale, after, touch)
    assert decide(tale.known, after, tale.now).stage.id == "solution-selection"


def test_what_says_the_same_in_other_words_touches_nobody() -> None:
    document = copy.deepcopy(read("signals"))
    document["phrases"]["more"] = ["price list"]
    document["phrases"]["price"] = [
        *(word for word in reversed(document["phrases"]["price"]) if word != "price list"), "@more",
    ]  # fmt: skip
    config = SignalsConfig.model_validate(document)
    assert signals_touch(signals_config(), config, matrix_config()) == NOBODY
    assert matrix_touch(matrix_config(), matrix_config()) == NOBODY
    assert NOBODY | EVERYONE == EVERYONE


def test_a_group_of_rows_stands_for_its_rows() -> None:
    rows = [
        {"id": f"big-{n}", "group": "enterprise", "label": {"en": "Big"}, "when": {"fact": "account.country", "equals": n}}
        for n in ("cn", "de")
    ]  # fmt: skip
    matrix = MatrixConfig.model_validate({**read("matrix"), "rows": rows})
    document = copy.deepcopy(read("policies"))
    document["handoff"]["points"]["enterprise"] = {"stage": "solution-selection"}
    document["handoff"]["modes"]["enterprise/solution-selection"] = "never"
    touch = policies_touch(shipped().policies, PoliciesConfig.model_validate(document), matrix)
    assert touch.personas == {"big-cn", "big-de"}
    assert touch.cells == {"big-cn/solution-selection", "big-de/solution-selection"}
