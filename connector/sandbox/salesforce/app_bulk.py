"""Routes of Bulk API 2.0: query and ingest jobs, their state, files and results."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.http import json_response
from connector.sandbox.salesforce.app_parts import read_object, row_fault
from connector.sandbox.salesforce.bulk import Job, Jobs, lines_csv, query_csv
from connector.sandbox.salesforce.errors import OrgError

if TYPE_CHECKING:
    from connector.sandbox.salesforce.app import SalesforceApp

_DEFAULT_PAGE = 50_000


class BulkRoutes:
    """Registers its routes on the app."""

    def __init__(self, app: SalesforceApp) -> None:
        self.org = app.org
        self.jobs = Jobs(app.org)
        base = "/services/data/v<version>/jobs"
        for kind in ("query", "ingest"):
            app.route("POST", f"{base}/{kind}", self.create)
            app.route("GET", f"{base}/{kind}/<job_id>", self.state)
            app.route("PATCH", f"{base}/{kind}/<job_id>", self.change)
            app.route("DELETE", f"{base}/{kind}/<job_id>", self.delete)
        app.route("GET", f"{base}/query/<job_id>/results", self.results)
        app.route("PUT", f"{base}/ingest/<job_id>/batches", self.upload)
        app.route("GET", f"{base}/ingest/<job_id>/successfulResults", self.successful)
        app.route("GET", f"{base}/ingest/<job_id>/failedResults", self.failed)
        app.route("GET", f"{base}/ingest/<job_id>/unprocessedrecords", self.unprocessed)
        app.route("GET", f"{base}/ingest/<job_id>/unprocessedRecords", self.unprocessed)

    def create(self, request: Request, *, version: str) -> Response:
        """A query job starts at UploadComplete, an ingest job at Open."""
        with self.org.world.lock:
            job = self.jobs.open(read_object(request), version)
        return json_response(self._short(job))

    def state(self, request: Request, *, version: str, job_id: str) -> Response:
        """The job with its counts; asking is what brings it to its end."""
        with self.org.world.lock:
            job = self.jobs.get(job_id)
            job.poll()
        return json_response({**self._short(job), **_counts(job)})

    def change(self, request: Request, *, version: str, job_id: str) -> Response:
        """UploadComplete sets an ingest job to work, Aborted ends any job."""
        job = self.jobs.get(job_id)
        wanted = read_object(request).get("state")
        if wanted == "Aborted":
            job.state = "Aborted"
        elif wanted == "UploadComplete" and job.state == "Open":
            self.jobs.run(job, lambda index: row_fault(request, index))
        else:
            raise OrgError(
                "INVALIDJOBSTATE", f"Job state transition from {job.state} to {wanted} is not valid"
            )
        return json_response(self._short(job))

    def delete(self, request: Request, *, version: str, job_id: str) -> Response:
        """204."""
        self.jobs.drop(job_id)
        return Response(status=204)

    def upload(self, request: Request, *, version: str, job_id: str) -> Response:
        """201: the file is kept until the job is told to work."""
        job = self.jobs.get(job_id)
        if job.state != "Open":
            raise OrgError("INVALIDJOBSTATE", f"Can't upload data to a job in state {job.state}")
        job.data = request.get_data()
        return Response(status=201)

    def results(self, request: Request, *, version: str, job_id: str) -> Response:
        """A page of a finished query; `Sforce-Locator` names the next, `null` when there is none."""
        job = self.jobs.get(job_id)
        if job.state != "JobComplete" or job.answer is None:
            raise OrgError("INVALIDJOBSTATE", f"Results are not available for a job in state {job.state}")
        start = _offset(request.args.get("locator", ""))
        stop = start + int(request.args.get("maxRecords", _DEFAULT_PAGE))
        total = len(job.answer.found)
        response = _csv_response(query_csv(job, start, stop))
        response.headers["Sforce-NumberOfRecords"] = str(max(0, min(stop, total) - start))
        more = stop < total
        response.headers["Sforce-Locator"] = base64.b64encode(str(stop).encode()).decode() if more else "null"
        return response

    def successful(self, request: Request, *, version: str, job_id: str) -> Response:
        """The rows that were done, not in the order of the file."""
        job = self.jobs.get(job_id)
        return _csv_response(lines_csv(job, ["sf__Id", "sf__Created"], job.succeeded))

    def failed(self, request: Request, *, version: str, job_id: str) -> Response:
        """The rows that were refused, with the reason."""
        job = self.jobs.get(job_id)
        return _csv_response(lines_csv(job, ["sf__Id", "sf__Error"], job.failed))

    def unprocessed(self, request: Request, *, version: str, job_id: str) -> Response:
        """The rows that were not tried."""
        job = self.jobs.get(job_id)
        return _csv_response(lines_csv(job, [], job.unprocessed))

    def _short(self, job: Job) -> dict[str, Any]:
        shown = {
            "id": job.job_id,
            "operation": job.operation,
            "object": job.object_name,
            "createdById": self.org.api_user_id,
            "createdDate": job.created,
            "systemModstamp": job.created,
            "state": job.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(job.version),
            "lineEnding": job.ending,
            "columnDelimiter": job.delimiter,
        }
        if job.answer is None:
            shown["contentUrl"] = f"services/data/v{job.version}/jobs/ingest/{job.job_id}/batches"
        return shown


def _counts(job: Job) -> dict[str, Any]:
    done = len(job.answer.found) if job.answer is not None else len(job.succeeded) + len(job.failed)
    ended = job.state in ("JobComplete", "Failed")
    counts: dict[str, Any] = {
        "numberRecordsProcessed": done if ended else 0,
        "retries": 0,
        "totalProcessingTime": 0,
    }
    if job.answer is None:
        counts["numberRecordsFailed"] = len(job.failed) if ended else 0
        if job.error is not None:
            counts["errorMessage"] = job.error
    return counts


def _offset(locator: str) -> int:
    if not locator:
        return 0
    try:
        return int(base64.b64decode(locator, validate=True))
    except (binascii.Error, ValueError):
        raise OrgError("INVALID_LOCATOR", "invalid locator") from None


def _csv_response(text: str) -> Response:
    return Response(text, content_type="text/csv; charset=UTF-8")
