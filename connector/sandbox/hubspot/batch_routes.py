"""CRM objects by the hundred: read, create, update, upsert, archive, all or nothing or with a result per row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.faults import Fault
from connector.sandbox.http import json_response
from connector.sandbox.hubspot.catalog import ObjectType
from connector.sandbox.hubspot.drafts import Draft, kind_of
from connector.sandbox.hubspot.errors import PortalError, invalid
from connector.sandbox.hubspot.records import Source
from connector.sandbox.hubspot.routing import OBJECTS, Registers, Routes
from connector.sandbox.hubspot.values import iso
from connector.sandbox.hubspot.wire import (
    MAX_LIST_WITH_HISTORY,
    Projection,
    inputs_of,
    json_body,
    links_of,
    scope_of,
    written,
)

Input = Mapping[str, Any]
MakeDraft = Callable[[Input], Draft]


@dataclass(slots=True)
class Outcome:
    """What became of a batch: written drafts with their answers, and refused rows."""

    results: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


class BatchRoutes(Routes):
    """/crm/v3/objects/{type}/batch/..."""

    def register(self, app: Registers) -> None:
        """Register the batch routes, v3 and dated."""
        for root in OBJECTS:
            batch = f"{root}/<object_type>/batch"
            app.route("POST", f"{batch}/read", self.read)
            app.route("POST", f"{batch}/create", self.create)
            app.route("POST", f"{batch}/update", self.update)
            app.route("POST", f"{batch}/upsert", self.upsert)
            app.route("POST", f"{batch}/archive", self.archive)

    def read(self, request: Request, object_type: str) -> Response:
        """Records by id or unique value; missing ones are errors of a 207 (or left out when the switch is off)."""
        kind, body = kind_of(object_type), json_body(request)
        self.need(request, *scope_of(object_type, write=False))
        history = body.get("propertiesWithHistory") or ()
        inputs = inputs_of(body, limit=MAX_LIST_WITH_HISTORY if history else 100)
        view = Projection(self.portal, kind, properties=body.get("properties") or (), history=history)
        found, lost = self.portal.read_many(
            kind.name,
            [str(one["id"]) for one in inputs],
            id_property=body.get("idProperty"),
            archived=request.args.get("archived") == "true",
        )
        outcome = Outcome([view.row(record) for record in found])
        if lost and self.portal.world.switches.batch_multi_status:
            message = (
                "Could not get some objects, they may be deleted or not exist. Check that ids are valid."
            )
            outcome.errors.append(
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": message,
                    "context": {"ids": lost},
                }
            )
        return self._answer(outcome, 200)

    def create(self, request: Request, object_type: str) -> Response:
        """New records, 201 or 207."""
        kind = kind_of(object_type)

        def draft(one: Input) -> Draft:
            links = links_of(self.portal, kind, one.get("associations"))
            return self.portal.draft_create(kind.name, one["properties"], associations=links)

        return self._write(request, kind, draft, status=201)

    def update(self, request: Request, object_type: str) -> Response:
        """Changes by id or unique value. By e-mail only when the switch allows what HubSpot refused in 2024."""
        kind = kind_of(object_type)
        by_email = self.portal.world.switches.hubspot_batch_update_by_email

        def draft(one: Input) -> Draft:
            wanted = one.get("idProperty")
            if wanted == "email" and not by_email:
                raise invalid(f"Unable to perform update/upsert by non-unique {kind.type_id} property email")
            return self.portal.draft_update(kind.name, str(one["id"]), one["properties"], id_property=wanted)

        return self._write(request, kind, draft, status=200)

    def upsert(self, request: Request, object_type: str) -> Response:
        """Create or change by unique value; every result says whether it is new."""
        kind = kind_of(object_type)

        def draft(one: Input) -> Draft:
            wanted = str(one.get("idProperty") or "hs_object_id")
            if wanted == "hs_object_id":
                raise invalid("Unable to perform update/upsert by property hs_object_id")
            return self.portal.draft_upsert(kind.name, str(one["id"]), one["properties"], id_property=wanted)

        return self._write(request, kind, draft, status=200, tell_new=True)

    def archive(self, request: Request, object_type: str) -> Response:
        """Delete many; 204 whether they existed or not."""
        source = self.need(request, *scope_of(object_type, write=True))
        for one in inputs_of(json_body(request)):
            self.portal.archive(object_type, str(one["id"]), source=source)
        return json_response(None, 204)

    def _write(
        self, request: Request, kind: ObjectType, draft: MakeDraft, *, status: int, tell_new: bool = False
    ) -> Response:
        source = self.need(request, *scope_of(kind.name, write=True))
        inputs = inputs_of(json_body(request))
        _refuse_doubles(inputs)
        fault = request.environ.get("sandbox.fault")
        guarded = _with_faults(draft, inputs, fault)
        with self.portal.world.lock:
            if _per_row(inputs) and self.portal.world.switches.batch_multi_status:
                outcome = self._one_by_one(kind, inputs, guarded, source=source, tell_new=tell_new)
            else:
                outcome = self._all_or_nothing(kind, inputs, guarded, source=source, tell_new=tell_new)
        return self._answer(outcome, status)

    def _one_by_one(
        self, kind: ObjectType, inputs: Sequence[Input], draft: MakeDraft, *, source: Source, tell_new: bool
    ) -> Outcome:
        outcome, moment = Outcome(), self.portal.moment()
        for one in inputs:
            try:
                made = draft(one)
            except PortalError as refused:
                outcome.errors.append(_row_error(refused, one))
                continue
            record = self.portal.commit(made, moment, source)
            outcome.results.append(
                _result(kind, written(kind, record, one["properties"]), made, one, tell_new=tell_new)
            )
        return outcome

    def _all_or_nothing(
        self, kind: ObjectType, inputs: Sequence[Input], draft: MakeDraft, *, source: Source, tell_new: bool
    ) -> Outcome:
        drafts = [draft(one) for one in inputs]
        self._refuse_rivals(kind, drafts)
        outcome, moment = Outcome(), self.portal.moment()
        for one, made in zip(inputs, drafts, strict=True):
            record = self.portal.commit(made, moment, source)
            outcome.results.append(
                _result(kind, written(kind, record, one["properties"]), made, one, tell_new=tell_new)
            )
        return outcome

    def _refuse_rivals(self, kind: ObjectType, drafts: Sequence[Draft]) -> None:
        """Two rows of one batch that want the same unique value: the second is the conflict."""
        claimed: dict[tuple[str, str], int] = {}
        for position, made in enumerate(drafts):
            for name in self.portal.schemas[kind.name].unique:
                value = made.changes.get(name)
                if value and claimed.setdefault((name, value), position) != position:
                    raise self.portal.taken(
                        kind, name, self.portal.shelves[kind.name].next_id, creating=made.new
                    )

    def _answer(self, outcome: Outcome, status: int) -> Response:
        stamp = iso(self.portal.world.clock.now())
        body: dict[str, Any] = {
            "status": "COMPLETE",
            "results": outcome.results,
            "startedAt": stamp,
            "completedAt": stamp,
        }
        if outcome.errors:
            body |= {"numErrors": len(outcome.errors), "errors": outcome.errors}
        return json_response(body, 207 if outcome.errors else status)


def _per_row(inputs: Sequence[Input]) -> bool:
    return bool(inputs) and all(one.get("objectWriteTraceId") for one in inputs)


def _refuse_doubles(inputs: Sequence[Input]) -> None:
    ids = [str(one["id"]) for one in inputs if "id" in one]
    doubles = sorted({id_ for id_ in ids if ids.count(id_) > 1}) if len(set(ids)) < len(ids) else []
    if doubles:
        raise invalid(f"Duplicate IDs found in batch input: {doubles}. IDs must be unique")


def _with_faults(draft: MakeDraft, inputs: Sequence[Input], fault: Fault | None) -> MakeDraft:
    """Rows that a `partial` fault names are refused as it says, before they are looked at."""
    if fault is None or fault.effect != "partial":
        return draft
    hit = {id(inputs[row]) for row in fault.rows if row < len(inputs)}
    body = fault.body if isinstance(fault.body, dict) else {}

    def guarded(one: Input) -> Draft:
        if id(one) in hit:
            category = str(body.get("category", "VALIDATION_ERROR"))
            raise PortalError(fault.status, category, str(body.get("message", "refused by the sandbox")))
        return draft(one)

    return guarded


def _row_error(refused: PortalError, one: Input) -> dict[str, Any]:
    context: dict[str, Any] = {"objectWriteTraceId": [str(one["objectWriteTraceId"])]}
    if "id" in one:
        context["ids"] = [str(one["id"])]
    error = {"status": "error", "category": refused.category, "message": refused.message}
    return {**error, "context": context | refused.context, "errors": refused.errors}


def _result(
    kind: ObjectType, row: dict[str, Any], made: Draft, one: Input, *, tell_new: bool
) -> dict[str, Any]:
    if tell_new:
        row["new"] = made.new
    if trace := one.get("objectWriteTraceId"):
        row["objectWriteTraceId"] = trace
    return row
