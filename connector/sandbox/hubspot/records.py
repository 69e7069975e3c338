"""Records of one object type and who may see which version of them when. Knows no properties' meaning and no HTTP.

A write is stamped at once, but readers may see the row as it was before until its commit shows (and the search
index still longer): `Record.past` holds those earlier views.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from connector.sandbox.hubspot.catalog import ObjectType


@dataclass(frozen=True, slots=True)
class Source:
    """Who makes a change: HubSpot's source type, its id, a label, and the user behind it, if any."""

    kind: str = "CRM_UI"
    id: str = ""
    label: str | None = None
    user_id: int | None = None

    @classmethod
    def person(cls, user_id: int) -> Source:
        """A user working in HubSpot's own pages."""
        return cls("CRM_UI", f"userId:{user_id}", None, user_id)

    @classmethod
    def app(cls, app_id: int, label: str | None = None) -> Source:
        """A write through the API, attributed to the app that owns the token."""
        return cls("INTEGRATION", str(app_id), label)


_FEW = 20
"""Up to so many writes it is cheaper to put each in its place than to sort all of them again."""

HUBSPOT = Source("ANALYTICS", "hubspot", "HubSpot")
"""HubSpot's own calculations and tracking."""


class Version(NamedTuple):
    """One value that a property had, from `timestamp` (ISO, UTC) on."""

    value: str
    timestamp: str
    source: Source


@dataclass(slots=True)
class Past:
    """What readers saw before one write: None when the record did not exist yet."""

    visible_ms: int
    before: Record | None


@dataclass(slots=True)
class Record:
    """One CRM record. `properties` holds the stored texts, stamps and id included."""

    id: str
    key: int
    properties: dict[str, str]
    created_at: str
    updated_at: str
    updated_ms: int
    source: Source
    archived: bool = False
    archived_at: str | None = None
    versions: dict[str, list[Version]] | None = None
    past: list[Past] = field(default_factory=list)
    gone: bool = False

    def view(self) -> Record:
        """A frozen copy for readers who may not see the next write yet."""
        versions = {name: list(kept) for name, kept in self.versions.items()} if self.versions else None
        return Record(
            self.id,
            self.key,
            dict(self.properties),
            self.created_at,
            self.updated_at,
            self.updated_ms,
            self.source,
            self.archived,
            self.archived_at,
            versions,
        )

    def seen(self, now_ms: int, lag_ms: int = 0) -> Record | None:
        """The version a reader sees at `now_ms`; with `lag_ms`, what an index that lags behind sees."""
        for past in self.past:
            if past.visible_ms + lag_ms > now_ms:
                return past.before
        return None if self.gone else self

    def set(self, name: str, value: str, *, stamp: str, source: Source, cap: int) -> bool:
        """Store one text and its history entry; False when it was already so. "" clears."""
        old = self.properties.get(name)
        if old == value or (old is None and value == ""):
            return False
        if self.versions is None:
            self.versions = {}
        kept = self.versions.get(name)
        if kept is None:
            kept = self.versions[name] = []
            if old is not None:
                kept.append(Version(old, self.created_at, self.source))
        kept.append(Version(value, stamp, source))
        del kept[:-cap]
        if value == "":
            del self.properties[name]
        else:
            self.properties[name] = value
        return True

    def history(self, name: str) -> list[Version]:
        """The versions of one property, newest first; a value never changed has the one of its creation."""
        kept = self.versions.get(name) if self.versions else None
        if kept is not None:
            return kept[::-1]
        value = self.properties.get(name)
        return [] if value is None else [Version(value, self.created_at, self.source)]


@dataclass(slots=True)
class Moment:
    """One instant of writing: ISO text and epoch milliseconds, and when its effect shows to readers."""

    iso: str
    ms: int
    visible_ms: int
    keep_ms: int = 0

    @property
    def late(self) -> bool:
        """Whether some reader (or the search index) is to see the state before for a while."""
        return self.visible_ms > self.ms or self.keep_ms > 0


