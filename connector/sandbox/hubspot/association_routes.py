"""Associations v4: read, set, remove, one by one and in batches, and the labels that exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.http import json_response
from connector.sandbox.hubspot.catalog import Label
from connector.sandbox.hubspot.drafts import kind_of
from connector.sandbox.hubspot.errors import PortalError, invalid
from connector.sandbox.hubspot.records import Source
from connector.sandbox.hubspot.routing import DATED, Registers, Routes, twins
from connector.sandbox.hubspot.values import iso
from connector.sandbox.hubspot.wire import (
    inputs_of,
    json_body,
    label_row,
    number,
    paging,
    scope_of,
)

MAX_READ, MAX_WRITE = 1_000, 2_000
"""Inputs of a batch (HubSpot's changelog of 2025-02-10 for reading; its associations page for writing)."""
PAGE = 500


class AssociationRoutes(Routes):
    """/crm/v4/associations and the association paths below objects."""

    def register(self, app: Registers) -> None:
        """Register the association routes, v4 and dated."""
        for root in ("/crm/v4/objects", *(f"/crm/objects/{version}" for version in DATED)):
            one = f"{root}/<from_type>/<from_id>/associations"
            app.route("GET", f"{one}/<to_type>", self.of_record)
            app.route("PUT", f"{one}/<to_type>/<to_id>", self.put)
            app.route("PUT", f"{one}/default/<to_type>/<to_id>", self.put_default)
            app.route("DELETE", f"{one}/<to_type>/<to_id>", self.delete)
        pair = "/crm/v4/associations/<from_type>/<to_type>"
        twins(app, "POST", f"{pair}/batch/read", self.batch_read)
        twins(app, "POST", f"{pair}/batch/create", self.batch_create)
        twins(app, "POST", f"{pair}/batch/associate/default", self.batch_default)
        twins(app, "POST", f"{pair}/batch/archive", self.batch_archive)
        twins(app, "POST", f"{pair}/batch/labels/archive", self.batch_labels_archive)
        twins(app, "GET", f"{pair}/labels", self.labels)
        twins(app, "POST", f"{pair}/labels", self.add_label)

    def of_record(self, request: Request, from_type: str, from_id: str, to_type: str) -> Response:
        """Everything one record is linked with, by id."""
        self.need(request, *scope_of(from_type, write=False))
        limit = number(request, "limit", PAGE, top=PAGE)
        with self.portal.world.lock:
            record = self.portal.get(from_type, from_id)
            rows, after = self._links(
                from_type, record.key, to_type, after=request.args.get("after"), limit=limit
            )
        return json_response({"results": rows, **paging(after, request.path)})

    def _links(
        self, from_type: str, key: int, to_type: str, *, after: str | None, limit: int = PAGE
    ) -> tuple[list[dict[str, Any]], int | None]:
        linked = self.portal.associations.of(kind_of(from_type).name, key, kind_of(to_type).name)
        linked = [(to, labels) for to, labels in linked if to > int(after or 0)]
        rows = [
            {"toObjectId": to, "associationTypes": [label_row(label) for label in labels]}
            for to, labels in linked[:limit]
        ]
        return rows, int(linked[limit - 1][0]) if len(linked) > limit else None

    def put(self, request: Request, from_type: str, from_id: str, *, to_type: str, to_id: str) -> Response:
        """Link two records by the given types."""
        source = self.need(request, *scope_of(from_type, write=True))
        wanted = _types(_list_body(request))
        self._join((from_type, from_id), (to_type, to_id), wanted, source)
        body = {
            "fromObjectTypeId": kind_of(from_type).type_id,
            "fromObjectId": int(from_id),
            "toObjectTypeId": kind_of(to_type).type_id,
            "toObjectId": int(to_id),
            "labels": self._label_names(from_type, to_type, wanted),
        }
        return json_response(body, 201)

    def _label_names(self, from_type: str, to_type: str, type_ids: Sequence[int]) -> list[str]:
        left, right = kind_of(from_type).name, kind_of(to_type).name
        found = [self.portal.associations.label(left, right, type_id).label for type_id in type_ids]
        return [label for label in found if label]

    def _join(
        self, left: tuple[str, str], right: tuple[str, str], type_ids: Sequence[int], source: Source
    ) -> None:
        with self.portal.world.lock:
            for type_id in type_ids:
                self.portal.associate(left, right, type_id=type_id, source=source)

    def put_default(
        self, request: Request, from_type: str, from_id: str, *, to_type: str, to_id: str
    ) -> Response:
        """Link two records by the unlabelled type."""
        source = self.need(request, *scope_of(from_type, write=True))
        self.portal.associate((from_type, from_id), (to_type, to_id), source=source)
        rows = self._default_rows(from_type, from_id, to_type, to_id)
        return json_response(self._complete(rows))

    def _default_rows(self, from_type: str, from_id: str, to_type: str, to_id: str) -> list[dict[str, Any]]:
        left, right = kind_of(from_type).name, kind_of(to_type).name
        there = self.portal.associations.default(left, right)
        return [
            _default_row(from_id, to_id, there.type_id),
            _default_row(to_id, from_id, there.inverse),
        ]

    def delete(self, request: Request, from_type: str, from_id: str, *, to_type: str, to_id: str) -> Response:
        """Remove the whole link; 204 also when there was none."""
        source = self.need(request, *scope_of(from_type, write=True))
        self.portal.dissociate((from_type, from_id), (to_type, to_id), source=source)
        return json_response(None, 204)

    def batch_read(self, request: Request, from_type: str, to_type: str) -> Response:
        """Links of up to 1,000 records; those without any are errors of a 207."""
        self.need(request, *scope_of(from_type, write=False))
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        with self.portal.world.lock:
            for one in inputs_of(json_body(request), limit=MAX_READ):
                id_ = str(one["id"])
                rows, after = self._links(from_type, int(id_), to_type, after=one.get("after"))
                if rows:
                    results.append({"from": {"id": id_}, "to": rows, **paging(after, request.path)})
                else:
                    errors.append(_no_link(from_type, id_, to_type))
        return json_response(self._complete(results, errors), 207 if errors else 200)

    def batch_create(self, request: Request, from_type: str, to_type: str) -> Response:
        """Link many pairs by the given types."""
        source = self.need(request, *scope_of(from_type, write=True))
        results = []
        for one in inputs_of(json_body(request), limit=MAX_WRITE):
            left, right = str(one["from"]["id"]), str(one["to"]["id"])
            wanted = _types(one["types"])
            self._join((from_type, left), (to_type, right), wanted, source)
            results.append(
                {
                    "fromObjectTypeId": kind_of(from_type).type_id,
                    "fromObjectId": int(left),
                    "toObjectTypeId": kind_of(to_type).type_id,
                    "toObjectId": int(right),
                    "labels": self._label_names(from_type, to_type, wanted),
                }
            )
        return json_response(self._complete(results), 201)

    def batch_default(self, request: Request, from_type: str, to_type: str) -> Response:
        """Link many pairs by the unlabelled type."""
        source = self.need(request, *scope_of(from_type, write=True))
        results = []
        for one in inputs_of(json_body(request), limit=MAX_WRITE):
            left, right = str(one["from"]["id"]), str(one["to"]["id"])
            self.portal.associate((from_type, left), (to_type, right), source=source)
            results.extend(self._default_rows(from_type, left, to_type, right))
        return json_response(self._complete(results))

    def batch_archive(self, request: Request, from_type: str, to_type: str) -> Response:
        """Remove whole links."""
        source = self.need(request, *scope_of(from_type, write=True))
        for one in inputs_of(json_body(request), limit=MAX_WRITE):
            for target in one["to"]:
                left, right = (from_type, str(one["from"]["id"])), (to_type, str(target["id"]))
                self.portal.dissociate(left, right, source=source)
        return json_response(None, 204)

    def batch_labels_archive(self, request: Request, from_type: str, to_type: str) -> Response:
        """Remove only the given types."""
        source = self.need(request, *scope_of(from_type, write=True))
        for one in inputs_of(json_body(request), limit=MAX_WRITE):
            left, right = (from_type, str(one["from"]["id"])), (to_type, str(one["to"]["id"]))
            self.portal.dissociate(left, right, type_ids=tuple(_types(one["types"])), source=source)
        return json_response(None, 204)

    def labels(self, request: Request, from_type: str, to_type: str) -> Response:
        """The association types of a direction."""
        found = self.portal.associations.labels.get((kind_of(from_type).name, kind_of(to_type).name), ())
        return json_response({"results": [label_row(label) for label in found]})

    def add_label(self, request: Request, from_type: str, to_type: str) -> Response:
        """A label of the portal's own."""
        body = json_body(request)
        with self.portal.world.lock:
            made: tuple[Label, ...] = self.portal.associations.add_label(
                kind_of(from_type).name, kind_of(to_type).name, str(body["label"])
            )
        return json_response({"results": [label_row(label) for label in made]}, 201)

    def _complete(
        self, results: list[dict[str, Any]], errors: Sequence[Mapping[str, Any]] = ()
    ) -> dict[str, Any]:
        stamp = iso(self.portal.world.clock.now())
        body: dict[str, Any] = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": stamp,
            "completedAt": stamp,
        }
        return body | ({"numErrors": len(errors), "errors": list(errors)} if errors else {})


def _list_body(request: Request) -> list[dict[str, Any]]:
    found = request.get_json(force=True, silent=True)
    if not isinstance(found, list):
        raise invalid("Invalid input JSON: a list of association types was expected")
    return found


def _types(found: Sequence[Mapping[str, Any]]) -> list[int]:
    if not found:
        raise PortalError(400, "VALIDATION_ERROR", "At least one association type is required")
    return [int(one["associationTypeId"]) for one in found]


def _default_row(from_id: str, to_id: str, type_id: int) -> dict[str, Any]:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}
    return {"from": {"id": from_id}, "to": {"id": to_id}, "associationSpec": spec}


def _no_link(from_type: str, id_: str, to_type: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {to_type} is associated with {from_type} {id_}.",
        "context": {"fromObjectId": [id_]},
    }
