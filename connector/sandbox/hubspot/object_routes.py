"""CRM objects one by one: list, get, create, change, delete, merge, erase, search."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.http import json_response
from connector.sandbox.hubspot.drafts import kind_of
from connector.sandbox.hubspot.errors import invalid
from connector.sandbox.hubspot.routing import OBJECTS, Registers, Routes
from connector.sandbox.hubspot.wire import (
    MAX_LIST,
    MAX_LIST_WITH_HISTORY,
    MAX_SEARCH_BODY,
    Projection,
    flag,
    inline_associations,
    json_body,
    links_of,
    names,
    number,
    paging,
    query_of,
    scope_of,
    written,
)


class ObjectRoutes(Routes):
    """/crm/v3/objects/{type} and below, except batches."""

    def register(self, app: Registers) -> None:
        """Register the object routes, v3 and dated."""
        for root in OBJECTS:
            one = f"{root}/<object_type>/<object_id>"
            app.route("GET", f"{root}/<object_type>", self.page)
            app.route("POST", f"{root}/<object_type>", self.create)
            app.route("GET", one, self.read)
            app.route("PATCH", one, self.update)
            app.route("DELETE", one, self.archive)
            app.route("POST", f"{root}/<object_type>/search", self.search)
            app.route("POST", f"{root}/<object_type>/merge", self.merge)
            app.route("POST", f"{root}/contacts/gdpr-delete", self.gdpr_delete)

    def page(self, request: Request, object_type: str) -> Response:
        """List by id, 100 at most (50 with history)."""
        kind = kind_of(object_type)
        self.need(request, *scope_of(object_type, write=False))
        history, targets = names(request, "propertiesWithHistory"), names(request, "associations")
        limit = number(request, "limit", 10, top=MAX_LIST_WITH_HISTORY if history else MAX_LIST)
        view = Projection(self.portal, kind, properties=names(request, "properties"), history=history)
        found, after = self.portal.page(
            kind.name, request.args.get("after"), limit=limit, archived=flag(request, "archived")
        )
        rows = [view.row(record) for record in found]
        if targets:
            for record, row in zip(found, rows, strict=True):
                if linked := inline_associations(self.portal, kind, record, targets):
                    row["associations"] = linked
        return json_response({"results": rows, **paging(after, request.path)})

    def read(self, request: Request, object_type: str, object_id: str) -> Response:
        """One record by id or by a unique property."""
        kind = kind_of(object_type)
        self.need(request, *scope_of(object_type, write=False))
        record = self.portal.get(
            kind.name,
            object_id,
            id_property=request.args.get("idProperty"),
            archived=flag(request, "archived"),
        )
        view = Projection(
            self.portal,
            kind,
            properties=names(request, "properties"),
            history=names(request, "propertiesWithHistory"),
        )
        row = view.row(record)
        if linked := inline_associations(self.portal, kind, record, names(request, "associations")):
            row["associations"] = linked
        return json_response(row)

    def create(self, request: Request, object_type: str) -> Response:
        """A new record, 201."""
        kind, body = kind_of(object_type), json_body(request)
        source = self.need(request, *scope_of(object_type, write=True))
        record = self.portal.create(
            kind.name,
            body["properties"],
            associations=links_of(self.portal, kind, body.get("associations")),
            source=source,
        )
        return json_response(written(kind, record, body["properties"]), 201)

    def update(self, request: Request, object_type: str, object_id: str) -> Response:
        """Change one record, found by id or by a unique property."""
        kind, body, portal = kind_of(object_type), json_body(request), self.portal
        source = self.need(request, *scope_of(object_type, write=True))
        with portal.world.lock:
            draft = portal.draft_update(
                kind.name, object_id, body["properties"], id_property=request.args.get("idProperty")
            )
            record = portal.commit(draft, portal.moment(), source)
        return json_response(written(kind, record, body["properties"]))

    def archive(self, request: Request, object_type: str, object_id: str) -> Response:
        """Delete one record; 204 also when it is gone."""
        source = self.need(request, *scope_of(object_type, write=True))
        self.portal.archive(object_type, object_id, source=source)
        return json_response(None, 204)

    def merge(self, request: Request, object_type: str) -> Response:
        """Merge two records and answer with the survivor."""
        kind, body = kind_of(object_type), json_body(request)
        source = self.need(request, *scope_of(object_type, write=True))
        survivor = self.portal.merge(
            kind.name, str(body["primaryObjectId"]), str(body["objectIdToMerge"]), source=source
        )
        view = Projection(self.portal, kind, properties=[*kind.shown, "hs_merged_object_ids"])
        return json_response(view.row(survivor))

    def gdpr_delete(self, request: Request) -> Response:
        """Erase a contact for privacy."""
        body = json_body(request)
        source = self.need(request, *scope_of("contacts", write=True))
        self.portal.gdpr_delete(str(body["objectId"]), id_property=body.get("idProperty"), source=source)
        return json_response(None, 204)

    def search(self, request: Request, object_type: str) -> Response:
        """Filtered records from the index, 200 at most, 10,000 in all."""
        if len(request.get_data()) > MAX_SEARCH_BODY:
            raise invalid(f"The request body is longer than {MAX_SEARCH_BODY} characters")
        kind, body = kind_of(object_type), json_body(request)
        self.need(request, *scope_of(object_type, write=False))
        limit, after = int(body.get("limit") or 10), int(body.get("after") or 0)
        found, total = self.portal.search(kind.name, query_of(body), limit=limit, after=after)
        view = Projection(self.portal, kind, properties=body.get("properties") or ())
        following = after + limit if after + limit < total else None
        answer: dict[str, Any] = {"total": total, "results": [view.row(record) for record in found]}
        return json_response(answer | paging(following, request.path))
