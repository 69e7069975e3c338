"""How a remote value becomes ours and back: named, typed, and reversible where nothing is lost. Knows no field names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, time
from decimal import Decimal
from types import MappingProxyType

from mappings.addresses import fold_email, read_phone, valid_email
from mappings.countries import CODES
from mappings.currencies import from_major
from mappings.numbers import folded, parse_amount, parse_headcount, parse_number
from mappings.people import join_name, split_name
from mappings.problems import UnreadableError
from mappings.records import Money, Scalar
from mappings.values import Dialect, FieldType, Value, parse_datetime

Raw = tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Flagged:
    """A value that was read and deserves a word: `id` names the problem, a warning."""

    value: Value
    id: str


Reader = Callable[[Raw, Dialect], Value | Flagged]
Writer = Callable[[Value, int], tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Transform:
    """`read` takes the remote values of a line in order and raises UnreadableError; `write` None: it cannot be undone,
    so the field is only read. `sources` is how many remote fields it takes."""

    name: str
    type: FieldType
    read: Reader
    write: Writer | None = None
    sources: tuple[int, ...] = field(default=(1,))


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_TRUE = frozenset({"true", "yes", "y", "1", "是", "on"})
_FALSE = frozenset({"false", "no", "n", "0", "否", "off"})


def _text_of(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else _CONTROL.sub("", str(value)).strip()


def _text(raw: Raw, _: Dialect) -> Value:
    return " ".join(part for part in map(_text_of, raw) if part)


def _email(raw: Raw, _: Dialect) -> Value:
    text = fold_email(_text_of(raw[0]))
    if text and not valid_email(text):
        raise UnreadableError("email_invalid")
    return text


def _phone(raw: Raw, dialect: Dialect) -> Value | Flagged:
    text = _text_of(raw[0])
    found = read_phone(text, dialect.region) if text else None
    if found is not None:
        return found.e164
    return Flagged(text, "phone_unreadable") if text else ""


def _number(raw: Raw, _: Dialect) -> Value:
    text = _text_of(raw[0])
    if not text:
        return None
    number = parse_number(text)
    return int(number) if number == number.to_integral_value() else number


def _integer(raw: Raw, dialect: Dialect) -> Value:
    number = _number(raw, dialect)
    if isinstance(number, Decimal):
        raise UnreadableError("number_unreadable")
    return number


def _employees(raw: Raw, _: Dialect) -> Value:
    text = _text_of(raw[0])
    return parse_headcount(text) if text else None


def _checked(amount: Decimal, currency: str) -> Value | Flagged:
    money = from_major(amount, currency)
    return Flagged(money, "amount_negative") if amount < 0 else money


def _money(raw: Raw, dialect: Dialect) -> Value | Flagged:
    text = _text_of(raw[0])
    stated = _text_of(raw[1]).upper() if len(raw) > 1 else ""
    return _checked(parse_number(text), stated or dialect.currency) if text else None


def _revenue(raw: Raw, dialect: Dialect) -> Value | Flagged:
    text = _text_of(raw[0])
    stated = _text_of(raw[1]).upper() if len(raw) > 1 else ""
    return _checked(*parse_amount(text, stated or dialect.currency)) if text else None


def _write_money(value: Value, count: int) -> tuple[Value, ...]:
    if not isinstance(value, Money):
        return (None,) * count
    return (value, value.currency)[:count]


def _date(raw: Raw, dialect: Dialect) -> Value:
    text = _text_of(raw[0])
    if not text:
        return None
    parts = _DATE.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        if parts is not None:
            return date(*(int(part) for part in parts.groups()))
        moment = parse_datetime(text)
    except (ValueError, OverflowError) as exc:
        raise UnreadableError("date_unreadable") from exc
    if moment is None:
        raise UnreadableError("datetime_naive")
    # HubSpot states a date as the milliseconds of its midnight in UTC: a day of the calendar, in no zone.
    if text.lstrip("-").isdecimal() and moment.timetz() == time(tzinfo=UTC):
        return moment.date()
    return moment.astimezone(dialect.zone).date()


def _datetime(raw: Raw, _: Dialect) -> Value:
    text = _text_of(raw[0])
    if not text:
        return None
    try:
        moment = parse_datetime(text)
    except (ValueError, OverflowError) as exc:
        raise UnreadableError("date_unreadable") from exc
    if moment is None:
        raise UnreadableError("datetime_naive")
    return moment


def _bool(raw: Raw, _: Dialect) -> Value:
    text = _text_of(raw[0]).casefold()
    if text in _TRUE:
        return True
    if text in _FALSE or not text:
        return None if not text else False
    raise UnreadableError("bool_unreadable")


def _opt_out(raw: Raw, dialect: Dialect) -> Value:
    value = _bool(raw, dialect)
    return None if value is None else not value


def _not(value: Value, _: int) -> tuple[Value, ...]:
    return (None if value is None else not value,)


def _join(raw: Raw, _: Dialect) -> Value:
    return join_name(_text_of(raw[0]), _text_of(raw[1]))


def _split(value: Value, _: int) -> tuple[Value, ...]:
    return split_name(str(value or ""))


def _part(at: int) -> Reader:
    return lambda raw, _: split_name(_text_of(raw[0]))[at]


def _country(raw: Raw, _: Dialect) -> Value | Flagged:
    text = _text_of(raw[0])
    code = CODES.get(folded(text).strip("."), "")
    return code if code or not text else Flagged(text, "country_unknown")


def _domain(raw: Raw, _: Dialect) -> Value:
    text = folded(_text_of(raw[0])).rpartition("://")[2].rpartition("@")[2]
    return re.split(r"[/?#:]", text)[0].removeprefix("www.").strip(".")


def _lower(raw: Raw, _: Dialect) -> Value:
    return _text_of(raw[0]).casefold().replace(" ", "_")


def _ids(raw: Raw, _: Dialect) -> Value:
    return tuple(dict.fromkeys(part.strip() for part in _text_of(raw[0]).split(";") if part.strip()))


def _first_id(raw: Raw, _: Dialect) -> Value:
    return _text_of(raw[0]).partition(";")[0].strip()


def _percent(raw: Raw, _: Dialect) -> Value:
    """HubSpot states a probability as a fraction of one."""
    text = _text_of(raw[0])
    return int((parse_number(text) * 100).to_integral_value()) if text else None


def _same_value(value: Value, _: int) -> tuple[Value, ...]:
    return (value,)


_ALL = (
    Transform("text", FieldType.TEXT, _text, _same_value, (1, 2, 3)),
    Transform("long_text", FieldType.LONG_TEXT, _text, _same_value),
    Transform("email", FieldType.EMAIL, _email, _same_value),
    Transform("phone_e164", FieldType.PHONE, _phone, _same_value),
    Transform("number", FieldType.NUMBER, _number, _same_value),
    Transform("integer", FieldType.NUMBER, _integer, _same_value),
    Transform("employees", FieldType.NUMBER, _employees, _same_value),
    Transform("money", FieldType.MONEY, _money, _write_money, (1, 2)),
    Transform("revenue", FieldType.MONEY, _revenue, _write_money, (1, 2)),
    Transform("date", FieldType.DATE, _date, _same_value),
    Transform("datetime", FieldType.DATETIME, _datetime, _same_value),
    Transform("bool", FieldType.BOOL, _bool, _same_value),
    Transform("opt_out", FieldType.BOOL, _opt_out, _not),
    Transform("join_name", FieldType.TEXT, _join, _split, (2,)),
    Transform("first_name", FieldType.TEXT, _part(0)),
    Transform("last_name", FieldType.TEXT, _part(1)),
    Transform("country", FieldType.TEXT, _country, _same_value),
    Transform("domain", FieldType.TEXT, _domain, _same_value),
    Transform("lower_choice", FieldType.CHOICE, _lower),
    Transform("ids", FieldType.IDS, _ids),
    Transform("first_id", FieldType.TEXT, _first_id),
    Transform("percent", FieldType.NUMBER, _percent),
)

TRANSFORMS: Mapping[str, Transform] = MappingProxyType({transform.name: transform for transform in _ALL})
"""Every transform by its name in the document."""
