"""Writes properties in batches and finds out what became of each row: a 207 names its failed rows, a refused batch is
halved until the bad row stands alone. No row's error is lost and none stops another row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.errors import RecordGoneError, RecordRefusedError, RemoteError, TryLaterError
from connector.hubspot.client import HubSpotClient
from connector.hubspot.errors import refusal
from connector.hubspot.translate import moment
from connector.ports import Write, WriteResult
from connector.transport.batches import Numbered, batches
from mappings.records import Scalar

BATCH = 100  # HubSpot facts §3


class Writer:
    """Updates by record id. Repeating one does no harm."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._connection = client.connection

    def write(self, object: str, writes: Sequence[Write]) -> list[WriteResult]:
        """One result per write, in order."""
        results: dict[int, WriteResult] = {}
        for batch in batches(writes, BATCH):
            self._write(object, batch, results)
        return [results[number] for number in range(len(writes))]

    def _write(self, object: str, batch: Sequence[Numbered], results: dict[int, WriteResult]) -> None:
        try:
            answer = self._client.post(self._path(object), {"inputs": [_input(one) for one in batch]})
        except (RecordRefusedError, RecordGoneError) as error:
            self._divide(object, batch, error, results)
            return
        errors = self._settle(batch, answer or {}, results)
        rest = [one for one in batch if one[0] not in results]
        if rest and len(rest) < len(batch):
            self._write(object, rest, results)
        elif rest:
            fallback = RecordGoneError(self._connection, "HubSpot says nothing of this record", "NO_RESULT")
            self._divide(object, rest, next(iter(errors), fallback), results)

    def _divide(
        self, object: str, batch: Sequence[Numbered], error: RemoteError, results: dict[int, WriteResult]
    ) -> None:
        if len(batch) == 1:
            number, write = batch[0]
            results[number] = WriteResult(write.id, write.ref, error)
            return
        middle = len(batch) // 2
        self._write(object, batch[:middle], results)
        self._write(object, batch[middle:], results)

    def _settle(
        self, batch: Sequence[Numbered], answer: Mapping[str, Any], results: dict[int, WriteResult]
    ) -> list[RemoteError]:
        """Attribute every row of the answer; the errors returned are those that name no row of the batch."""
        by_trace = {str(number): (number, write) for number, write in batch}
        by_id = {write.id: (number, write) for number, write in batch}
        for raw in answer.get("results", ()):
            found = by_trace.get(str(raw.get("objectWriteTraceId"))) or by_id.get(str(raw.get("id")))
            if found is not None:
                results[found[0]] = _accepted(found[1], raw)
        nameless: list[RemoteError] = []
        for body in answer.get("errors", ()):
            error = self._row_error(body)
            named = [by_trace[key] for key in _context(body, "objectWriteTraceId") if key in by_trace]
            named = named or [
                by_id[key] for key in (*_context(body, "ids"), *_context(body, "id")) if key in by_id
            ]
            nameless += [] if named else [error]
            for number, write in named:
                results[number] = WriteResult(write.id, write.ref, error)
        return nameless

    def _row_error(self, body: Mapping[str, Any]) -> RemoteError:
        status = body.get("status")
        if isinstance(status, int) and (status == 429 or status >= 500):
            return TryLaterError(self._connection, "HubSpot could not write this row now", "ROW", status)
        return refusal(self._connection, status if isinstance(status, int) else None, body)

    def _path(self, object: str) -> str:
        return self._client.paths.objects.format(type=object) + "/batch/update"


def text_of(value: Scalar) -> str:
    """A value as HubSpot takes it: text, true or false in lower case, "" to clear."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _input(one: Numbered) -> dict[str, Any]:
    number, write = one
    properties = {name: text_of(value) for name, value in write.fields.items()}
    # Without a trace id per row HubSpot may refuse the whole batch for one row (HubSpot facts §3).
    return {"id": write.id, "properties": properties, "objectWriteTraceId": str(number)}


def _accepted(write: Write, raw: Mapping[str, Any]) -> WriteResult:
    stated = raw.get("properties") or {}
    accepted: dict[str, Scalar] = {name: stated[name] or None for name in write.fields if name in stated}
    return WriteResult(write.id, write.ref, None, moment(raw.get("updatedAt")), accepted)


def _context(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = (body.get("context") or {}).get(name) or ()
    return tuple(map(str, found)) if isinstance(found, list | tuple) else (str(found),)
