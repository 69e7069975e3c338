"""`baton sla list` and a rep's calendar on the command line."""

from __future__ import annotations

from tests.cli.conftest import Line


def test_the_lists_are_said_in_words_or_as_one_document(baton: Line) -> None:
    said = baton("sla", "list")
    assert said.code == 0
    document = baton("sla", "list", "--kind", "breaches", "--json").json()
    assert {row["kind"] for row in document["rows"]} <= {"breach"}
    assert document["calendar_known_until"] >= "2026-12-31"
    assert baton("sla", "list", "--rep", "nobody", "--json").json()["rows"] == []


def test_who_has_nothing_to_show_is_told_so_in_their_language(baton: Line) -> None:
    assert "没有超时" in baton("sla", "list", "--rep", "nobody", language="zh_CN").out


def test_a_rep_gets_only_a_calendar_that_the_policies_have(baton: Line) -> None:
    reps = baton("reps", "list", "--json").json()
    owner = next(rep["owner_id"] for rep in reps if not rep["is_queue"])
    refused = baton("reps", "set", owner, "--calendar", "mars")
    assert refused.code == 1
    assert "'mars' is no calendar" in refused.err
    assert baton("reps", "set", owner, "--calendar", "firm").code == 0
