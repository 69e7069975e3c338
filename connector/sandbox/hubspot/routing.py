"""What the route groups share: registering versioned twins, scopes, and who is writing."""

from __future__ import annotations

from typing import Protocol

from werkzeug.wrappers import Request

from connector.sandbox.http import Handler
from connector.sandbox.hubspot.errors import PortalError
from connector.sandbox.hubspot.portal import Portal, Token
from connector.sandbox.hubspot.records import Source

DATED = ("2026-03", "2026-09")
OBJECTS = ("/crm/v3/objects", *(f"/crm/objects/{version}" for version in DATED))


class Registers(Protocol):
    """Where routes are registered."""

    def route(self, method: str, path: str, handler: Handler) -> None:
        """Answer `method path` with `handler`."""


class Routes:
    """A group of handlers over one portal."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def register(self, app: Registers) -> None:
        """Register every handler of the group."""
        raise NotImplementedError

    def need(self, request: Request, *scopes: str) -> Source:
        """Who writes by this token; PortalError 403 when it lacks one of the scopes."""
        token: Token = request.environ["sandbox.token"]
        if token.scopes is not None and not token.scopes.issuperset(scopes):
            lacking = [scope for scope in scopes if scope not in token.scopes]
            message = (
                "This app hasn't been granted all required scopes to make this call. "
                "Read more about required scopes here: https://developers.hubspot.com/scopes."
            )
            detail = {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": lacking},
            }
            raise PortalError(403, "MISSING_SCOPES", message, errors=[detail])
        return Source.app(token.app_id, token.label)


def twins(app: Registers, method: str, path: str, handler: Handler) -> None:
    """Register a /crm/v3/AREA/... or /crm/v4/AREA/... path and its dated forms /crm/AREA/2026-09/..."""
    app.route(method, path, handler)
    _, crm, _, area, *rest = path.split("/")
    for version in DATED:
        app.route(method, "/".join(["", crm, area, version, *rest]), handler)
