"""Puts rows of any table into a sandbox, as a column map says, quickly: no webhooks, no rules, with their own past times.

A row is loaded whole or not at all, and a bad one stops nobody: it is reported with its line and the reason.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from connector.sandbox.hubspot.errors import PortalError
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.load_hubspot import PortalLoader
from connector.sandbox.load_map import BadRowError, ColumnMap, Wanted, wanted
from connector.sandbox.load_salesforce import OrgLoader
from connector.sandbox.salesforce.errors import OrgError
from connector.sandbox.salesforce.org import Org

CHUNK = 500
"""Rows of one call to the control API."""
LONGEST_CELL = 10_000_000

System = Literal["hubspot", "salesforce"]


class TableError(ValueError):
    """The file as a whole cannot be loaded; the message says why."""


class Batch(BaseModel):
    """Some rows of one table, each with its line in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: System
    object: str
    map: ColumnMap
    rows: tuple[tuple[int, dict[str, str]], ...]


@dataclass(slots=True)
class Refused:
    """A row that was left out."""

    line: int
    reason: str


@dataclass(slots=True)
class Loaded:
    """How many records of each object came in, and which rows did not."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)

    def wire(self) -> dict[str, Any]:
        """For the control API."""
        refused = [{"line": one.line, "reason": one.reason} for one in self.refused]
        return {"loaded": dict(self.counts), "refused": refused}

    def add(self, other: Loaded) -> None:
        """Take another result in."""
        self.counts.update(other.counts)
        self.refused += other.refused


class Loader(Protocol):
    """One system that takes records in."""

    def check(self, records: list[Wanted]) -> None:
        """Refuse a row that could not be stored, before anything of it is. Raises BadRowError or the system's refusal."""

    def put(self, records: list[Wanted]) -> list[str]:
        """Store a row's records; the objects that were made."""

    def finish(self) -> None:
        """Store what was collected."""


def put(portal: Portal, org: Org, batch: Batch) -> Loaded:
    """Load rows into a sandbox's state. Raises ValueError when the map speaks of objects that the system does not have."""
    loader: Loader = PortalLoader(portal) if batch.system == "hubspot" else OrgLoader(org)
    records, zone = batch.map.all_records(batch.object), ZoneInfo(batch.map.zone)
    result = Loaded()
    with portal.world.lock:
        for line, cells in batch.rows:
            try:
                asked = list(wanted(records, cells, zone))
                loader.check(asked)
                result.counts.update(loader.put(asked))
            except (BadRowError, PortalError, OrgError) as refused:
                result.refused.append(Refused(line, getattr(refused, "message", None) or str(refused)))
        loader.finish()
    return result


@dataclass(slots=True)
class Table:
    """A CSV file in UTF-8, with or without a byte order mark, whose first line names the columns."""

    path: Path
    bad: list[Refused] = field(default_factory=list)

    def columns(self) -> list[str]:
        """The names in the first line. Raises TableError."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            try:
                header = next(csv.reader(file), None)
            except (UnicodeDecodeError, csv.Error) as wrong:
                raise TableError(f"{self.path} is no CSV in UTF-8: save it as UTF-8 and try again") from wrong
        if not header:
            raise TableError(f"{self.path} is empty: the first line must name the columns")
        return header

    def chunks(
        self, columns: ColumnMap, size: int = CHUNK
    ) -> Iterator[tuple[tuple[int, dict[str, str]], ...]]:
        """Rows by `size` with the columns that the map reads. Rows of the wrong width go to `bad`. Raises TableError."""
        header = self.columns()
        if lacking := sorted(columns.columns() - set(header)):
            raise TableError(f"{self.path} has no column {', '.join(lacking)}; it has: {', '.join(header)}")
        rows = self._rows(header, columns.columns())
        while chunk := tuple(islice(rows, size)):
            yield chunk

    def _rows(self, header: list[str], needed: frozenset[str]) -> Iterator[tuple[int, dict[str, str]]]:
        csv.field_size_limit(LONGEST_CELL)
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            try:
                next(reader)
                for cells in reader:
                    if not cells:
                        continue
                    if len(cells) != len(header):
                        reason = f"{len(cells)} cells where the first line names {len(header)} columns"
                        self.bad.append(Refused(reader.line_num, reason))
                        continue
                    row = dict(zip(header, cells, strict=True))
                    yield reader.line_num, {name: row[name] for name in needed}
            except (UnicodeDecodeError, csv.Error) as wrong:
                raise TableError(f"{self.path}, near line {reader.line_num}: no CSV in UTF-8") from wrong


def load_table(
    portal: Portal, org: Org, table: Table, *, system: System, wanted: tuple[str, ColumnMap]
) -> Loaded:
    """Load a file into a sandbox of this process; `wanted` = (object, map)."""
    result = Loaded()
    for rows in table.chunks(wanted[1]):
        result.add(put(portal, org, Batch(system=system, object=wanted[0], map=wanted[1], rows=rows)))
    result.refused += table.bad
    return result
