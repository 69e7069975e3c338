"""The floor: the least that any pull can cost. Read prepared pages from files, unzip, parse, and store each record in
SQLite with plain `executemany`: a contact as id, time of change and its properties as one JSON text; a lead as the columns
of its CSV row, for that is the least work in either case."""

from __future__ import annotations

import csv
import gzip
import io
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

Row = Sequence[str]


def _put(names: Sequence[str]) -> str:
    marks = ", ".join("?" * len(names))
    news = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    return f"INSERT INTO lead VALUES ({marks}) ON CONFLICT ({names[0]}) DO UPDATE SET {news}"  # noqa: S608


def opened(path: Path, names: Sequence[str]) -> sqlite3.Connection:
    """A new database with the settings that Baton's own has."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    columns = ", ".join(f"{name} TEXT" for name in names[1:])
    database.execute(f"CREATE TABLE lead ({names[0]} TEXT PRIMARY KEY, {columns})")
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
    next(reader)
    batch: list[Row] = []
    for row in reader:
        batch.append(row)
        if len(batch) == 2_000:
            yield batch
            batch = []
    yield batch


def store(folder: Path, kind: str, database: sqlite3.Connection, names: Sequence[str]) -> int:
    """Everything; gives the number of rows."""
    put = _put(names)
    parse = contacts if kind == "contacts" else leads
    stored = 0
    for body in pages(folder, kind):
        for rows in parse(body):
            database.execute("BEGIN IMMEDIATE")
            database.executemany(put, rows)
            database.execute("COMMIT")
            stored += len(rows)
    return stored
