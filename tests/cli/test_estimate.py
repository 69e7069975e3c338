"""`baton value estimate FILE`: the method's worked example through the command line, bad rows, and what it prints."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson
import pytest
import xlsxwriter
from typer.testing import CliRunner, Result

from baton.cli import app
from tests.docs.test_json_shapes import SECTIONS, differences, shape_of

HEADER = "lead_id,account_id,persona,stage,entered_at,won_at,lost_at,amount,currency"
EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "history.csv"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command where there are no settings at all."""
    monkeypatch.chdir(tmp_path)

    def work(*words: object) -> Result:
        env = {"BATON_DATABASE_URL": None, "COLUMNS": "140"}
        return CliRunner().invoke(app, ["value", "estimate", *map(str, words)], env=env)

    return work


def quarter(persona: str, stage: str, *, leads: int, wins: int, price: int) -> Iterator[str]:
    """Leads passed in the first quarter, won by the end of the third."""
    for nth in range(leads):
        won = f"2026-{4 + nth % 6:02}-15" if nth < wins else ""
        entered = f"2026-{1 + nth % 3:02}-{1 + nth % 28:02}"
        amount = f"{price},CNY" if won else ","
        yield f"{persona}{stage}{nth},,{persona},{stage},{entered},{won},,{amount}"


@pytest.mark.parametrize(
    ("persona", "stage", "leads", "wins", "price", "value", "total"),
    [
        ("mid-market", "solution-research", 7_000, 420, 200_000, "12000", 84_000_000),
        ("small", "solution-selection", 11_000, 2_200, 40_000, "8000", 88_000_000),
        ("small", "problem-education", 30_000, 1_500, 40_000, "2000", 60_000_000),
        ("small", "solution-research", 10_000, 1_000, 40_000, "4000", 40_000_000),
    ],
)
def test_the_worked_example_from_a_file(
    run: Any,
    tmp_path: Path,
    persona: str,
    stage: str,
    leads: int,
    wins: int,
    price: int,
    value: str,
    total: int,
) -> None:
    path = tmp_path / "history.csv"
    rows = quarter(persona, stage, leads=leads, wins=wins, price=price)
    path.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
    done = run(path, "--horizon", "273d", "--as-of", "2026-09-30", "--method", "raw", "--json")
    found = orjson.loads(done.stdout)
    (cell,) = found["cells"]
    assert (cell["leads"], cell["wins"]) == (leads, wins)
    assert Fraction(cell["rate"]) == Fraction(wins, leads)
    assert (cell["value_exact"], cell["value"]["text"]) == (value, f"{value}.00")
    assert found["totals"]["value"] == found["totals"]["won"]
    assert found["totals"]["won"]["minor"] == total * 100


def test_the_money_won_is_met_to_the_cent_by_exact_values(run: Any, tmp_path: Path) -> None:
    """The KPI identity, through the command line: amounts and counts that divide into nothing round."""
    rows = [
        f"{nth},,{('small', 'big')[nth % 2]},{('a', 'b', 'c')[nth % 3]},2026-01-01,"
        + (f"2026-02-01,,{nth * 7919 % 99991}.{nth % 100:02},CNY" if nth % 7 == 0 else ",,,")
        for nth in range(1, 500)
    ]
    path = tmp_path / "history.csv"
    path.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
    done = run(path, "--horizon", "90d", "--as-of", "2026-12-31", "--method", "raw", "--json")
    found = orjson.loads(done.stdout)
    total = sum(cell["leads"] * Fraction(cell["value_exact"]) for cell in found["cells"])
    assert total * 100 == found["totals"]["won"]["minor"]
    for cell in found["cells"]:
        shown = Fraction(cell["rate"]) * cell["price"]["minor"]
        assert abs(cell["value"]["minor"] - shown) <= Fraction(1, 2)


def test_what_it_prints_is_documented(run: Any) -> None:
    done = run(EXAMPLE, "--horizon", "90d", "--as-of", "2026-06-30", "--json")
    assert done.exit_code == 0, done.stderr
    shape = shape_of(SECTIONS["value estimate"])
    assert sorted(set(differences(orjson.loads(done.stdout), shape))) == []
    example = SECTIONS["value estimate"].split("```json\n")[1].split("```")[0]
    assert list(differences(orjson.loads(example), shape)) == []


