"""The types a field can have, how a value looks on each vendor's wire, and when two values are the same.

Knows the forms that HubSpot and Salesforce give to values, none of their field names.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from mappings.addresses import fold_email
from mappings.currencies import from_major, to_major
from mappings.records import Money, Scalar

Value = str | int | bool | Decimal | date | datetime | Money | tuple[str, ...] | None
"""A value in our terms."""


class Unreadable(Enum):
    """The type of `UNREADABLE`."""

    UNREADABLE = "unreadable"


UNREADABLE: Final = Unreadable.UNREADABLE
"""Stands for a field that a row does not have, because permissions hide it. It is not blank, and is never written."""


class FieldType(StrEnum):
    """What kind of value a field holds."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    EMAIL = "email"
    PHONE = "phone"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    BOOL = "bool"
    CHOICE = "choice"
    IDS = "ids"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one connection states values: vendor, the zone of its dates, its currency, the region of its phone numbers."""

    vendor: str
    zone: ZoneInfo
    currency: str
    region: str


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_datetime(value: Scalar) -> datetime | None:
    """An instant from epoch milliseconds or ISO 8601 with an offset (`Z`, `+00:00`, Salesforce's `+0000`), in UTC.

    A naive one gives None: nobody knows which zone was meant. Raises ValueError for what is no time at all. Ten digits
    or fewer are refused too: they would be seconds to one reader and 1970 to the other.
    """
    text = str(value).strip()
    if text.lstrip("-").isdecimal():
        if len(text.lstrip("-")) < 11 or len(text) > 15:
            raise ValueError("not an epoch in milliseconds")
        return _EPOCH + timedelta(milliseconds=int(text))
    moment = datetime.fromisoformat(text)
    return None if moment.tzinfo is None else moment.astimezone(UTC)


def _iso(moment: datetime, offset: str) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}{offset}"


def number_text(number: Decimal) -> str:
    """Without exponent, plus sign or trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text_wire(value: Value) -> str:
    """HubSpot: every value is a text, and "" clears (CRM objects guide)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _iso(value, "Z")
    if isinstance(value, Decimal | Money):
        return number_text(value if isinstance(value, Decimal) else to_major(value))
    if isinstance(value, tuple):
        return ";".join(value)
    return "" if value is None else str(value)


def _typed_wire(value: Value) -> Scalar:
    """Salesforce: JSON types, null clears; a number with a fraction goes as text, which its parser takes exactly."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        return _iso(value, "+0000")
    if isinstance(value, int | Decimal | Money):
        number = to_major(value) if isinstance(value, Money) else Decimal(value)
        return int(number) if number == number.to_integral_value() else number_text(number)
    return _text_wire(value)


_WIRES: Mapping[str, Callable[[Value], Scalar]] = {"hubspot": _text_wire}


def to_wire(value: Value, dialect: Dialect) -> Scalar:
    """The value as the vendor's API takes it. Money goes as a bare amount: whoever writes has converted it before."""
    return _WIRES.get(dialect.vendor, _typed_wire)(value)


def plain(value: Value) -> Scalar:
    """A form that can be stored and compared: what a store keeps as `base`. Money as `12000.50 CNY`."""
    if isinstance(value, Money):
        return f"{number_text(to_major(value))} {value.currency}"
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool | int) or value is None:
        return value
    return _text_wire(value)


def fit(text: str, length: int | None) -> str:
    """The text cut to `length` UTF-16 units, as both vendors count, with an ellipsis; no character is torn apart."""
    if length is None or len(text.encode("utf-16-le")) // 2 <= length:
        return text
    kept = text.encode("utf-16-le")[: (length - 1) * 2].decode("utf-16-le", errors="ignore")
    while kept and _joins(text[len(kept)]):
        kept = kept[:-1]
    return kept.rstrip("\u200d") + "…"


_MODIFIERS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400))))
"""Variation selectors and skin tones, which belong to the character before them."""


def _joins(character: str) -> bool:
    return character == "\u200d" or unicodedata.combining(character) > 0 or character in _MODIFIERS


def _as_number(value: Value) -> object:
    if isinstance(value, Money):
        return to_major(value)
    return Decimal(str(value).split(" ")[0])


def _as_date(value: Value) -> object:
    return str(value.date() if isinstance(value, datetime) else value).strip()[:10]


def _as_moment(value: Value) -> object:
    moment = value if isinstance(value, datetime) else parse_datetime(str(value))
    # Salesforce keeps whole seconds, HubSpot milliseconds.
    return str(value).strip() if moment is None else int(moment.timestamp())


def _as_bool(value: Value) -> object:
    return str(value).strip().casefold()


def _as_text(value: Value) -> object:
    # Both vendors trim text when they store it, and form fields give line ends of their own.
    return str(_text_wire(value)).replace("\r\n", "\n").strip()


def _as_email(value: Value) -> object:
    return fold_email(str(value))


_FORMS: Mapping[FieldType, Callable[[Value], object]] = {
    FieldType.NUMBER: _as_number,
    FieldType.MONEY: _as_number,
    FieldType.DATE: _as_date,
    FieldType.DATETIME: _as_moment,
    FieldType.BOOL: _as_bool,
    FieldType.EMAIL: _as_email,
}


def _comparable(value: Value, type_: FieldType) -> object:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return _FORMS.get(type_, _as_text)(value)
    except (ValueError, InvalidOperation):
        return _as_text(value)


def same(a: Value, b: Value, type_: FieldType | str) -> bool:
    """Whether a system that was sent `a` and now states `b` (or the reverse) holds what it was sent: 1.0 is 1, null is
    "", an instant is itself in every form. Money compares by amount when one side states no currency."""
    kind = FieldType(type_)
    if isinstance(a, Money) and isinstance(b, Money) and a.currency != b.currency:
        return False
    return a == b or _comparable(a, kind) == _comparable(b, kind)


def from_plain(value: Value, type_: FieldType) -> Value:
    """The value that `plain` made storable; what is one already stays. Raises ValueError for what `plain` never makes."""
    if not isinstance(value, str) or not value:
        return value
    if type_ is FieldType.MONEY:
        amount, _, currency = value.partition(" ")
        return from_major(Decimal(amount), currency)
    if type_ is FieldType.NUMBER:
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else number
    if type_ is FieldType.DATE:
        return date.fromisoformat(value)
    if type_ is FieldType.DATETIME:
        return parse_datetime(value)
    return tuple(value.split(";")) if type_ is FieldType.IDS else value
