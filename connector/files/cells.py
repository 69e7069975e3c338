"""What people write into cells for a day and for an amount. What could mean two things is refused, never guessed."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel.numbers import list_currencies

from connector.domain.facts import Message
from connector.files.sheets import CellValue
from mappings.currencies import from_major
from mappings.records import Money


class CellError(ValueError):
    """A cell that cannot be taken; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.id)
        self.message = message


_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CLOCK = re.compile(r"[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?")
_NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_SIGNS = {
    "¥": ("CNY", "JPY"),
    "€": ("EUR",),
    "£": ("GBP",),
    "$": ("USD", "HKD", "TWD", "SGD", "AUD", "CAD", "NZD", "MXN"),
    "元": ("CNY", "HKD", "TWD", "JPY"),
}
_TIMES = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_NAMES = {"RMB": "CNY", "人民币": "CNY", "人民幣": "CNY", "美元": "USD", "欧元": "EUR"}
SHOWN = 40
"""Characters of a cell that a message repeats."""


def text_of(value: CellValue) -> str:
    """A cell as text: full width made plain, blanks at the ends gone, a whole number without its `.0`."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return unicodedata.normalize("NFKC", str(value)).strip()


def day_of(value: CellValue, column: str, *, order: str = "") -> datetime | None:
    """The day (at its time, where one is stated) in a cell; None for a blank one. Year first in any usual spelling; year
    last only where day and month cannot be mistaken, or `order` (`dmy`, `mdy`) tells. Raises CellError."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a calendar day, in nobody's zone
    text = text_of(value)
    if not text:
        return None
    if isinstance(value, int | float) and not _COMPACT.fullmatch(text):
        raise CellError(_said("row.date_number", column, text))
    return _written(text, column, order)


@lru_cache(maxsize=4096)
def _written(text: str, column: str, order: str) -> datetime:
    found = _YEAR_FIRST.match(text) or _YEAR_LAST.match(text) or _COMPACT.match(text)
    clock = _CLOCK.fullmatch(text, found.end()) if found else None
    if found is None or (clock is None and found.end() < len(text)):
        raise CellError(_said("row.date_unreadable", column, text))
    parts = [int(part) for part in found.groups()]
    if found.re is _YEAR_LAST:
        parts = _year_first(parts, order)
        if not parts:
            raise CellError(_said("row.date_ambiguous", column, text))
    hours = [int(part or 0) for part in clock.groups()] if clock else []
    try:
        return datetime(*parts, *hours)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError as exc:
        raise CellError(_said("row.date_unreadable", column, text)) from exc


def _year_first(parts: list[int], order: str) -> list[int]:
    """Year, month, day; nothing where both readings are days of the calendar and differ."""
    first, second, year = parts
    if order == "mdy" or (not order and second > 12 >= first):
        return [year, first, second]
    if order == "dmy" or first > 12 or first == second:
        return [year, second, first]
    return []


def amount_of(value: CellValue, currency: CellValue) -> Money | None:
    """The amount in two cells; None for a blank one. Commas part thousands, a dot the decimals; a sign or code must be
    the currency's. Raises CellError."""
    text = text_of(value)
    if not text:
        return None
    if isinstance(value, bool | datetime | date):
        raise CellError(Message("row.amount_unreadable", {"value": text[:SHOWN]}))
    code = currency_of(currency)
    number, times = _bare(text, code)
    if not _NUMBER.fullmatch(number):
        raise CellError(Message("row.amount_unreadable", {"value": text[:SHOWN]}))
    major = Decimal(number.replace(",", "")) * times
    if major < 0:
        raise CellError(Message("row.amount_negative", {"value": text[:SHOWN]}))
    if major > Decimal("1e13"):
        raise CellError(Message("row.amount_unreadable", {"value": text[:SHOWN]}))
    return from_major(major, code)


def currency_of(value: CellValue) -> str:
    """The ISO 4217 code in a cell. Raises CellError for a blank or unknown one."""
    text = text_of(value).upper()
    if not text:
        raise CellError(Message("row.currency_missing"))
    code = _NAMES.get(text, text)
    if code not in _known():
        raise CellError(Message("row.currency_unknown", {"value": text[:SHOWN]}))
    return code


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(list_currencies())


def _bare(text: str, code: str) -> tuple[str, int]:
    """The digits of an amount without sign or code, and what they are to be multiplied with (万, 亿)."""
    times = 1
    bare = text.replace(" ", "").replace("\u2212", "-")
    for sign, codes in _SIGNS.items():
        if sign in bare:
            _agree(code in codes, text, code)
            bare = bare.replace(sign, "")
    letters = "".join(re.findall(r"[A-Za-z]{3}", bare)).upper()
    if letters:
        _agree(_NAMES.get(letters, letters) == code, text, code)
        bare = re.sub(r"[A-Za-z]{3}", "", bare)
    if bare and bare[-1] in _TIMES:
        times, bare = _TIMES[bare[-1]], bare[:-1]
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"
    return bare, times


def _agree(agrees: bool, text: str, code: str) -> None:  # noqa: FBT001 - read as a sentence
    if not agrees:
        raise CellError(Message("row.currency_differs", {"value": text[:SHOWN], "currency": code}))


def _said(message: str, column: str, text: str) -> Message:
    return Message(message, {"column": column, "value": text[:SHOWN]})
