"""Writes fields through sObject Collections and finds out what became of each row. Rows that failed for a passing reason are
written again, alone; every other row keeps its own result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector.errors import RemoteError, TryLaterError
from connector.ports import Write, WriteResult
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors import row_error
from connector.transport.batches import Numbered, batches

BATCH = 200  # Salesforce facts §2, sObject Collections


class Writer:
    """Updates by record id. Repeating one does no harm."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client

    def write(self, object: str, writes: Sequence[Write]) -> list[WriteResult]:
        """One result per write, in order."""
        results: dict[int, WriteResult] = {}
        for batch in batches(writes, BATCH):
            self._settle(object, batch, results)
        return [results[number] for number in range(len(writes))]

    def _settle(self, object: str, batch: Sequence[Numbered], results: dict[int, WriteResult]) -> None:
        """Write, and write locked rows again: nothing but a repetition helps them."""
        repeater = self._client.repeater
        pending = list(batch)
        for attempt in range(1, repeater.policy.attempts + 1):
            results.update(self._once(object, pending))
            pending = [one for one in pending if isinstance(results[one[0]].error, TryLaterError)]
            if not pending:
                return
            if attempt < repeater.policy.attempts:
                repeater.pause(attempt)

    def _once(self, object: str, batch: Sequence[Numbered]) -> dict[int, WriteResult]:
        body = {"allOrNone": False, "records": [_record(object, write) for _, write in batch]}
        answer = self._client.call("PATCH", "composite/sobjects", body=body)
        rows = answer if isinstance(answer, list) else []
        results: dict[int, WriteResult] = {}
        for place, (number, write) in enumerate(batch):
            row = rows[place] if place < len(rows) else {}
            results[number] = WriteResult(write.id, write.ref, self._error(row))
        return results

    def _error(self, row: Any) -> RemoteError | None:
        if row.get("success") is True:
            return None
        return row_error(self._client.connection, row.get("errors") or [])


def _record(object: str, write: Write) -> dict[str, Any]:
    # `attributes` must be the first key; Salesforce refuses the row otherwise.
    return {"attributes": {"type": object}, "id": write.id, **write.fields}
