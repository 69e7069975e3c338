"""Routes of sObject collections: up to 200 records per call, one result per record in the same order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.http import json_response
from connector.sandbox.salesforce.app_parts import caller_of, read_object, row_fault
from connector.sandbox.salesforce.caller import Caller
from connector.sandbox.salesforce.errors import (
    ManyMatchesError,
    OrgError,
    bad_reference,
    malformed_id,
    unreadable,
)
from connector.sandbox.salesforce.ids import to_18

if TYPE_CHECKING:
    from connector.sandbox.salesforce.app import SalesforceApp

MOST_ROWS = 200
_ATTRIBUTES_FIRST = (
    "Nested object for polymorphic foreign key must have an attributes field before any other fields."
)
_ROLLED_BACK = OrgError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
Work = Callable[[Any], dict[str, Any]]
"""Does one row and returns its success result."""


class CollectionRoutes:
    """Registers its routes on the app."""

    def __init__(self, app: SalesforceApp) -> None:
        self.org = app.org
        base = "/services/data/v<version>/composite/sobjects"
        app.route("POST", base, self.create)
        app.route("PATCH", base, self.update)
        app.route("DELETE", base, self.delete)
        app.route("PATCH", f"{base}/<name>/<field>", self.upsert)

    def create(self, request: Request, *, version: str) -> Response:
        """Create records of any types."""
        records, all_or_none = _records(request)
        caller = caller_of(self.org, request)

        def work(record: dict[str, Any]) -> dict[str, Any]:
            return _done(self.org.create_as(caller, self._type_of(record), record))

        return json_response(self._each(request, records, work, all_or_none=all_or_none))

    def update(self, request: Request, *, version: str) -> Response:
        """Update records of any types, each named by its Id."""
        records, all_or_none = _records(request)
        caller = caller_of(self.org, request)

        def work(record: dict[str, Any]) -> dict[str, Any]:
            return _done(self._update(caller, record))

        return json_response(self._each(request, records, work, all_or_none=all_or_none))

    def upsert(self, request: Request, *, version: str, name: str, field: str) -> Response:
        """Upsert records of one type by an external id field, or by Id."""
        records, all_or_none = _records(request)
        caller = caller_of(self.org, request)
        key = self.org.lookup_field(name, field).name
        met: set[str] = set()

        def work(record: dict[str, Any]) -> dict[str, Any]:
            if self.org.world.switches.salesforce_attributes_first and next(iter(record), "") != "attributes":
                raise unreadable(_ATTRIBUTES_FIRST)
            value = _pop(record, key)
            if value is not None and str(value).lower() in met:
                raise OrgError("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", fields=[key])
            met.add(str(value).lower())
            if value is None and key != "Id":
                raise OrgError("MISSING_ARGUMENT", f"{key} not specified", fields=[])
            try:
                record_id, created = self.org.upsert_as(caller, name, (key, value), record)
            except ManyMatchesError as many:
                message = f"{key}: more than one record found for external id field: {many.ids}"
                raise OrgError("DUPLICATE_EXTERNAL_ID", message, fields=[]) from None
            return {**_done(record_id), "created": created}

        return json_response(self._each(request, records, work, all_or_none=all_or_none, upsert=True))

    def delete(self, request: Request, *, version: str) -> Response:
        """Delete the records named in `ids`."""
        ids = [part for part in request.args.get("ids", "").split(",") if part]
        _check_count(ids)
        all_or_none = request.args.get("allOrNone", "").lower() == "true"

        def work(record_id: str) -> dict[str, Any]:
            full = to_18(record_id)
            if full is None:
                raise malformed_id("Id", record_id, "Id")
            self.org.delete(self._type_by_id(full), full)
            return _done(full)

        return json_response(self._each(request, ids, work, all_or_none=all_or_none))

    def _update(self, caller: Caller, record: dict[str, Any]) -> str:
        record_id = _pop(record, "Id")
        if not record_id:
            raise OrgError("MISSING_ARGUMENT", "Id not specified in an update call", fields=["Id"])
        name = self._type_of(record)
        full = to_18(str(record_id))
        if full is None:
            raise malformed_id("Id", str(record_id), "Id")
        if full not in self.org.tables[name].rows:
            raise bad_reference()
        self.org.update_as(caller, name, full, record)
        return full

    def _type_of(self, record: dict[str, Any]) -> str:
        name = (record.get("attributes") or {}).get("type")
        if name not in self.org.schema:
            raise OrgError("INVALID_TYPE", f"sObject type '{name}' is not supported.", fields=[])
        return str(name)

    def _type_by_id(self, record_id: str) -> str:
        for name, table in self.org.tables.items():
            if record_id in table.rows:
                return name
        raise bad_reference()

    def _each(
        self, request: Request, rows: Sequence[Any], work: Work, *, all_or_none: bool, upsert: bool = False
    ) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []

        def run() -> bool:
            for index, row in enumerate(rows):
                results.append(_result(request, index, row, work, upsert=upsert))
            return all(result["success"] for result in results)

        if not all_or_none:
            run()
            return results
        try:
            with self.org.transaction():
                if not run():
                    raise _ROLLED_BACK
        except OrgError:
            undone = _failed(_ROLLED_BACK, upsert=upsert)
            return [undone if result["success"] else result for result in results]
        return results


def _result(request: Request, index: int, row: Any, work: Work, *, upsert: bool) -> dict[str, Any]:
    try:
        injected = row_fault(request, index)
        if injected is not None:
            raise injected
        return work(row)
    except OrgError as refusal:
        return _failed(refusal, upsert=upsert)


def _done(record_id: str) -> dict[str, Any]:
    return {"id": record_id, "success": True, "errors": []}


def _failed(refusal: OrgError, *, upsert: bool) -> dict[str, Any]:
    failed: dict[str, Any] = {"success": False, "errors": [refusal.row()]}
    return {**failed, "created": False} if upsert else failed


def _pop(record: dict[str, Any], name: str) -> Any:
    for key in list(record):
        if key.lower() == name.lower():
            return record.pop(key)
    return None


def _records(request: Request) -> tuple[list[dict[str, Any]], bool]:
    body = read_object(request)
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise unreadable("The records of the request could not be read")
    _check_count(records)
    return records, bool(body.get("allOrNone"))


def _check_count(rows: Sequence[Any]) -> None:
    if len(rows) > MOST_ROWS:
        message = f"record limit reached. cannot submit more than {MOST_ROWS} records into this call"
        raise OrgError("EXCEEDED_ID_LIMIT", message)
