"""Targets with their dates: what the document accepts, what it refuses and where, and which target holds on a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connector.documents import parse_yaml, validated
from connector.domain.targets import TargetsConfig
from connector.errors import ConfigError
from connector.sync.sections import checked, default_text, texts_from


def read(text: str) -> TargetsConfig:
    return validated(TargetsConfig, parse_yaml(text, source="targets.yaml"), source="targets.yaml")


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return list(caught.value.problems)


def test_the_shipped_document_sets_no_target_and_names_what_is_invalid() -> None:
    shipped = read(default_text("targets"))
    assert shipped.targets == ()
    assert shipped.plan is None
    assert "duplicate" in shipped.invalid.reasons


def test_a_target_holds_from_its_day_until_the_next_or_its_last_day() -> None:
    config = read(
        "targets:\n"
        "  - {from: 2026-07-01, until: 2026-12-31, monthly: 12000000}\n"
        "  - {from: 2026-01-01, monthly: 10000000.50}\n"
    )
    targets = config.compiled("CNY")
    assert targets.currency == "CNY"
    assert targets.monthly(date(2025, 12, 31)) is None
    assert targets.monthly(date(2026, 1, 1)) == 1_000_000_050
    assert targets.monthly(date(2026, 6, 30)) == 1_000_000_050
    assert targets.monthly(date(2026, 7, 1)) == 1_200_000_000
    assert targets.monthly(date(2026, 12, 31)) == 1_200_000_000
    assert targets.monthly(date(2027, 1, 1)) is None


def test_the_documents_own_currency_wins_and_knows_its_minor_units() -> None:
    targets = read("currency: JPY\ntargets: [{from: 2026-01-01, monthly: 500}]").compiled("CNY")
    assert (targets.currency, targets.monthly(date(2026, 2, 1))) == ("JPY", 500)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("targets:\n  - {monthly: 5}\n", ["line 2", "targets.0.from", "required"]),
        ("targets:\n  - {from: soon, monthly: 5}\n", ["line 2", "targets.0.from", "date"]),
        (
            "targets:\n  - {from: 2026-01-01, monthly: -5}\n",
            ["line 2", "targets.0.monthly", "greater than 0"],
        ),
        ("targets:\n  - {from: 2026-01-01, monthly: 0}\n", ["line 2", "targets.0.monthly", "greater than 0"]),
        (
            "targets:\n  - {from: 2026-01-01, monthly: 5}\n  - {from: 2026-01-01, monthly: 6}\n",
            ["line 3", "targets.1.from", "entry 1 begins on 2026-01-01 too"],
        ),
        (
            "targets:\n  - {from: 2026-01-01, until: 2026-03-31, monthly: 5}\n  - {from: 2026-03-31, monthly: 6}\n",
            ["line 3", "targets.1.from", "entry 1 holds until 2026-03-31"],
        ),
        (
            "targets:\n  - {from: 2026-03-01, until: 2026-02-01, monthly: 5}\n",
            ["line 2", "targets.0.until", "before the entry begins"],
        ),
        ("currency: yuan\n", ["line 1", "currency"]),
        ("target: 5\n", ["line 1", "target", "not permitted"]),
        ("plan: {annual_revenue: 5, average_price: 0}\n", ["plan.average_price", "greater than 0"]),
        (
            'plan: {annual_revenue: 5, average_price: 1, rates: {mql_to_sql: "0"}}\n',
            ["plan.rates.mql_to_sql", "nothing would ever pass"],
        ),
        (
            'plan: {annual_revenue: 5, average_price: 1, marketing_share: "1.4"}\n',
            ["plan.marketing_share", "not between 0 and 1"],
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words_with_path_and_line(text: str, said: list[str]) -> None:
    (sentence,) = problems(text)
    for part in ("targets.yaml", *said):
        assert part in sentence, sentence


def test_a_currency_without_a_rate_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text("mix_days: 30\ncurrency: EUR\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        checked(texts_from(tmp_path))
    (sentence,) = caught.value.problems
    assert "line 2" in sentence
    assert "currency: no rate is known for EUR" in sentence


def test_a_reason_that_the_policies_do_not_have_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text("invalid:\n  reasons: [duplicate, fake]\n", encoding="utf-8")
    _, warnings = checked(texts_from(tmp_path))
    (sentence,) = (one for one in warnings if "targets.yaml" in one)
    assert "line 2" in sentence
    assert "invalid.reasons[1]: the policies have no reason 'fake'" in sentence
