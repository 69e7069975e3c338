"""Routes of the Tooling API that provisioning needs: custom fields and queries about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from connector.sandbox.http import json_response
from connector.sandbox.salesforce import tooling
from connector.sandbox.salesforce.app_parts import read_object
from connector.sandbox.salesforce.app_query import page
from connector.sandbox.salesforce.errors import OrgError

if TYPE_CHECKING:
    from connector.sandbox.salesforce.app import SalesforceApp


class ToolingRoutes:
    """Registers its routes on the app."""

    def __init__(self, app: SalesforceApp) -> None:
        self.org = app.org
        base = "/services/data/v<version>/tooling"
        app.route("POST", f"{base}/sobjects/CustomField", self.create)
        app.route("GET", f"{base}/sobjects/CustomField/<field_id>", self.read)
        app.route("PATCH", f"{base}/sobjects/CustomField/<field_id>", self.change)
        app.route("DELETE", f"{base}/sobjects/CustomField/<field_id>", self.remove)
        app.route("GET", f"{base}/query", self.query)

    def create(self, request: Request, *, version: str) -> Response:
        """201 with the field's id; the field is hidden until a permission set opens it."""
        body = read_object(request)
        field_id = tooling.add_custom_field(self.org, str(body.get("FullName")), body.get("Metadata") or {})
        address = f"/services/data/v{version}/tooling/sobjects/CustomField/{field_id}"
        answer = {"id": field_id, "success": True, "errors": [], "warnings": [], "infos": []}
        return json_response(answer, 201, {"Location": address})

    def read(self, request: Request, *, version: str, field_id: str) -> Response:
        """A custom field's name and table."""
        full_name = tooling.name_of(self.org, field_id)
        object_name, _, field_name = full_name.partition(".")
        url = f"/services/data/v{version}/tooling/sobjects/CustomField/{field_id}"
        field = self.org.schema[object_name].fields[field_name]
        answer = {
            "attributes": {"type": "CustomField", "url": url},
            "Id": self.org.custom_field_ids[full_name],
            "FullName": full_name,
            "DeveloperName": field_name.removesuffix("__c"),
            "TableEnumOrId": object_name,
            "Metadata": {"label": field.label, "externalId": field.external_id, "unique": field.unique},
        }
        return json_response(answer)

    def change(self, request: Request, *, version: str, field_id: str) -> Response:
        """204."""
        tooling.change_custom_field(self.org, field_id, read_object(request).get("Metadata") or {})
        return Response(status=204)

    def remove(self, request: Request, *, version: str, field_id: str) -> Response:
        """204."""
        tooling.remove_custom_field(self.org, field_id)
        return Response(status=204)

    def query(self, request: Request, *, version: str) -> Response:
        """CustomField, FieldDefinition and EntityDefinition, in one page."""
        soql = request.args.get("q")
        if not soql:
            raise OrgError("MALFORMED_QUERY", "A query string has to be specified")
        with self.org.world.lock:
            answer = tooling.ToolingView(self.org).run(soql)
        return json_response(page(answer, "", (0, max(len(answer.found), 1)), version))
