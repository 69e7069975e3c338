"""Routes of single records and of what describes them: sobjects, describe, create, read, update, upsert, delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from connector.sandbox.http import json_response
from connector.sandbox.salesforce.app_parts import caller_of, read_object
from connector.sandbox.salesforce.describe import summary
from connector.sandbox.salesforce.errors import ManyMatchesError, OrgError, no_column, not_found
from connector.sandbox.salesforce.fields import FieldDef
from connector.sandbox.salesforce.soql_scope import getter
from connector.sandbox.salesforce.table import Row
from connector.sandbox.salesforce.values import read_time, wire_time

if TYPE_CHECKING:
    from connector.sandbox.salesforce.app import SalesforceApp

_UPSERT_ANSWERS_SINCE = 46
_RECENT = {"updated": timedelta(days=30), "deleted": timedelta(days=15)}


class RecordRoutes:
    """Registers its routes on the app."""

    def __init__(self, app: SalesforceApp) -> None:
        self.org = app.org
        base = "/services/data/v<version>/sobjects"
        one, by_key = f"{base}/<name>/<record_id>", f"{base}/<name>/<field>/<path:value>"
        routes: tuple[tuple[str, str, Callable[..., Response]], ...] = (
            ("GET", base, self.list_objects),
            ("GET", f"{base}/<name>", self.basic),
            ("POST", f"{base}/<name>", self.create),
            ("GET", f"{base}/<name>/describe", self.describe),
            ("GET", f"{base}/<name>/updated", self.updated),
            ("GET", f"{base}/<name>/deleted", self.deleted),
            ("GET", one, self.read),
            ("PATCH", one, self.update),
            ("DELETE", one, self.delete),
            ("GET", by_key, self.read_by_key),
            ("PATCH", by_key, self.upsert),
            ("DELETE", by_key, self.delete_by_key),
        )
        for method, path, handler in routes:
            app.route(method, path, handler)

    def list_objects(self, request: Request, *, version: str) -> Response:
        """Every object type."""
        objects = [summary(made, version) for made in self.org.schema.values()]
        return json_response({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})

    def basic(self, request: Request, *, version: str, name: str) -> Response:
        """One object type in short."""
        made = self.org.definition(name)
        return json_response({"objectDescribe": summary(made, version), "recentItems": []})

    def describe(self, request: Request, *, version: str, name: str) -> Response:
        """One object type with its fields, as the integration user sees them."""
        with self.org.world.lock:
            return json_response(self.org.describe(name, version=version))

    def create(self, request: Request, *, version: str, name: str) -> Response:
        """201 with the new id, and its address in `Location`."""
        record_id = self.org.create_as(caller_of(self.org, request), name, read_object(request))
        address = f"/services/data/v{version}/sobjects/{name}/{record_id}"
        answer = {"id": record_id, "success": True, "errors": []}
        return json_response(answer, 201, {"Location": address})

    def read(self, request: Request, *, version: str, name: str, record_id: str) -> Response:
        """A record: the fields asked for, or every field that the user sees."""
        row = self.org.visible(name, record_id)
        return json_response(self._record(request, version, row, name=name))

    def update(self, request: Request, *, version: str, name: str, record_id: str) -> Response:
        """204."""
        self.org.definition(name)
        values = read_object(request)
        _refuse_key(values, "Id")
        self.org.update_as(caller_of(self.org, request), name, record_id, values)
        return Response(status=204)

    def delete(self, request: Request, *, version: str, name: str, record_id: str) -> Response:
        """204."""
        self.org.definition(name)
        self.org.delete(name, record_id)
        return Response(status=204)

    def read_by_key(self, request: Request, *, version: str, name: str, field: str, value: str) -> Response:
        """A record by external id."""
        record_id = self._only(name, field, value)
        return json_response(self._record(request, version, self.org.visible(name, record_id), name=name))

    def delete_by_key(self, request: Request, *, version: str, name: str, field: str, value: str) -> Response:
        """204."""
        self.org.delete(name, self._only(name, field, value))
        return Response(status=204)

    def upsert(self, request: Request, *, version: str, name: str, field: str, value: str) -> Response:
        """201 for a new record, 200 for an updated one; 204 for the latter before version 46."""
        values = read_object(request)
        key = self.org.lookup_field(name, field)
        _refuse_key(values, key.name)
        if request.args.get("updateOnly", "").lower() == "true" and not self.org.find_by(name, key, value):
            raise not_found()
        caller = caller_of(self.org, request)
        record_id, created = self.org.upsert_as(caller, name, (key.name, value), values)
        if not created and float(version) < _UPSERT_ANSWERS_SINCE:
            return Response(status=204)
        answer: dict[str, Any] = {"id": record_id, "success": True, "errors": []}
        if float(version) >= _UPSERT_ANSWERS_SINCE:
            answer["created"] = created
        headers = {"Location": f"/services/data/v{version}/sobjects/{name}/{field}/{quote(value, safe='')}"}
        return json_response(answer, 201 if created else 200, headers if created else None)

    def updated(self, request: Request, *, version: str, name: str) -> Response:
        """Ids of the records stamped between start and end, both cut to seconds."""
        start, end = self._span(request, "updated")
        rows = self._stamped(name, start, end)
        ids = sorted(str(row["Id"]) for row in rows if not row.get("IsDeleted"))
        return json_response({"ids": ids, "latestDateCovered": end})

    def deleted(self, request: Request, *, version: str, name: str) -> Response:
        """Records deleted between start and end."""
        start, end = self._span(request, "deleted")
        rows = self._stamped(name, start, end)
        gone = [
            {"id": row["Id"], "deletedDate": row["SystemModstamp"]} for row in rows if row.get("IsDeleted")
        ]
        earliest = wire_time((self.org.world.clock.now() - _RECENT["deleted"]).replace(microsecond=0))
        answer = {"deletedRecords": gone, "earliestDateAvailable": earliest, "latestDateCovered": end}
        return json_response(answer)

    def _stamped(self, name: str, start: str, end: str) -> list[Row]:
        with self.org.world.lock:
            self.org.reveal()
            return list(self.org.tables[self.org.definition(name).name].walk_stamps(start, end))

    def _span(self, request: Request, kind: str) -> tuple[str, str]:
        start, end = (read_time(request.args.get(word, "")) for word in ("start", "end"))
        if start is None or end is None or start >= end:
            raise OrgError("INVALID_REPLICATION_DATE", "startDate must be before endDate")
        if self.org.world.clock.now() - start > _RECENT[kind]:
            days = _RECENT[kind].days
            raise OrgError("INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago")
        return _whole_second(start), _whole_second(end)

    def _only(self, name: str, field: str, value: str) -> str:
        found = self.org.find_by(name, self.org.lookup_field(name, field), value)
        if not found:
            raise not_found()
        if len(found) > 1:
            raise ManyMatchesError(found)
        return found[0]

    def _record(self, request: Request, version: str, row: Row, *, name: str) -> Row:
        url = f"/services/data/v{version}/sobjects/{name}/{row['Id']}"
        record: Row = {"attributes": {"type": name, "url": url}}
        for field in self._shown(name, request.args.get("fields")):
            record[field.name] = getter(field)(row)
        return record

    def _shown(self, name: str, asked: str | None) -> list[FieldDef]:
        definition = self.org.definition(name)
        visible = self.org.access.visible_fields(self.org.api_user_id, name, definition.fields)
        if not asked:
            return visible
        by_name = {field.name.lower(): field for field in visible}
        wanted = [word.strip() for word in asked.split(",")]
        for word in wanted:
            if word.lower() not in by_name:
                raise no_column(word, name)
        return [by_name[word.lower()] for word in wanted]


def _whole_second(at: datetime) -> str:
    return wire_time(at.replace(microsecond=0))


def _refuse_key(values: dict[str, Any], key: str) -> None:
    if any(name.lower() == key.lower() for name in values):
        message = f"The {key} field should not be specified in the sobject data."
        raise OrgError("INVALID_FIELD", message)
