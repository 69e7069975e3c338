"""HubSpot's JSON in Baton's words: records, owners, field history. Pure: no call, no clock. HubSpot states every value as
text; it stays text, and absent and empty are both None."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector.hubspot.reader import ASSOCIATED, associated_ids
from connector.ports import RecordState, RemoteRow, Window
from mappings.records import FieldChange, Owner, RecordKey, Scalar

Raw = Mapping[str, Any]


def moment(value: object) -> datetime | None:
    """HubSpot's times: ISO text, or epoch milliseconds as number or text. None for anything else."""
    if value in (None, ""):
        return None
    text = str(value)
    try:
        if text.endswith("Z"):  # the form of every record's own times: nothing to convert
            found = datetime.fromisoformat(text)
            return found if found.tzinfo is UTC else found.astimezone(UTC)
        if text.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def modified_at(raw: Raw) -> datetime:
    """When the record last changed; for an archived one, when it was archived."""
    stated = raw.get("archivedAt") or raw.get("updatedAt")
    if not stated:
        properties = raw.get("properties") or {}
        stated = properties.get("hs_lastmodifieddate") or properties.get("lastmodifieddate")
    found = moment(stated)
    if found is None:
        raise ValueError("a HubSpot record states no time of change")
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields asked for, sorted out once for many rows: a first load passes here once per record."""

    properties: tuple[str, ...] = ()
    associated: tuple[tuple[str, str], ...] = ()
    wanted: frozenset[str] = frozenset()
    unasked: tuple[str, ...] = ()

    @classmethod
    def of(cls, fields: Sequence[str]) -> Asked:
        """`associations.<object>` stands for associated ids, everything else is a property."""
        linked = [name for name in fields if name.startswith(ASSOCIATED)]
        # In the order of their names, because rows are hashed as JSON with sorted keys.
        plain = sorted(name for name in fields if not name.startswith(ASSOCIATED))
        ties = tuple((name, name.removeprefix(ASSOCIATED)) for name in linked)
        wanted = frozenset(plain)
        return cls(tuple(plain), ties, wanted, tuple(sorted(_ALWAYS - wanted)))

    def row_of(self, raw: Raw) -> RemoteRow:
        """One record; associated ids are joined by ';'."""
        values = self._values(raw.get("properties") or {})
        for name, to in self.associated:
            values[name] = ";".join(associated_ids(raw, to)) or None
        state = _ARCHIVED if raw.get("archived") else _ACTIVE
        return RemoteRow(str(raw["id"]), modified_at(raw), values, state)

    def _values(self, properties: dict[str, Scalar]) -> dict[str, Scalar]:
        """The properties asked for, "" as None. Most answers hold just those and are taken as they are: looking at each of
        thirty properties by name is a fifth of what a first load costs."""
        values = properties.copy()
        for name in self.unasked:
            values.pop(name, None)
        if self.wanted.issuperset(values) and "" not in values.values():
            return values
        return {name: properties[name] or None for name in self.properties if name in properties}


_ALWAYS = frozenset(
    {"createdate", "hs_object_id", "lastmodifieddate", "hs_lastmodifieddate", "hs_merged_object_ids"}
)
"""What answers hold beside the fields asked for: HubSpot's own (CRM objects guide), and what the adapter asks for itself."""


def row_of(raw: Raw, fields: Sequence[str]) -> RemoteRow:
    """One record with the fields asked for, where it stands alone."""
    return Asked.of(fields).row_of(raw)


_ACTIVE, _ARCHIVED = RecordState.ACTIVE, RecordState.ARCHIVED


def versions(raw: Raw, name: str) -> list[Raw]:
    """The versions of one property, oldest first."""
    listed = (raw.get("propertiesWithHistory") or {}).get(name) or ()
    return sorted(
        listed, key=lambda version: moment(version.get("timestamp")) or datetime.min.replace(tzinfo=UTC)
    )


def changes_of(raw: Raw, key: RecordKey, window: Window) -> Iterator[FieldChange]:
    """The changes written inside the window, from a record read with history."""
    for name in raw.get("propertiesWithHistory") or {}:
        old: Scalar = None
        for version in versions(raw, name):
            at, new = moment(version.get("timestamp")), version.get("value") or None
            if at is not None and new != old and within(at, window):
                yield FieldChange(key, name, old, new, at, _actor(version))
            old = new


def within(at: datetime, window: Window) -> bool:
    """Whether a time lies in `since <= at < until`."""
    return (window.since is None or at >= window.since) and at < window.until


def owner_of(raw: Raw, connection: str) -> Owner:
    """A user who can own records. HubSpot has no queues."""
    name = " ".join(part for part in (raw.get("firstName"), raw.get("lastName")) if part)
    key = RecordKey(connection, "owners", str(raw["id"]))
    return Owner(
        key, name or str(raw.get("email") or ""), str(raw.get("email") or ""), not raw.get("archived")
    )


def _actor(version: Raw) -> str:
    """Who made the change: the user's id, else what HubSpot says of the source."""
    user = version.get("updatedByUserId")
    return (
        str(user) if user else ":".join(str(version[k]) for k in ("sourceType", "sourceId") if version.get(k))
    )
