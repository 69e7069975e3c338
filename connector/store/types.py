"""Column types that keep the store's promises: times are aware UTC, documents are JSON, money is minor units with its code.

They know nothing of what is stored in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import BigInteger, Column, DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator

from mappings.records import Money


def _plain(value: object) -> object:
    """What orjson cannot write by itself: read-only mappings and sets."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not a JSON value")


_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def to_json(value: object) -> str:
    """JSON with sorted keys, so that equal values are equal text. Raises TypeError for what JSON cannot hold."""
    return packed(value).decode()


def packed(value: object) -> bytes:
    """The same as UTF-8, for whoever hashes it too."""
    return orjson.dumps(value, default=_plain, option=_CANONICAL)


def packed_fields(fields: Mapping[str, object]) -> bytes:
    """The same for fields by name, at half the cost: their keys are text, which need not be looked at."""
    return orjson.dumps(fields, default=_plain, option=orjson.OPT_SORT_KEYS)


def from_json(text: str | bytes) -> Any:
    """Read what `to_json` wrote."""
    return orjson.loads(text)


def digest(value: object) -> str:
    """Equal for equal values, 128 bits: enough to recognise content, no protection against an attacker."""
    return blake2b(packed(value), digest_size=16).hexdigest()


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time. Takes aware values only (ValueError else), gives back aware UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A document. Text on every database, so that its hash and its order are the same everywhere; None is NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else from_json(value)


def money_columns(name: str) -> tuple[Column[Any], Column[Any]]:
    """Minor units and ISO 4217 code, both there or both absent."""
    return Column(f"{name}_minor", BigInteger), Column(f"{name}_currency", String(3))


def money_values(name: str, money: Money | None) -> dict[str, int | str | None]:
    """The two column values of an amount."""
    if money is None:
        return {f"{name}_minor": None, f"{name}_currency": None}
    return {f"{name}_minor": money.minor, f"{name}_currency": money.currency}


def money_from(minor: int | None, currency: str | None) -> Money | None:
    """The amount in two column values."""
    return None if minor is None or currency is None else Money(minor, currency)