def test_for_people_it_is_a_table_and_sentences(run: Any) -> None:
    done = run(EXAMPLE, "--horizon", "90d", "--as-of", "2026-06-30")
    assert done.exit_code == 0
    assert "enterpris" in done.stdout
    assert "Row" in done.stderr


def test_a_workbook_says_the_same_as_a_csv(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "history.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate(EXAMPLE.read_text(encoding="utf-8").splitlines()):
            sheet.write_row(at, 0, next(csv.reader([line])))
    options = ("--horizon", "90d", "--as-of", "2026-06-30", "--json")
    assert run(path, *options).stdout == run(EXAMPLE, *options).stdout


def test_good_rows_count_unless_told_to_be_strict(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text(f"{HEADER}\n1,,small,a,2026-01-01,,,,\n2,,small,a,03/04/2026,,,,\n", encoding="utf-8")
    lenient, strict = run(path, "--json"), run(path, "--json", "--strict")
    assert (lenient.exit_code, strict.exit_code) == (0, 1)
    assert orjson.loads(strict.stdout)["totals"]["rows_left_out"] == 1
    assert run(path, "--dates", "dmy", "--strict").exit_code == 0


def test_nothing_to_estimate_ends_with_1_and_says_why(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text(f"{HEADER}\n2,,small,a,03/04/2026,,,,\n", encoding="utf-8")
    done = run(path, "--json")
    assert done.exit_code == 1
    assert [one["row"] for one in orjson.loads(done.stdout)["warnings"]] == [2]
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert run(path, "--json").exit_code == 1


def test_amounts_in_another_currency_need_a_rate(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text(
        f"{HEADER}\n1,,small,a,2026-01-01,2026-02-01,,100,USD\n2,,small,a,2026-01-01,2026-02-01,,300,CNY\n",
        encoding="utf-8",
    )
    options = (path, "--currency", "CNY", "--json")
    without, with_ = (orjson.loads(run(*options, *more).stdout) for more in ((), ("--rate", "USD=7.1")))
    assert "value.no_rate" in [one["code"] for one in without["warnings"]]
    assert without["cells"][0]["price"]["text"] == "300.00"
    assert with_["cells"][0]["price"]["text"] == "505.00"
    dated = run(*options, "--rate", "USD=7.1", "--rate", "USD=8.1@2026-02-01")
    assert orjson.loads(dated.stdout)["cells"][0]["price"]["text"] == "555.00"


def test_a_value_document_gives_horizons_rates_and_assumptions(run: Any, tmp_path: Path) -> None:
    document = tmp_path / "value.yaml"
    document.write_text('assumed_rates: {a: "0.25"}\nassumed_prices: {small: 1000}\n', encoding="utf-8")
    path = tmp_path / "history.csv"
    path.write_text(f"{HEADER}\n1,,small,a,2026-01-01,,,,\n", encoding="utf-8")
    found = orjson.loads(run(path, "--value", document, "--json").stdout)
    (cell,) = found["cells"]
    assert (cell["value"]["text"], cell["flags"]) == ("250.00", ["few", "thin", "assumed"])
    assert found["horizon_days_by_persona"]["small"] == 180


@pytest.mark.parametrize(
    "words", [("--horizon", "soon"), ("--rate", "USD:7"), ("--rate", "USD=7.1.1"), ("--currency", "yuan")]
)
def test_wrong_usage_ends_with_2(run: Any, words: tuple[str, str]) -> None:
    assert run(EXAMPLE, *words).exit_code == 2


def test_a_backtest_of_a_file_is_documented_and_says_when_there_is_nothing_to_predict(run: Any) -> None:
    words = ["value", "backtest", str(EXAMPLE), "--cut-off", "2026-04-15", "--horizon", "90d"]
    runner = CliRunner()
    done = runner.invoke(app, [*words, "--json"])
    shape = shape_of(SECTIONS["value backtest"])
    found = orjson.loads(done.stdout)
    assert sorted(set(differences(found, shape))) == []
    assert (found["cut_off"], found["rows_left_out"]) == ("2026-04-15", 2)
    assert "2026-04-15" in runner.invoke(app, words, env={"COLUMNS": "200"}).stdout
    words[4] = "2020-01-01"
    assert runner.invoke(app, words).exit_code == 1
