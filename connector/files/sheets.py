"""Rows of a table that somebody exported: CSV in whatever encoding their Excel writes, or a workbook's first sheet.

Knows nothing of what the columns mean. A row's number is the one that a spreadsheet shows: the header is row 1.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from charset_normalizer import from_bytes
from python_calamine import CalamineError, CalamineWorkbook

from connector.errors import ConfigError

CellValue = str | int | float | bool | date | datetime | time | None

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How XLSX (and ODS) and the older XLS files begin."""
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CHINESE = ("gb18030", "big5")
BLOCK = 1 << 16
SAMPLE = 1 << 16
"""Bytes of lines with non-ASCII characters that are enough to tell two Chinese encodings apart."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number. Trailing empty cells may be absent."""

    number: int
    cells: Sequence[CellValue]


def read_rows(path: Path, encoding: str = "") -> Iterator[Row]:
    """Every row that is not blank, the header first. `encoding` settles what is otherwise detected. Raises ConfigError
    for a file that is missing or that cannot be read."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if start.startswith(WORKBOOKS):
            yield from _workbook(path)
        else:
            yield from _csv(path, encoding or encoding_of(path))
    except OSError as exc:
        raise ConfigError([f"{path}: cannot be read ({exc.strerror})"]) from exc


def _workbook(path: Path) -> Iterator[Row]:
    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            found: list[Any] = [None if cell == "" else cell for cell in cells]
            if any(cell is not None for cell in found):
                yield Row(number, found)
    except CalamineError as exc:
        raise ConfigError([f"{path}: is no workbook that can be read ({exc})"]) from exc


def _csv(path: Path, encoding: str) -> Iterator[Row]:
    try:
        with path.open(encoding=encoding, newline="") as file:
            reader = csv.reader(file, delimiter=_delimiter(file.readline()))
            file.seek(0)
            for number, cells in enumerate(reader, start=1):
                if any(cell.strip() for cell in cells):
                    yield Row(number, cells)
    except (UnicodeDecodeError, LookupError) as exc:
        raise ConfigError(
            [f"{path}: is not text in {encoding}; state its encoding, or save it as UTF-8"]
        ) from exc
    except csv.Error as exc:
        raise ConfigError([f"{path}: is no CSV that can be read ({exc})"]) from exc


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def encoding_of(path: Path) -> str:
    """The encoding of a text file: by its mark, else UTF-8 where all of it is, else the likelier of the two Chinese ones.
    Raises ConfigError when it is none of these."""
    with path.open("rb") as file:
        start = file.read(4)
    marked = [encoding for mark, encoding in MARKS if start.startswith(mark)]
    possible = marked or [encoding for encoding in ("utf-8", *CHINESE) if _decodes(path, encoding)]
    if not possible:
        raise ConfigError(
            [f"{path}: is neither UTF-8, GB18030, Big5 nor UTF-16 with a mark; save it as CSV UTF-8"]
        )
    if possible[0] in CHINESE and len(possible) > 1:
        best = from_bytes(_telling(path), cp_isolation=list(CHINESE)).best()
        return best.encoding if best else possible[0]
    return possible[0]


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _telling(path: Path) -> bytes:
    """The lines with something in them that is not ASCII, up to a sample."""
    found = io.BytesIO()
    with path.open("rb") as file:
        for line in file:
            if not line.isascii():
                found.write(line)
                if found.tell() > SAMPLE:
                    break
    return found.getvalue()
