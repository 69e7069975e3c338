"""A history in a file: which rows count, as which units, and which are left out and why."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import pytest

from connector.domain.unit_history import UnitHistory
from connector.errors import ConfigError
from connector.files import cells, history
from connector.files.history import FileHistory, read_history
from connector.texts import LOCALES, catalogue
from mappings.records import Money

HEADER = "lead_id,account_id,persona,stage,entered_at,won_at,lost_at,amount,currency"
DAY = date(2018, 3, 1)


@pytest.fixture
def read(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Reads rows below the usual header, or below another."""

    def work(*rows: str, header: str = HEADER, order: str = "") -> FileHistory:
        path = tmp_path / "history.csv"
        path.write_text("\n".join((header, *rows)), encoding="utf-8")
        return read_history(path, order=order)

    return work


def faults(found: FileHistory) -> list[tuple[int | None, str]]:
    return [(fault.row, fault.why.id) for fault in found.faults]


def test_a_row_is_a_lead_in_a_cell(read) -> None:  # type: ignore[no-untyped-def]
    found = read("L1,A1,small,research,2018-03-01,2018-03-09,,100,CNY", "L2,,,research,2018-03-01,,,,")
    assert list(found.units()) == [
        UnitHistory(
            "account:A1/0", "small", "research", DAY, date(2018, 3, 9), None, (Money(100_00, "CNY"),)
        ),
        UnitHistory("lead:L2/0", "unknown", "research", DAY),
    ]
    assert (found.rows, found.faults, found.currencies) == (2, [], ["CNY"])
    assert found.last_day == date(2018, 3, 9)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("L1,,small,research,2018-03-01,2018-02-01,,,", "row.won_before_entry"),
        ("L1,,small,research,2018-03-01 10:00,2018-03-01 09:00,,,", "row.won_before_entry"),
        ("L1,,small,research,2018-03-01,,2018-02-01,,", "row.lost_before_entry"),
        ("L1,,small,research,2018-03-01,2018-03-02,2018-03-02,,", "row.won_and_lost"),
        ("L1,,small,research,03/04/2018,,,,", "row.date_ambiguous"),
        ("L1,,small,research,2018-03-01,2018-03-02,,5,DM", "row.currency_unknown"),
        ("L1,,small,research,2018-03-01,2018-03-02,,-5,CNY", "row.amount_negative"),
        ("L1,,small,research,2018-03-01,2018-03-02,,1,234.50,CNY", "row.too_many_cells"),
        (",,small,research,2018-03-01,,,,", "row.blank"),
        ("L1,,small,,2018-03-01,,,,", "row.blank"),
        ("L1,,small,research,,,,,", "row.blank"),
    ],
)
def test_a_faulty_row_is_left_out_with_its_number_and_the_others_count(read, row: str, code: str) -> None:  # type: ignore[no-untyped-def]
    found = read("L0,,small,research,2018-03-01,,,,", "", row, "L9,,small,research,2018-03-01")
    assert faults(found) == [(4, code)]
    assert [entry.lead for entry in found.entries] == ["L0", "L9"]


def test_a_win_on_the_day_of_the_entry_is_none_before_it(read) -> None:  # type: ignore[no-untyped-def]
    assert faults(read("L1,,small,research,2018-03-01 09:00,2018-03-01,,,")) == []


def test_a_lead_twice_in_a_cell_counts_by_its_first_entry(read) -> None:  # type: ignore[no-untyped-def]
    found = read(
        "L1,,small,research,2018-03-09,2018-04-01,,5,CNY",
        "L1,,small,research,2018-03-01,,,,",
        "L1,,small,selection,2018-03-20,2018-04-01,,5,CNY",
    )
    assert faults(found) == [(2, "row.again")]
    assert list(found.units()) == [
        UnitHistory("lead:L1/0", "small", cell, day, date(2018, 4, 1), None, (Money(500, "CNY"),))
        for cell, day in (("research", DAY), ("selection", date(2018, 3, 20)))
    ]


@pytest.mark.parametrize("other", ["2018-05-01,,5,CNY", ",2018-05-01,,", "2018-04-01,,6,CNY"])
def test_rows_of_a_lead_that_contradict_each_other_are_both_left_out(read, other: str) -> None:  # type: ignore[no-untyped-def]
    found = read("L1,,small,research,2018-03-01,2018-04-01,,5,CNY", f"L1,,small,research,2018-03-02,{other}")
    assert faults(found) == [(2, "row.contradicts"), (3, "row.contradicts")]
    assert found.entries == []


def test_ten_colleagues_are_one_unit_won_once(read) -> None:  # type: ignore[no-untyped-def]
    rows = [f"L{n},A1,small,research,2018-03-{n:02},,," for n in range(2, 10)]
    found = read(*rows, "L1,A1,small,research,2018-03-01,2018-04-01,,5,CNY")
    assert list(found.units()) == [
        UnitHistory("account:A1/0", "small", "research", DAY, date(2018, 4, 1), None, (Money(500, "CNY"),))
    ]


def test_the_same_order_on_two_rows_is_one_and_two_orders_are_two(read) -> None:  # type: ignore[no-untyped-def]
    found = read(
        "L1,A1,small,research,2018-03-01,2018-04-01,,5,CNY",
        "L2,A1,small,research,2018-03-02,2018-04-01,,5,CNY",
        "L3,A1,small,research,2018-03-02,2018-04-03,,7,CNY",
    )
    assert [unit.amounts for unit in found.units()] == [(Money(500, "CNY"), Money(700, "CNY"))]


def test_what_enters_after_a_close_is_another_cycle(read) -> None:  # type: ignore[no-untyped-def]
    found = read(
        "L1,A1,small,research,2018-03-01,2018-04-01,,5,CNY",
        "L1,A1,small,selection,2018-04-02,,2018-05-01,,",
        "L2,A1,small,selection,2018-05-02,,,,",
    )
    assert [(u.unit_id, u.won_on, u.lost_on) for u in found.units()] == [
        ("account:A1/0", date(2018, 4, 1), None),
        ("account:A1/1", None, date(2018, 5, 1)),
        ("account:A1/2", None, None),
    ]


def test_missing_columns_are_named_and_a_file_of_other_columns_is_refused(read) -> None:  # type: ignore[no-untyped-def]
    found = read("L1,small,research,2018-03-01,", header="Lead ID,PERSONA,stage,entered_at,won_at")
    assert faults(found) == [(None, "row.column_missing")] * 4
    with pytest.raises(ConfigError) as refused:
        read("L1,small", header="lead_id,persona")
    assert [part for part in ("stage", "entered_at", "won_at") if part in str(refused.value)]
    with pytest.raises(ConfigError, match="twice"):
        read("1,2", header=f"{HEADER},stage")


def test_an_empty_file_says_what_it_should_hold(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("\n\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="lead_id, persona"):
        read_history(path)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_fault_has_a_text(locale: str) -> None:
    named = set()
    for module in (cells, history):
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and str(node.value).startswith("row."):
                named.add(str(node.value))
    named |= {"row.won_before_entry", "row.lost_before_entry"}
    assert named - catalogue(locale).keys() - {"row."} == set()