class Shelf:
    """Every record of one object type, in the order of ids, with its unique values and the order of changes."""

    def __init__(self, kind: ObjectType) -> None:
        self.kind = kind
        self.records: dict[int, Record] = {}
        self.ids: list[int] = []
        self.archived_ids: list[int] = []
        self.changes: list[tuple[int, int]] = []
        self.unique: dict[str, dict[str, int]] = {}
        self.aliases: dict[int, int] = {}
        self.next_id = kind.first_id
        self.generation = 0
        self.unsettled_ms = 0

    def new_key(self) -> int:
        """The next id: rising by one, so that two runs of a seed agree."""
        self.next_id += 1
        return self.next_id - 1

    def add(self, record: Record, moment: Moment) -> None:
        """Put a new record on the shelf; readers see it when the moment says so."""
        self.records[record.key] = record
        self.ids.append(record.key)
        if moment.late:
            self._remember(record, Past(moment.visible_ms, None), moment)
        self.changed(record)

    def before_write(self, record: Record, moment: Moment) -> None:
        """Keep what readers see now, to be called before a record is touched."""
        if not moment.late:
            if record.past:
                record.past.clear()
            return
        self._remember(record, Past(moment.visible_ms, record.view()), moment)

    def _remember(self, record: Record, past: Past, moment: Moment) -> None:
        horizon = moment.ms - moment.keep_ms
        record.past = [kept for kept in record.past if kept.visible_ms > horizon]
        for kept in record.past:
            kept.visible_ms = min(kept.visible_ms, past.visible_ms)
        record.past.append(past)
        self.unsettled_ms = max(self.unsettled_ms, past.visible_ms)

    def changed(self, record: Record) -> None:
        """Note a write in the order of changes, which search by modification time walks."""
        entry = (record.updated_ms, record.key)
        if not self.changes or entry >= self.changes[-1]:
            self.changes.append(entry)
        else:
            insort(self.changes, entry)
        self.generation += 1
        if len(self.changes) > 4 * len(self.records) + 1_000:
            self._compact()

    def changed_all(self, records: Sequence[Record]) -> None:
        """Note many writes at once; their stamps may lie in the past."""
        entries = [(record.updated_ms, record.key) for record in records]
        if len(entries) > _FEW:
            self.changes.extend(entries)
            self.changes.sort()
        else:
            for entry in entries:
                insort(self.changes, entry)
        self.generation += 1

    def _compact(self) -> None:
        self.changes = sorted(
            {(view.updated_ms, record.key) for record in self.records.values() for view in _views(record)}
        )

    def changed_since(self, ms: int) -> list[int]:
        """Ids with any version written at or after `ms`, ascending, each once."""
        start = bisect_left(self.changes, (ms, 0))
        return sorted({key for _, key in self.changes[start:]})

    def page(self, after: int, limit: int, *, archived: bool, now_ms: int) -> tuple[list[Record], bool]:
        """Up to `limit` records with ids above `after` as readers see them now, and whether more follow."""
        ids = self.archived_ids if archived else self.ids
        found: list[Record] = []
        for position in range(bisect_right(ids, after), len(ids)):
            record = self.records[ids[position]]
            view = record.seen(now_ms) if record.past else record
            if view is None or view.archived is not archived:
                continue
            if len(found) == limit:
                return found, True
            found.append(view)
        return found, False

    def archive(self, record: Record, stamp: str) -> None:
        """Move a record to the recycling bin and free its unique values."""
        record.archived = True
        record.archived_at = stamp
        insort(self.archived_ids, record.key)
        self.release(record)
        self.generation += 1

    def revive(self, record: Record) -> None:
        """Take a record out of the recycling bin."""
        record.archived = False
        record.archived_at = None
        self._drop(self.archived_ids, record.key)
        self.generation += 1

    def purge(self, record: Record) -> None:
        """Forget a record altogether: no view of it stays."""
        del self.records[record.key]
        self._drop(self.ids, record.key)
        self._drop(self.archived_ids, record.key)
        self.changes = [entry for entry in self.changes if entry[1] != record.key]
        self.release(record)
        self.generation += 1

    def vanish(self, record: Record, moment: Moment) -> None:
        """Take a merged-away record off the shelf; readers who lag behind still see its last view."""
        if not moment.late:
            self.purge(record)
            return
        record.gone = record.archived = True
        self.generation += 1

    @staticmethod
    def _drop(ids: list[int], key: int) -> None:
        position = bisect_left(ids, key)
        if position < len(ids) and ids[position] == key:
            del ids[position]

    def holder(self, name: str, value: str) -> int | None:
        """The id that holds a unique value, whether or not readers see it already."""
        return self.unique.get(name, {}).get(value)

    def claim(self, name: str, value: str, key: int) -> None:
        """Give a unique value to a record."""
        self.unique.setdefault(name, {})[value] = key

    def unclaim(self, name: str, value: str, key: int) -> None:
        """Free one unique value, if this record holds it."""
        held = self.unique.get(name, {})
        if held.get(value) == key:
            del held[value]

    def release(self, record: Record) -> None:
        """Free every unique value of a record, its additional e-mail addresses included."""
        for name in self.unique:
            if (value := record.properties.get(name)) is not None:
                self.unclaim(name, value, record.key)
        for address in record.properties.get("hs_additional_emails", "").split(";"):
            self.unclaim("email", address, record.key)

    def snapshot(self) -> dict[str, Any]:
        """Every record that is not merged away, JSON-able."""
        return {
            "rows": [dump(self.records[key]) for key in self.ids if not self.records[key].gone],
            "aliases": [[old, new] for old, new in self.aliases.items()],
            "next_id": self.next_id,
        }

    def restore(self, saved: Mapping[str, Any], *, unique: Sequence[str]) -> None:
        """Become what `snapshot` returned; `unique` names the properties whose values are claimed."""
        found = [load(row) for row in saved["rows"]]
        self.records = {record.key: record for record in found}
        self.ids = [record.key for record in found]
        self.archived_ids = [record.key for record in found if record.archived]
        self.changes = sorted((record.updated_ms, record.key) for record in found)
        self.aliases = dict(saved["aliases"])
        self.next_id, self.unique = saved["next_id"], {}
        self.generation += 1
        for record in found:
            if not record.archived:
                self.claim_all(record, unique)

    def claim_all(self, record: Record, unique: Sequence[str]) -> None:
        """Give a record the unique values it carries, additional e-mail addresses included."""
        for name in unique:
            if value := record.properties.get(name):
                self.claim(name, value, record.key)
        for address in record.properties.get("hs_additional_emails", "").split(";"):
            if address:
                self.claim("email", address, record.key)


