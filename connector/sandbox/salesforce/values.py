"""How a value given by a client becomes the stored one: conversion by field type, normalisation, refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from connector.sandbox.salesforce.errors import OrgError, malformed_id, unreadable
from connector.sandbox.salesforce.fields import NUMBER_TYPES, TEXT_TYPES, FieldDef
from connector.sandbox.salesforce.ids import to_18
from connector.sandbox.world import Switches

_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\.]+")


def wire_time(at: datetime) -> str:
    """A time as REST answers write it: `2026-05-01T07:25:37.000+0000`."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def read_time(text: str) -> datetime | None:
    """A time in any ISO 8601 form that carries an offset; None when it is not one."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None


def convert(field: FieldDef, value: Any, switches: Switches) -> Any:
    """The stored form of `value`, or None for null. Raises OrgError in the vendor's words when it cannot be."""
    if value is None:
        return None
    if field.type in TEXT_TYPES:
        return _text(field, value, switches)
    if isinstance(value, str) and value.strip() == "" and field.type != "boolean":
        return None
    reader = _READERS.get(field.type)
    if reader is None:
        raise _cannot_read(field, value)
    return reader(field, value)


def _cannot_read(field: FieldDef, value: Any) -> OrgError:
    kind = f"VALUE_{'STRING' if isinstance(value, str) else 'NUMBER'}"
    return unreadable(
        f"Cannot deserialize instance of {field.soap_type.removeprefix('xsd:')} from {kind} value {value} "
        f"or request may be missing a required field at [line:1, column:1]"
    )


def _text(field: FieldDef, value: Any, switches: Switches) -> str | None:
    if isinstance(value, dict | list):
        raise unreadable(f"Cannot deserialize instance of string from START_OBJECT value for {field.name}")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if switches.salesforce_trims_text:
        text = text.strip()
    if text == "":
        return None
    if field.length and len(text) > field.length:
        message = f"{field.label}: data value too large: {text} (max length={field.length})"
        raise OrgError("STRING_TOO_LONG", message, fields=[field.name])
    return _checked_text(field, text, switches)


def _checked_text(field: FieldDef, text: str, switches: Switches) -> str:
    if field.type == "email":
        if _EMAIL.fullmatch(text) is None:
            raise OrgError(
                "INVALID_EMAIL_ADDRESS",
                f"{field.label}: invalid email address: {text}",
                fields=[field.name],
            )
        return text.lower() if switches.salesforce_folds_email else text
    if field.restricted and field.picklist:
        chosen = text.split(";") if field.type == "multipicklist" else [text]
        if any(value not in field.picklist for value in chosen):
            message = f"{field.label}: bad value for restricted picklist field: {text}"
            raise OrgError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, fields=[field.name])
    return text


def _boolean(field: FieldDef, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _cannot_read(field, value)


def _number(field: FieldDef, value: Any) -> float | int:
    if isinstance(value, bool):
        raise _cannot_read(field, value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _cannot_read(field, value) from None
    if not isfinite(number) or abs(number) >= 10 ** (field.precision - field.scale):
        message = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise OrgError("NUMBER_OUTSIDE_VALID_RANGE", message, fields=[field.name])
    if field.type == "int":
        if number != int(number):
            raise _cannot_read(field, value)
        return int(number)
    return round(number, field.scale)


def _date(field: FieldDef, value: Any) -> str:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip()[:10]).isoformat()
        except ValueError:
            pass
    raise _cannot_read(field, value)


def _datetime(field: FieldDef, value: Any) -> str:
    at = read_time(value.strip()) if isinstance(value, str) else None
    if at is None:
        raise _cannot_read(field, value)
    return wire_time(at.replace(microsecond=0))


def _reference(field: FieldDef, value: Any) -> str:
    full = to_18(value.strip()) if isinstance(value, str) else None
    if full is None:
        raise malformed_id(field.label, str(value), field.name)
    return full


_READERS: dict[str, Callable[[FieldDef, Any], Any]] = {
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "reference": _reference,
    "id": _reference,
    **dict.fromkeys(NUMBER_TYPES, _number),
}
