"""Properties, property groups, owners and pipelines as an admin's tools see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.http import json_response
from connector.sandbox.hubspot.catalog import Pipeline, Stage
from connector.sandbox.hubspot.drafts import kind_of
from connector.sandbox.hubspot.errors import PortalError, missing
from connector.sandbox.hubspot.routing import Registers, Routes, twins
from connector.sandbox.hubspot.schema import PropertyDefinition
from connector.sandbox.hubspot.values import iso
from connector.sandbox.hubspot.wire import flag, inputs_of, json_body, number, paging


class SchemaRoutes(Routes):
    """/crm/v3/properties, /crm/v3/owners, /crm/v3/pipelines."""

    def register(self, app: Registers) -> None:
        """Register the schema routes, v3 and dated."""
        root = "/crm/v3/properties/<object_type>"
        twins(app, "GET", root, self.properties)
        twins(app, "POST", root, self.create_property)
        twins(app, "GET", f"{root}/<name>", self.property)
        twins(app, "PATCH", f"{root}/<name>", self.change_property)
        twins(app, "DELETE", f"{root}/<name>", self.archive_property)
        twins(app, "POST", f"{root}/batch/read", self.batch_read)
        twins(app, "POST", f"{root}/batch/create", self.batch_create)
        twins(app, "POST", f"{root}/batch/archive", self.batch_archive)
        twins(app, "GET", f"{root}/groups", self.groups)
        twins(app, "POST", f"{root}/groups", self.create_group)
        twins(app, "GET", f"{root}/groups/<name>", self.group)
        twins(app, "GET", "/crm/v3/owners", self.owners)
        twins(app, "GET", "/crm/v3/owners/<owner_id>", self.owner)
        twins(app, "GET", "/crm/v3/pipelines/<object_type>", self.pipelines)
        twins(app, "GET", "/crm/v3/pipelines/<object_type>/<pipeline_id>", self.pipeline)
        twins(app, "GET", "/crm/v3/pipelines/<object_type>/<pipeline_id>/stages", self.stages)

    # properties

    def properties(self, request: Request, object_type: str) -> Response:
        """All definitions; `archived=true` lists the deleted ones."""
        self._need(request, object_type, write=False)
        schema, archived = self.portal.schemas[kind_of(object_type).name], flag(request, "archived")
        rows = [property_row(one) for one in schema.properties.values() if one.archived is archived]
        return json_response({"results": rows})

    def property(self, request: Request, object_type: str, name: str) -> Response:
        """One definition."""
        self._need(request, object_type, write=False)
        return json_response(property_row(self.portal.schemas[kind_of(object_type).name].get(name)))

    def create_property(self, request: Request, object_type: str) -> Response:
        """A custom property, 201; 409 when the name is taken."""
        self._need(request, object_type, write=True)
        made = self.portal.create_property(object_type, _definition(json_body(request)))
        return json_response(property_row(made), 201)

    def batch_create(self, request: Request, object_type: str) -> Response:
        """Custom properties; those refused are errors of a 207."""
        self._need(request, object_type, write=True)
        results, errors = [], []
        for one in inputs_of(json_body(request)):
            try:
                results.append(property_row(self.portal.create_property(object_type, _definition(one))))
            except PortalError as refused:
                context = {"name": [str(one.get("name"))]}
                errors.append(_error(refused, context))
        return self._complete(results, errors, status=201)

    def batch_read(self, request: Request, object_type: str) -> Response:
        """Definitions by name; unknown ones are errors of a 207."""
        self._need(request, object_type, write=False)
        schema = self.portal.schemas[kind_of(object_type).name]
        results, errors = [], []
        for one in inputs_of(json_body(request)):
            try:
                results.append(property_row(schema.get(str(one["name"]))))
            except PortalError as refused:
                errors.append(_error(refused, {"name": [str(one["name"])]}))
        return self._complete(results, errors, status=200)

    def _complete(
        self, results: list[dict[str, Any]], errors: list[dict[str, Any]], *, status: int
    ) -> Response:
        stamp = iso(self.portal.world.clock.now())
        body: dict[str, Any] = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": stamp,
            "completedAt": stamp,
        }
        if errors:
            body |= {"numErrors": len(errors), "errors": errors}
        return json_response(body, 207 if errors else status)

    def change_property(self, request: Request, object_type: str, name: str) -> Response:
        """Change label, options and the like."""
        self._need(request, object_type, write=True)
        with self.portal.world.lock:
            stamp = iso(self.portal.world.clock.now())
            found = self.portal.schemas[kind_of(object_type).name].change(
                name, json_body(request), stamp=stamp
            )
        return json_response(property_row(found))

    def archive_property(self, request: Request, object_type: str, name: str) -> Response:
        """Delete a custom property."""
        self._need(request, object_type, write=True)
        with self.portal.world.lock:
            self.portal.schemas[kind_of(object_type).name].archive(name)
        return json_response(None, 204)

    def batch_archive(self, request: Request, object_type: str) -> Response:
        """Delete custom properties."""
        self._need(request, object_type, write=True)
        with self.portal.world.lock:
            for one in inputs_of(json_body(request)):
                self.portal.schemas[kind_of(object_type).name].archive(str(one["name"]))
        return json_response(None, 204)

    def groups(self, request: Request, object_type: str) -> Response:
        """All property groups."""
        self._need(request, object_type, write=False)
        return json_response(
            {"results": list(self.portal.schemas[kind_of(object_type).name].groups.values())}
        )

    def group(self, request: Request, object_type: str, name: str) -> Response:
        """One property group."""
        self._need(request, object_type, write=False)
        found = self.portal.schemas[kind_of(object_type).name].groups.get(name)
        if found is None:
            raise missing("property group", name)
        return json_response(found)

    def create_group(self, request: Request, object_type: str) -> Response:
        """A property group, 201; 409 when the name is taken."""
        self._need(request, object_type, write=True)
        body = json_body(request)
        return json_response(
            self.portal.create_group(object_type, str(body["name"]), str(body["label"])), 201
        )

    def _need(self, request: Request, object_type: str, *, write: bool) -> None:
        kind = kind_of(object_type).name
        area = kind if kind in ("companies", "deals", "leads") else "contacts"
        self.need(request, f"crm.schemas.{area}.{'write' if write else 'read'}")

    # owners and pipelines

    def owners(self, request: Request) -> Response:
        """Owners by id; `archived=true` lists those who left, `email` narrows."""
        self.need(request, "crm.objects.owners.read")
        limit, after = number(request, "limit", 100, top=500), request.args.get("after", "0")
        email, archived = request.args.get("email"), flag(request, "archived")
        found = [
            row
            for id_, row in sorted(self.portal.owners.items())
            if row["archived"] is archived and email in (None, row["email"]) and int(id_) > int(after)
        ]
        following = found[limit - 1]["id"] if len(found) > limit else None
        return json_response({"results": found[:limit], **paging(following, request.path)})

    def owner(self, request: Request, owner_id: str) -> Response:
        """One owner by owner id, or by user id with `idProperty=userId`."""
        self.need(request, "crm.objects.owners.read")
        key = "userId" if request.args.get("idProperty") == "userId" else "id"
        archived = flag(request, "archived")
        for row in self.portal.owners.values():
            if str(row[key]) == owner_id and row["archived"] is archived:
                return json_response(row)
        raise missing("owner", owner_id)

    def _pipelines(self, object_type: str) -> list[Pipeline]:
        return self.portal.pipelines.get(kind_of(object_type).name, [])

    def pipelines(self, request: Request, object_type: str) -> Response:
        """Every pipeline with its stages."""
        return json_response({"results": [pipeline_row(one) for one in self._pipelines(object_type)]})

    def pipeline(self, request: Request, object_type: str, pipeline_id: str) -> Response:
        """One pipeline with its stages."""
        return json_response(pipeline_row(self._pipeline(object_type, pipeline_id)))

    def _pipeline(self, object_type: str, pipeline_id: str) -> Pipeline:
        for one in self._pipelines(object_type):
            if one.id == pipeline_id:
                return one
        raise missing("pipeline", pipeline_id)

    def stages(self, request: Request, object_type: str, pipeline_id: str) -> Response:
        """The stages of a pipeline."""
        found = self._pipeline(object_type, pipeline_id)
        return json_response({"results": [stage_row(stage) for stage in found.stages]})


_STAMP = "2020-01-01T00:00:00.000Z"


def stage_row(stage: Stage) -> dict[str, Any]:
    """A stage; its metadata are texts, as HubSpot writes them."""
    metadata = {"isClosed": "true" if stage.closed else "false", "probability": str(stage.probability)}
    return {
        "id": stage.id,
        "label": stage.label,
        "displayOrder": stage.order,
        "metadata": metadata,
        "createdAt": _STAMP,
        "updatedAt": _STAMP,
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def pipeline_row(one: Pipeline) -> dict[str, Any]:
    """A pipeline with its stages."""
    return {
        "id": one.id,
        "label": one.label,
        "displayOrder": one.order,
        "stages": [stage_row(stage) for stage in one.stages],
        "createdAt": _STAMP,
        "updatedAt": _STAMP,
        "archived": False,
    }


def property_row(one: PropertyDefinition) -> dict[str, Any]:
    """A property definition as the properties API writes it."""
    return {
        "name": one.name,
        "label": one.label,
        "type": one.type,
        "fieldType": one.field_type,
        "groupName": one.group,
        "description": one.description,
        "options": one.options,
        "displayOrder": -1,
        "calculated": one.read_only,
        "externalOptions": one.external or one.name == "hubspot_owner_id",
        "hasUniqueValue": one.unique,
        "hidden": False,
        "hubspotDefined": one.native,
        "formField": not one.read_only,
        "archived": one.archived,
        "createdAt": one.stamp,
        "updatedAt": one.stamp,
        "modificationMetadata": {
            "archivable": not one.native,
            "readOnlyDefinition": one.native,
            "readOnlyOptions": one.native and one.read_only,
            "readOnlyValue": one.read_only,
        },
    }


def _definition(body: Mapping[str, Any]) -> PropertyDefinition:
    made = PropertyDefinition(
        name=str(body["name"]),
        label=str(body["label"]),
        type=str(body["type"]),
        field_type=str(body["fieldType"]),
        group=str(body["groupName"]),
        description=str(body.get("description") or ""),
        unique=bool(body.get("hasUniqueValue")),
    )
    return replace(made, options=[dict(option) for option in body.get("options") or ()])


def _error(refused: PortalError, context: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "status": "error",
        "category": refused.category,
        "message": refused.message,
        "context": context,
    }
