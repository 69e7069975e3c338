"""Bulk API 2.0 jobs as state: a CSV in, one result per row out; a query in, CSV pages out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connector.sandbox.salesforce.caller import Caller
from connector.sandbox.salesforce.errors import ManyMatchesError, OrgError, not_found
from connector.sandbox.salesforce.query import Answer
from connector.sandbox.salesforce.soql_parse import parse

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org

DELIMITERS = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}
ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
RowFault = Callable[[int], OrgError | None]
Line = dict[str, str]


@dataclass(slots=True)
class Job:
    """One job. `polls` is how often it must be asked about before it is complete."""

    job_id: str
    operation: str
    object_name: str
    created: str
    version: str
    state: str
    delimiter: str = "COMMA"
    ending: str = "LF"
    external_id_field: str | None = None
    assignment: bool = False
    polls: int = 0
    error: str | None = None
    query: str = ""
    answer: Answer | None = None
    data: bytes = b""
    succeeded: list[Line] = field(default_factory=list)
    failed: list[Line] = field(default_factory=list)
    unprocessed: list[Line] = field(default_factory=list)

    def poll(self) -> None:
        """One look at the job brings it nearer to its end."""
        if self.state not in ("UploadComplete", "InProgress"):
            return
        if self.polls <= 0:
            self.state = "JobComplete" if self.error is None else "Failed"
        else:
            self.state = "InProgress"
            self.polls -= 1


class Jobs:
    """The jobs of one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._jobs: dict[str, Job] = {}

    def open(self, body: dict[str, Any], version: str) -> Job:
        """A new job from its creation body; a query job runs its query at once, an ingest job waits for its file."""
        operation = str(body.get("operation"))
        querying = operation in ("query", "queryAll")
        name = parse(str(body.get("query"))).object_name if querying else str(body.get("object"))
        self._org.definition(name)
        job = Job(
            self._org.ids.next("750"),
            operation,
            name,
            self._org.stamp(),
            version,
            "UploadComplete" if querying else "Open",
            delimiter=str(body.get("columnDelimiter") or "COMMA"),
            ending=str(body.get("lineEnding") or "LF"),
            external_id_field=body.get("externalIdFieldName"),
            assignment=bool(body.get("assignmentRuleId")),
            polls=self._org.world.switches.salesforce_bulk_polls,
        )
        if querying:
            job.query = str(body["query"])
            rows = operation == "queryAll"
            job.answer = self._org.run(job.query, all_rows=rows, as_user=self._org.api_user_id)
        self._jobs[job.job_id] = job
        return job

    def get(self, job_id: str) -> Job:
        """A job by id; NOT_FOUND when there is none."""
        job = self._jobs.get(job_id)
        if job is None:
            raise not_found()
        return job

    def drop(self, job_id: str) -> None:
        """Forget a job."""
        self.get(job_id)
        del self._jobs[job_id]

    def run(self, job: Job, row_fault: RowFault) -> None:
        """Work through an ingest job's file. Rows are done one by one; what fails does not stop the rest."""
        job.state = "UploadComplete"
        reader = csv.DictReader(
            io.StringIO(job.data.decode("utf-8-sig")), delimiter=DELIMITERS[job.delimiter]
        )
        lines = list(reader)
        unknown = self._unknown_column(job, list(reader.fieldnames or []))
        if unknown is not None:
            job.error = f"InvalidBatch : Field name not found : {unknown}"
            job.unprocessed = lines
            return
        caller = Caller(self._org.api_user_id, api=True, auto_assign=job.assignment)
        for index, line in enumerate(lines):
            try:
                injected = row_fault(index)
                if injected is not None:
                    raise injected
                record_id, created = self._row(job, line, caller)
            except OrgError as refusal:
                fields = ",".join(refusal.fields or [])
                error = f"{refusal.code}:{refusal.message}:{fields} --"
                job.failed.append({"sf__Id": line.get("Id", ""), "sf__Error": error, **line})
            else:
                job.succeeded.append({"sf__Id": record_id, "sf__Created": str(created).lower(), **line})
        job.succeeded.reverse()

    def _unknown_column(self, job: Job, names: list[str]) -> str | None:
        definition = self._org.schema[job.object_name]
        readable = self._org.access.readable
        for name in names:
            found = definition.find(name)
            if found is None or not readable(self._org.api_user_id, job.object_name, found.name):
                return name
        return None

    def _row(self, job: Job, line: Line, caller: Caller) -> tuple[str, bool]:
        values: dict[str, Any] = {k: None if v == "#N/A" else v for k, v in line.items() if v}
        if job.operation == "insert":
            return self._org.create_as(caller, job.object_name, values), True
        key = job.external_id_field if job.operation == "upsert" else "Id"
        held = values.pop(key, None) if key else None
        if key is None or held is None:
            raise OrgError("MISSING_ARGUMENT", f"{key} not specified", fields=[])
        if job.operation == "upsert":
            return self._upsert(job, (key, held), values, caller)
        record_id = self._org.full_id(held)
        if job.operation in ("delete", "hardDelete"):
            self._org.delete(job.object_name, record_id)
        else:
            self._org.update_as(caller, job.object_name, record_id, values)
        return record_id, False

    def _upsert(
        self, job: Job, key: tuple[str, str], values: dict[str, Any], caller: Caller
    ) -> tuple[str, bool]:
        try:
            return self._org.upsert_as(caller, job.object_name, key, values)
        except ManyMatchesError as many:
            message = f"{key[0]}: more than one record found for external id field: {many.ids}"
            raise OrgError("DUPLICATE_EXTERNAL_ID", message, fields=[]) from None


def query_csv(job: Job, start: int, stop: int) -> str:
    """Records start..stop of a query job as CSV: every cell quoted, times with Z, null empty."""
    if job.answer is None:
        raise not_found()
    paths = [item.path for item in parse(job.query).items]
    rows = [[_cell(record, path) for path in paths] for record in job.answer.rows(start, stop, job.version)]
    return _csv([".".join(path) for path in paths], rows, job)


def lines_csv(job: Job, first: list[str], lines: list[Line]) -> str:
    """Result lines of an ingest job as CSV, the org's own columns first."""
    known = io.StringIO(job.data.decode("utf-8-sig"))
    header = next(csv.reader(known, delimiter=DELIMITERS[job.delimiter]), [])
    names = [*first, *header]
    return _csv(names, [[line.get(name) or "" for name in names] for line in lines], job)


def _csv(names: list[str], rows: list[list[str]], job: Job) -> str:
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=DELIMITERS[job.delimiter],
        lineterminator=ENDINGS[job.ending],
        quoting=csv.QUOTE_ALL,
    )
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue()


def _cell(record: dict[str, Any], path: tuple[str, ...]) -> str:
    value: Any = record
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return f"{text[:-5]}Z" if text.endswith("+0000") and text[10:11] == "T" else text
