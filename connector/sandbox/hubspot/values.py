"""What a property value becomes when HubSpot stores it: checked, normalised, always text. Pure: no state, no clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_TEXT = 65_536
"""Characters that a text property holds (HubSpot's knowledge base on property field types)."""

_EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s.,;<>()\"]+(\.[^@\s.,;<>()\"]+)+")
_DIGITS = re.compile(r"-?\d{1,18}")
_CALLING_CODES = (
    "1",
    "7",
    "81",
    "82",
    "86",
    "852",
    "853",
    "886",
    "65",
    "91",
    "33",
    "34",
    "39",
    "44",
    "49",
    "61",
)


class BadValueError(ValueError):
    """A value that its property refuses; `code` is HubSpot's error word (INVALID_EMAIL, INVALID_OPTION...)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


Normaliser = Callable[[str], str]
"""Takes a non-blank text and returns what is stored, or raises BadValueError."""


def as_text(value: Any) -> str:
    """The text form of what JSON brought: null and blank clear, booleans and numbers become text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def iso(moment: datetime) -> str:
    """UTC with milliseconds and a Z, as every stamp of the API is written."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def iso_of_ms(ms: int) -> str:
    """`iso` of an epoch in milliseconds."""
    return iso(datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000))


def to_ms(moment: datetime) -> int:
    """Epoch milliseconds, exactly (no floating point on the way)."""
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def parse_moment(text: str) -> datetime:
    """An instant from epoch milliseconds or ISO 8601; a date alone is its UTC midnight. ValueError otherwise."""
    if _DIGITS.fullmatch(text):
        try:
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        except (OverflowError, OSError) as exc:
            raise ValueError(text) from exc
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def normalise_text(value: str) -> str:
    """Kept as given, up to the length a text property holds."""
    if len(value) > MAX_TEXT:
        raise BadValueError("INVALID_LENGTH", f"Property value is longer than {MAX_TEXT} characters")
    return value


def normalise_email(value: str) -> str:
    """Trimmed and lower-cased; refused when it is no address."""
    folded = value.strip().lower()
    if not _EMAIL.fullmatch(folded):
        raise BadValueError("INVALID_EMAIL", f"Email address {value} is invalid")
    return folded


def normalise_number(value: str) -> str:
    """Canonical decimal: no exponent, no trailing zeros, no plus sign."""
    try:
        number = Decimal(value.strip())
    except InvalidOperation as exc:
        raise BadValueError("INVALID_LONG", f"{value} was not a valid number") from exc
    if not number.is_finite():
        raise BadValueError("INVALID_LONG", f"{value} was not a valid number")
    if number == number.to_integral_value():
        return f"{number.quantize(Decimal(1)):f}" if abs(number) < Decimal(10) ** 27 else f"{number:f}"
    return f"{number.normalize():f}"


def normalise_bool(value: str) -> str:
    """`true` or `false`, whatever the case; nothing else."""
    folded = value.strip().lower()
    if folded not in ("true", "false"):
        raise BadValueError("INVALID_BOOLEAN", f"{value} was not a valid boolean")
    return folded


def normalise_date(value: str) -> str:
    """YYYY-MM-DD. An instant is taken only when it is UTC midnight, as HubSpot's property guide demands."""
    try:
        moment = parse_moment(value.strip())
    except ValueError as exc:
        raise BadValueError("INVALID_DATE", f"{value} was not a valid date.") from exc
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        raise BadValueError("INVALID_DATE", f"{value} is at {moment:%H:%M:%S} not midnight UTC.")
    return f"{moment:%Y-%m-%d}"


def normalise_datetime(value: str) -> str:
    """ISO 8601 in UTC with milliseconds, from ISO or epoch milliseconds."""
    try:
        return iso(parse_moment(value.strip()))
    except ValueError as exc:
        raise BadValueError("INVALID_DATE", f"{value} was not a valid datetime.") from exc


def enumeration(options: Sequence[str], *, multiple: bool) -> Normaliser:
    """A check against option values (case-sensitive); with `multiple` a ;-separated list without doubles."""
    allowed = frozenset(options)

    def one(value: str) -> str:
        if value not in allowed:
            raise BadValueError("INVALID_OPTION", f"{value} was not one of the allowed options: {options}")
        return value

    def many(value: str) -> str:
        parts = dict.fromkeys(part.strip() for part in value.split(";") if part.strip())
        return ";".join(one(part) for part in parts)

    return many if multiple else one


_BY_TYPE: Mapping[str, Normaliser] = {
    "string": normalise_text,
    "phone_number": normalise_text,
    "object_coordinates": normalise_text,
    "json": normalise_text,
    "number": normalise_number,
    "bool": normalise_bool,
    "date": normalise_date,
    "datetime": normalise_datetime,
}


def of_type(kind: str) -> Normaliser:
    """The normaliser of a property type that needs no options."""
    return _BY_TYPE[kind]


def searchable_phone(value: str) -> str:
    """Area code and local number in digits, without the country code (HubSpot's search guide, phone numbers)."""
    stripped = value.strip()
    digits = re.sub(r"\D", "", stripped)
    if not stripped.startswith(("+", "00")):
        return digits
    digits = digits.removeprefix("00")
    for code in sorted(_CALLING_CODES, key=len, reverse=True):
        if digits.startswith(code):
            return digits[len(code) :]
    return digits
