"""Bulk 2.0 query jobs: few calls for many rows. Results are streamed through the CSV reader and never held whole; a job is
kept for seven days, so a broken read goes on where it stopped."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from connector.errors import AnswerLostError, RecordGoneError, RecordRefusedError, TryLaterError
from connector.salesforce.client import SalesforceClient
from connector.salesforce.table import Table

PAGE_RECORDS = 50_000
"""Asked for explicitly: without maxRecords Salesforce may stall on a big result."""
ROWS_AT_ONCE = 300
"""Few, because rows that are dealt with while the processor still has them at hand cost less than thousands that wait (a
quarter less at 200, an eighth at 500); not fewer, because what belongs to them is asked for by 300 ids in one call (see
`soql.LONGEST_IN`)."""
LONGEST_WAIT = 15.0
POLLS = 400


@dataclass(frozen=True, slots=True)
class BulkPlace:
    """Where a job has been read to: `skip` rows of the results page at `locator`."""

    job: str
    locator: str = ""
    skip: int = 0

    def __str__(self) -> str:
        return f"bulk|{self.job}|{self.locator}|{self.skip}"

    @classmethod
    def parse(cls, text: str) -> BulkPlace | None:
        """None for the place of another kind of read."""
        kind, _, rest = text.partition("|")
        parts = rest.split("|")
        return cls(parts[0], parts[1], int(parts[2])) if kind == "bulk" and len(parts) == 3 else None


class BulkQuery:
    """Runs query jobs on one org."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client

    def start(self, soql: str) -> BulkPlace:
        """Begin a job that also sees deleted rows. The job is only asked for again when it certainly was not made."""
        job = self._client.call(
            "POST", "jobs/query", body={"operation": "queryAll", "query": soql}, safe=False
        )
        return BulkPlace(str(job["id"]))

    def rows(self, place: BulkPlace) -> Iterator[tuple[Table, BulkPlace | None]]:
        """Rows from a place on, some hundred at a time, each with the place behind it; None when the job is read."""
        self._wait_for(place.job)
        onward: BulkPlace | None = place
        while onward is not None:
            read_from, onward = onward, None
            for rows, behind in self._results(read_from):
                onward = behind
                yield rows, behind

    def resumable(self, place: BulkPlace) -> bool:
        """Whether the job is still there and came to something: jobs are kept for seven days."""
        try:
            state = self._client.get(f"jobs/query/{place.job}")["state"]
        except (RecordGoneError, RecordRefusedError):
            return False
        return state not in ("Failed", "Aborted")

    def _wait_for(self, job: str) -> None:
        wait = 0.5
        for _ in range(POLLS):
            state = str(self._client.get(f"jobs/query/{job}")["state"])
            if state == "JobComplete":
                return
            if state in ("Failed", "Aborted"):
                raise RecordRefusedError(
                    self._client.connection, "the bulk query failed", f"BULK_{state.upper()}"
                )
            self._client.repeater.sleep(wait)
            wait = min(wait * 1.5, LONGEST_WAIT)
        raise TryLaterError(self._client.connection, "the bulk query is still running", "BULK_SLOW")

    def _results(self, place: BulkPlace) -> Iterator[tuple[Table, BulkPlace | None]]:
        query = {"maxRecords": str(PAGE_RECORDS)} | ({"locator": place.locator} if place.locator else {})
        with self._client.stream(f"jobs/query/{place.job}/results?{urlencode(query)}") as response:
            following = response.headers.get("Sforce-Locator", "null")
            response.raw.decode_content = True
            response.raw.auto_close = False
            body: Any = response.raw
            reader = csv.reader(io.TextIOWrapper(body, encoding="utf-8", newline=""))
            names = tuple(next(reader, ()))
            told = response.headers.get("Sforce-NumberOfRecords", "")
            end = None if following in ("null", "") else BulkPlace(place.job, following)
            width, batch, number = len(names), list[list[str]](), -1
            for number, row in enumerate(reader):
                if len(row) != width:
                    raise self._cut_off()
                if number < place.skip:
                    continue
                if len(batch) == ROWS_AT_ONCE:
                    yield Table(names, batch), BulkPlace(place.job, place.locator, number)
                    batch = []
                batch.append(row)
            if told.isdigit() and number + 1 != int(told):
                raise self._cut_off()
            yield Table(names, batch), end

    def _cut_off(self) -> AnswerLostError:
        return AnswerLostError(self._client.connection, "the bulk result is cut off", "CUT_OFF")
