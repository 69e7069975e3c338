"""Builders: a lead with an account and activities, said in as few words as a test needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from connector.domain.facts import AccountFacts, Known
from mappings.records import Account, Activity, Direction, Kind, Money, Person, RecordKey

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def person(**fields: Any) -> Person:
    return Person(RecordKey("hub", "contacts", "1"), **fields)


def account(**fields: Any) -> Account:
    return Account(RecordKey("hub", "companies", "1"), **fields)


def cny(major: int) -> Money:
    return Money(major * 100, "CNY")


def known(*activities: Activity, company: Account | None = None, **fields: Any) -> Known:
    who = fields.pop("who", person())
    return Known(
        "lead-1", NOW - 400 * DAY, who, account=AccountFacts(company), activities=activities, **fields
    )


def act(kind: Kind, text: str = "", *, at: datetime = NOW - DAY, name: str = "", **fields: Any) -> Activity:
    nth = name or f"{kind}-{at:%Y%m%d%H%M%S}-{crc32(f'{text}{fields}'.encode())}"
    return Activity(RecordKey("hub", "activities", nth), kind, at, at, at, text=text, **fields)


def said(text: str, *, at: datetime = NOW - DAY, kind: Kind = Kind.CHAT, **fields: Any) -> Activity:
    """The customer wrote this."""
    return act(kind, text, at=at, direction=Direction.IN, **fields)
