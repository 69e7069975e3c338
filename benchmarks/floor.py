"""The floor: the least that any pull can cost. Read prepared pages from files, unzip, parse, and store each record in
SQLite with one plain `executemany` per page: id, time of change, and the thirty fields as one JSON text."""

from __future__ import annotations

import csv
import gzip
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import orjson

Row = tuple[str, str, str]

_TABLE = "CREATE TABLE lead (id TEXT PRIMARY KEY, modified TEXT, fields TEXT) WITHOUT ROWID"
_PUT = (
    "INSERT INTO lead VALUES (?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET modified = excluded.modified, fields = excluded.fields"
)


def opened(path: Path) -> sqlite3.Connection:
    """A new database with the settings that Baton's own has."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(_TABLE)
    return database


def pages(folder: Path, kind: str) -> Iterator[bytes]:
    """The bodies of all pages, unzipped."""
    for path in sorted(folder.glob(f"{kind}-*")):
        yield gzip.decompress(path.read_bytes())


def contacts(body: bytes) -> Iterator[list[Row]]:
    """The rows of one HubSpot list."""
    rows = orjson.loads(body)["results"]
    yield [(row["id"], row["updatedAt"], orjson.dumps(row["properties"]).decode()) for row in rows]


def leads(body: bytes) -> Iterator[list[Row]]:
    """The rows of one page of bulk results, some thousand at a time."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", newline=""))
    names = next(reader)
    batch: list[Row] = []
    for row in reader:
        batch.append((row[0], row[1], orjson.dumps(dict(zip(names, row, strict=True))).decode()))
        if len(batch) == 2_000:
            yield batch
            batch = []
    yield batch


def store(folder: Path, kind: str, database: sqlite3.Connection) -> int:
    """Everything; gives the number of rows."""
    parse = contacts if kind == "contacts" else leads
    stored = 0
    for body in pages(folder, kind):
        for rows in parse(body):
            database.execute("BEGIN IMMEDIATE")
            database.executemany(_PUT, rows)
            database.execute("COMMIT")
            stored += len(rows)
    return stored
