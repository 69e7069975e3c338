"""Salesforce's rows and queries in the ports' words, for the in-memory org. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connector.ports import FieldSpec, RecordState, Window
from mappings.records import Scalar


def select(columns: Sequence[str], object: str, where: str = "", tail: str = "") -> str:
    """A query."""
    condition = f" WHERE {where}" if where else ""
    return f"SELECT {', '.join(columns)} FROM {object}{condition} {tail}".strip()  # noqa: S608 - the sandbox's own SOQL


def literal(at: datetime) -> str:
    """A date-time literal."""
    at = at.astimezone(UTC)
    fraction = f".{at.microsecond // 1000:03d}" if at.microsecond >= 1000 else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def time_of(text: str) -> datetime:
    """Wire text as aware UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def not_before(at: datetime, window: Window) -> bool:
    """Whether a time is not before the window."""
    return window.since is None or at >= window.since


def scalar_of(value: Any, kind: str) -> Scalar:
    """One value in one form."""
    if value in (None, "") or isinstance(value, bool):
        return None if value == "" else value
    if isinstance(value, float):
        return int(value) if value.is_integer() else str(value)
    if isinstance(value, int):
        return value
    text = str(value)
    return text.removesuffix("+0000") + "Z" if kind == "datetime" and text.endswith("+0000") else text


def state_of(raw: Mapping[str, Any]) -> tuple[RecordState, str]:
    """What became of a row, and the survivor's id."""
    if raw.get("IsDeleted"):
        winner = raw.get("MasterRecordId") or ""
        return (RecordState.MERGED, winner) if winner else (RecordState.DELETED, "")
    if raw.get("IsConverted"):
        return RecordState.CONVERTED, raw.get("ConvertedContactId") or ""
    return RecordState.ACTIVE, ""


def spec_of(raw: Mapping[str, Any]) -> FieldSpec:
    """A field as describe states it."""
    return FieldSpec(
        raw["name"],
        raw["label"],
        raw["type"],
        raw.get("length") or None,
        tuple(one["value"] for one in raw.get("picklistValues") or ()),
        not raw["nillable"]
        and not raw["defaultedOnCreate"]
        and raw["createable"]
        and raw["type"] != "boolean",
        raw["updateable"],
        raw["unique"],
        raw["calculated"],
    )
