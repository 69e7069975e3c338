"""What a person says of leads: this is one, these are two, this one stands elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from baton.compose import compose
from baton.findings import findings, sentence
from connector.settings import load_settings
from connector.store import identities, tables
from connector.sync.provision import Finding
from connector.texts import LOCALES, catalogue
from mappings.problems import Severity
from tests.cli.conftest import BEGIN, Line

DOC = (Path(__file__).resolve().parents[2] / "docs" / "field-mappings.md").read_text(encoding="utf-8")


def shown(baton: Line, lead: str) -> Any:
    return baton("lead", "show", lead, "--json").json()


@pytest.fixture
def suggested(baton: Line) -> int:
    """A suggestion that the two leads are one."""
    ids = (shown(baton, baton.leads[0])["id"], shown(baton, baton.leads[1])["id"])
    store = baton.store
    with store.begin() as tx:
        identities.suggest(tx, ids, reason="company_and_name", score=0.5, at=BEGIN)
    store.close()
    return int(baton("suggestions", "list", "--json").json()[0]["id"])


def test_a_suggestion_names_both_and_says_why(baton: Line, suggested: int) -> None:
    row = baton("suggestions", "list", "--json").json()[0]
    assert row["text"] == "The same name at the same company."
    assert sorted(one["records"][0] for one in row["leads"]) == sorted(baton.leads)
    assert "同一公司" in baton("suggestions", "list", language="zh_CN").out


def test_same_makes_one_lead_of_two_and_split_parts_them_again(baton: Line, suggested: int) -> None:
    answer = baton("suggestions", "same", str(suggested), "--json").json()
    assert shown(baton, baton.leads[0])["id"] == shown(baton, baton.leads[1])["id"] == answer["lead_id"]
    parted = baton("lead", "split", baton.leads[1], "--json").json()
    assert shown(baton, baton.leads[1])["id"] == parted["lead_id"] != shown(baton, baton.leads[0])["id"]


def test_different_leaves_two_and_is_answered_once(baton: Line, suggested: int) -> None:
    assert baton("suggestions", "different", str(suggested)).code == 0
    assert shown(baton, baton.leads[0])["id"] != shown(baton, baton.leads[1])["id"]
    again = baton("suggestions", "same", str(suggested))
    assert again.code == 1
    assert "does not wait for an answer" in again.err


@pytest.mark.parametrize("record", ["marketing:contacts:404", "nonsense"])
def test_a_record_that_is_no_leads_cannot_be_split(baton: Line, record: str) -> None:
    assert baton("lead", "split", record).code == 1


def test_a_persona_set_by_hand_counts_and_the_computed_one_stays_visible(baton: Line) -> None:
    before = shown(baton, baton.leads[0])["persona"]["computed"]
    asked = ("lead", "set", baton.leads[0], "--persona", "enterprise", "--reason", "I met them")
    assert baton(*asked, "--json").json()["accepted"] is True
    persona = shown(baton, baton.leads[0])["persona"]
    assert (persona["id"], persona["computed"]) == ("enterprise", before)
    assert persona["set_by_hand"]["reason"] == "I met them"


def test_a_role_is_corrected_and_taken_back_with_both_reasons_kept(baton: Line) -> None:
    lead = baton.leads[0]
    assert shown(baton, lead)["role"] == "influencer"
    asked = (
        "lead",
        "set",
        lead,
        "--role",
        "decision-maker",
        "--reason",
        "signs the contracts",
        "--as",
        "sdr:7",
    )
    assert baton(*asked).code == 0
    found = shown(baton, lead)
    assert (found["role"], found["role_computed"]) == ("decision-maker", "influencer")
    assert found["role_set_by_hand"]["by"] == {"kind": "sdr", "id": "7"}
    assert "Set by hand: role decision-maker; the rules say influencer" in baton("lead", "show", lead).out
    undone = ("lead", "set", lead, "--undo", "role", "--reason", "a mistake", "--as", "manager:9")
    assert baton(*undone, "--json").json()["accepted"] is True
    assert shown(baton, lead)["role"] == "influencer"
    assert shown(baton, lead)["role_set_by_hand"] is None
    answer = baton(*undone)
    assert answer.code == 1
    assert "Nothing of that kind is set by hand." in answer.err
    store = baton.store
    with store.read() as tx:
        (row,) = tx.execute(tables.hand_set.select()).all()
    store.close()
    assert (row.reason, row.ended_reason, row.ended_kind, row.ended_id) == (
        "signs the contracts", "a mistake", "manager", "9",
    )  # fmt: skip


@pytest.mark.parametrize(
    "words", [("--role", "boss"), ("--persona", ""), ("--stage", "nowhere"), ("--undo", "role")]
)
def test_what_cannot_be_set_or_undone_is_refused(baton: Line, words: tuple[str, str]) -> None:
    assert baton("lead", "set", baton.leads[0], *words, "--reason", "x").code == 1


@pytest.mark.parametrize("words", [(), ("--undo", "name"), ("--role", "user", "--undo", "role")])
def test_one_thing_is_set_at_a_time(baton: Line, words: tuple[str, ...]) -> None:
    assert baton("lead", "set", baton.leads[0], *words, "--reason", "x").code == 2


def test_a_value_that_the_matrix_does_not_have_is_refused_with_those_it_has(baton: Line) -> None:
    answer = baton("lead", "set", baton.leads[0], "--stage", "somewhere", "--reason", "x", language="zh_CN")
    assert answer.code == 1
    assert "可选：" in answer.err
    assert "solution-research" in answer.err.replace("\n", "")


@pytest.mark.parametrize("language", LOCALES)
def test_setting_by_hand_without_a_reason_is_refused_in_words(baton: Line, language: str) -> None:
    words = ("lead", "set", baton.leads[0], "--stage", "solution-research", "--reason", " ")
    answer = baton(*words, language=language)
    assert answer.code == 1
    assert catalogue(language)["command.reason_required"] in answer.err


@pytest.mark.parametrize(("locale", "column"), [("en", 1), ("zh_CN", 2)])
def test_the_check_says_what_the_page_says(locale: str, column: int) -> None:
    part = DOC[DOC.index("## What the check tells") : DOC.index("## Who is the same person")]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", part, re.MULTILINE)
    assert len(rows) > 20
    assert {row[0]: row[column] for row in rows} == {
        name.removeprefix("problem."): text
        for name, text in catalogue(locale).items()
        if name.startswith("problem.")
    }


def test_a_check_of_sound_systems_says_that_everything_is_fine(baton: Line) -> None:
    answer = baton("check")
    assert answer.code == 0
    assert answer.out.rstrip().endswith("Everything is fine.")
    assert max(map(len, answer.out.splitlines())) <= 100


def test_problems_come_first_as_sentences_that_say_who_mends_them(baton: Line) -> None:
    engine = compose(load_settings(baton.env))
    found = [
        Finding("crm", "Lead", "read", "granted"),
        Finding("crm", "Lead", "Baton_Id__c", "refused", Severity.ERROR, "run_provision"),
    ]
    first, second = findings(engine, found)
    engine.store.close()
    assert "mended" in str(getattr(first, "title", ""))
    assert "What there is" in str(getattr(second, "title", ""))
    assert "baton provision" in sentence(engine, found[1])


def test_a_reason_that_only_the_vendor_knows_is_repeated(baton: Line) -> None:
    engine = compose(load_settings(baton.env))
    one = Finding("crm", "Lead", "X__c", "refused", Severity.ERROR, "ODD_CODE")
    assert sentence(engine, one) == "The system refused it: ODD_CODE"
    engine.store.close()


def test_a_missing_field_of_batons_own_is_made_by_provisioning_not_by_another_name(baton: Line) -> None:
    engine = compose(load_settings(baton.env))
    own = Finding("crm", "Lead", "Baton_Id__c", "field_missing", Severity.ERROR)
    other = Finding("crm", "Lead", "Colour__c", "field_missing", Severity.ERROR)
    optional = Finding("crm", "Lead", "Colour__c", "field_missing", Severity.NOTICE)
    assert "Run provisioning" in sentence(engine, own)
    assert "Correct its name" in sentence(engine, other)
    assert "Nothing is to be done" in sentence(engine, optional)
    engine.store.close()
