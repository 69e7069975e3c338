"""SOQL texts and Salesforce's forms of time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from connector.ports import Window

LONGEST_IN = 300
"""Ids in one IN list: with their quotes encoded they stay well below the 16 kB that an address may have."""


def literal(moment: datetime) -> str:
    """A date-time as an unquoted SOQL literal in UTC; a fraction only where there is one."""
    moment = moment.astimezone(UTC)
    fraction = f".{moment.microsecond // 1000:03d}" if moment.microsecond >= 1000 else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def whole_second(moment: datetime) -> datetime:
    """The second in which a moment lies."""
    return moment.replace(microsecond=0)


def moment_of(value: object) -> datetime | None:
    """Salesforce's date-times (REST: +0000, Bulk: Z) as aware UTC; None for anything else."""
    if not isinstance(value, str) or len(value) < 19:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def ids_in(ids: Sequence[str]) -> Iterator[str]:
    """`('a','b')` lists of at most LONGEST_IN ids. Ids are letters and digits; anything else is dropped."""
    clean = [id_ for id_ in dict.fromkeys(ids) if id_.isascii() and id_.isalnum()]
    for start in range(0, len(clean), LONGEST_IN):
        yield "(" + ",".join(f"'{id_}'" for id_ in clean[start : start + LONGEST_IN]) + ")"


def select(columns: Sequence[str], object: str, where: str = "", tail: str = "") -> str:
    """A query. Names come from describe and from this package, values are quoted by the callers."""
    condition = f" WHERE {where}" if where else ""
    return f"SELECT {', '.join(columns)} FROM {object}{condition} {tail}".strip()  # noqa: S608 - SOQL reads only


def window_query(
    columns: Sequence[str], object: str, window: Window, *, stamp: str = "SystemModstamp", where: str = ""
) -> str:
    """Records stamped inside the window, behind the place `<stamp>|<id>` that `after` names, in the order of stamp and id.

    Stamps repeat (bulk writes give thousands one), so the id decides among equals: neither `>` nor `>=` alone is right.
    They are whole seconds, so the window's ends are too: an edit later in the second in which a window ends is stamped
    with that second, and must fall into the next window.
    """
    terms = [where] if where else []
    if window.since is not None:
        terms.append(f"{stamp} >= {literal(whole_second(window.since))}")
    terms.append(f"{stamp} < {literal(whole_second(window.until))}")
    at, _, id_ = window.after.partition("|")
    if id_.isalnum():
        terms.append(f"({stamp} > {at} OR ({stamp} = {at} AND Id > '{id_}'))")
    return select(columns, object, " AND ".join(terms), f"ORDER BY {stamp}, Id")


def place(stamp: datetime, id_: str) -> str:
    """The place behind a record, for `Window.after`."""
    return f"{literal(stamp)}|{id_}"
