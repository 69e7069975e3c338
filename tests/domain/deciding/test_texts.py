"""Every sentence exists in both languages with the same gaps, and renders."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest
from pydantic import ValidationError

from connector import texts
from connector.domain.facts import Message, Step
from connector.domain.policies import PoliciesConfig
from connector.texts import LOCALES, catalogue, render, shipped
from mappings.records import Kind
from tests.domain.deciding.tale import policies
from tests.domain.placing.documents import read

DOMAIN = Path(texts.__file__).parent / "domain"


def used() -> set[str]:
    """Every message id that the domain names."""
    found = set()
    for path in sorted(DOMAIN.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Message":
                first = node.args[0]
                options = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                assert all(isinstance(one, ast.Constant) for one in options), f"{path.name}:{node.lineno}"
                found |= {one.value for one in options if isinstance(one, ast.Constant)}
    return {str(name) for name in found}


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_message_of_the_domain_has_a_text(locale: str) -> None:
    joined = {"list", "or"}
    assert used() - joined - catalogue(locale).keys() == set()
    assert {f"{name}.separator" for name in joined} <= catalogue(locale).keys()


def test_both_languages_say_the_same_things_with_the_same_gaps() -> None:
    english, chinese = (catalogue(locale) for locale in LOCALES)
    assert english.keys() == chinese.keys()
    assert {n for n in english if gaps(english[n]) != gaps(chinese[n])} == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_what_the_shipped_documents_name_has_a_name(locale: str) -> None:
    names = catalogue(locale)
    assert all(f"reason.{reason.id}" in names for reason in policies().reasons)
    assert all(f"kind.{kind}" in names for kind in Kind)
    assert all(f"step.{step}" in names for step in Step)


@pytest.mark.parametrize(
    ("asked", "served"),
    [("en", "en"), ("en-GB", "en"), ("zh", "zh_CN"), ("zh-CN", "zh_CN"), ("zh_Hans_CN", "zh_CN"), ("de", "en"), ("", "en")],
)  # fmt: skip
def test_a_reader_gets_the_nearest_language(asked: str, served: str) -> None:
    assert shipped(asked) == served


def test_ids_are_named_by_the_caller_else_by_the_catalogue_else_stay() -> None:
    message = Message("gate.cooldown", {"reason_id": "no_budget", "until": "2026-05-01"})
    assert render(message, "en") == "Sales rejected it (no budget); it rests until 2026-05-01."
    assert "没有预算" in render(message, "zh_CN")
    assert "Kein Geld" in render(message, "en", {"no_budget": "Kein Geld"})
    assert "own_reason" in render(Message("gate.cooldown", {"reason_id": "own_reason", "until": ""}), "en")


def test_several_messages_are_one_a_line_each_and_alternatives_are_joined() -> None:
    choices = [Message("gate.field", {"field_id": name}) for name in ("mobile", "email")]
    fields = Message("or", {str(nth): choice for nth, choice in enumerate(choices)})
    both = Message(
        "list", {"1": Message("gate.missing_all", {"fields": fields}), "2": Message("gate.competitor")}
    )
    assert render(both, "en").splitlines() == [
        "Missing: mobile number or e-mail.",
        "The company is a competitor.",
    ]
    assert "手机、邮箱" in render(both, "zh_CN")


def test_a_cell_is_named_by_its_row_and_column() -> None:
    assert render(Message("note.cell", {"cell_id": "small/none"}), "zh_CN") == "客户状态：小型企业 / 尚无阶段"


def test_an_unknown_message_and_an_unfilled_gap_stay_readable() -> None:
    assert render(Message("no.such"), "en") == "no.such"
    assert "{until}" in render(Message("next.wait"), "en")


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("reasons", []),
        ("reasons", [{"id": "a", "label": {"en": "A"}}, {"id": "a", "label": {"en": "B"}}]),
        ("status_words", {"perhaps": ["Maybe"]}),
        ("routing", {"pools": {"small": {"group": "a", "queue": "b"}}}),
        ("routing", {"pools": {"small": {}}}),
        ("surprise", 1),
    ],
)
def test_a_policies_document_that_cannot_hold_is_refused(section: str, value: object) -> None:
    with pytest.raises(ValidationError):
        PoliciesConfig.model_validate({**read("policies"), section: value})


def test_a_crm_status_is_understood_in_its_own_words_or_ours() -> None:
    words = policies()
    assert [words.answer_word(w) for w in ("Closed - Not Converted", "ACCEPTED", "跟进中", "Mystery")] == [
        "rejected",
        "accepted",
        "accepted",
        "",
    ]
