"""`baton digest` and `baton asks`: the same as a document, and as text in either language."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Line


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Rejections on 2026-11-01"), ("zh_CN", "销售拒绝日报：2026-11-01")]
)
def test_the_digest_speaks_both_languages(baton: Line, language: str, said: str) -> None:
    assert said in baton("digest", "--date", "2026-11-01", "--language", language).out


def test_an_empty_week_has_the_documented_keys(baton: Line) -> None:
    document = baton("digest", "--period", "week", "--date", "2026-11-01", "--json").json()
    assert (document["period"], document["total"], document["rejections"]) == ("week", 0, [])
    assert (document["from"], document["to"]) == ("2026-10-25T16:00:00+00:00", "2026-11-01T16:00:00+00:00")


def test_nothing_asked_is_said_so(baton: Line) -> None:
    assert baton("asks", "list", "--json").json() == []
    assert "Nothing" in baton("asks", "list", "--language", "en").out


def test_a_contest_without_a_rejection_and_a_finding_by_nobody_are_refused_in_words(baton: Line) -> None:
    contest = baton("lead", "contest", baton.leads[0], "--note", "why")
    assert (contest.code, "has not rejected this lead" in contest.err) == (1, True)
    finding = baton("lead", "finding", baton.leads[0], "--finding", "perhaps", "--as", "sdr")
    assert finding.code == 1
    assert "“perhaps” is no finding" in finding.err
    assert "Only a manager may settle" in finding.err


@pytest.mark.parametrize("words", [("digest", "--date", "soon"), ("digest", "--period", "month")])
def test_a_wrong_day_or_period_is_wrong_usage(baton: Line, words: tuple[str, ...]) -> None:
    assert baton(*words).code == 2
