"""Tables as people export them: encodings, delimiters, workbooks, blank lines."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from connector.errors import ConfigError
from connector.files.sheets import encoding_of, read_rows

CHINESE = "客户画像,采购阶段\n中型企业,方案评估\n小型企业,需求明确，再联系\n"
TRADITIONAL = "客戶畫像,採購階段\n中型企業,方案評估\n小型企業,需求明確，再聯繫\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "gb18030"),
        (TRADITIONAL, "big5"),
        (CHINESE, "utf-16"),
        ("a,b\n1,2\n", "ascii"),
    ],
)
def test_an_encoding_is_detected(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    rows = [list(row.cells) for row in read_rows(path)]
    assert rows == [line.split(",") for line in text.split()]


def test_utf_16_of_either_byte_order_is_known_by_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"\xfe\xff" + CHINESE.encode("utf-16-be"))
    assert encoding_of(path) == "utf-16"


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"lead_id\n\xff\xff\xff\x80\n")
    with pytest.raises(ConfigError, match="save it as CSV UTF-8"):
        list(read_rows(path))
    with pytest.raises(ConfigError, match="is not text in ascii"):
        list(read_rows(path, "ascii"))
    with pytest.raises(ConfigError, match="is not text in nonsense"):
        list(read_rows(path, "nonsense"))
    with pytest.raises(ConfigError, match="cannot be read"):
        list(read_rows(tmp_path / "none.csv"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_blank_lines_are_no_rows_but_are_counted(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "table.csv"
    lines = [["a", "b"], ["1", '"x, y;\tz"'], [], ["", ""], ["2", "3"]]
    path.write_text("\n".join(delimiter.join(line) for line in lines), encoding="utf-8")
    assert [(row.number, list(row.cells)) for row in read_rows(path)] == [
        (1, ["a", "b"]),
        (2, ["1", "x, y;\tz"]),
        (5, ["2", "3"]),
    ]


def test_a_workbook_gives_days_numbers_and_rows_as_excel_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(1, 0, ["day", "amount", "text"])
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(3, 0, date(2018, 3, 1), day)
        sheet.write_row(3, 1, [1234.5, "画像"])
    header, row = read_rows(path)
    assert (header.number, list(header.cells)) == (2, ["day", "amount", "text"])
    assert (row.number, list(row.cells)) == (4, [date(2018, 3, 1), 1234.5, "画像"])


def test_a_broken_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    path.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(ConfigError, match="no workbook"):
        list(read_rows(path))