def _views(record: Record) -> list[Record]:
    return [record, *(past.before for past in record.past if past.before is not None)]


def keep_for(lag_seconds: float) -> int:
    """How many milliseconds earlier views are kept for a search index that lags this long."""
    return int(timedelta(seconds=lag_seconds) / timedelta(milliseconds=1))


def dump(record: Record) -> dict[str, Any]:
    """A record as JSON-able values; views of the past are settled, not kept."""
    versions = {
        name: [[v.value, v.timestamp, _dump_source(v.source)] for v in kept]
        for name, kept in (record.versions or {}).items()
    }
    return {
        "id": record.id,
        "properties": record.properties,
        "created": record.created_at,
        "updated": [record.updated_at, record.updated_ms],
        "source": _dump_source(record.source),
        "archived": record.archived_at if record.archived else None,
        "versions": versions,
    }


def load(saved: dict[str, Any]) -> Record:
    """The record that `dump` wrote."""
    versions = {
        name: [Version(value, stamp, Source(*source)) for value, stamp, source in kept]
        for name, kept in saved["versions"].items()
    }
    return Record(
        id=saved["id"],
        key=int(saved["id"]),
        properties=dict(saved["properties"]),
        created_at=saved["created"],
        updated_at=saved["updated"][0],
        updated_ms=saved["updated"][1],
        source=Source(*saved["source"]),
        archived=saved["archived"] is not None,
        archived_at=saved["archived"],
        versions=versions or None,
    )


def _dump_source(source: Source) -> list[Any]:
    return [source.kind, source.id, source.label, source.user_id]
