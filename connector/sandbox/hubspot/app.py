"""The portal's wire protocol: authentication, limits, headers, error envelopes. The routes live beside it, by API."""

from __future__ import annotations

import uuid
from typing import Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from connector.sandbox.http import WireApp, json_response
from connector.sandbox.hubspot.account_routes import AccountRoutes
from connector.sandbox.hubspot.association_routes import AssociationRoutes
from connector.sandbox.hubspot.batch_routes import BatchRoutes
from connector.sandbox.hubspot.errors import PortalError
from connector.sandbox.hubspot.limits import MESSAGES, Meter, Policy
from connector.sandbox.hubspot.marketing_routes import MarketingRoutes
from connector.sandbox.hubspot.object_routes import ObjectRoutes
from connector.sandbox.hubspot.portal import Portal, Token
from connector.sandbox.hubspot.schema_routes import SchemaRoutes

MAX_URI = 16_000
"""Characters of path and query. HubSpot states none; connectors met 414 with some hundred property names."""


class HubSpotApp(WireApp):
    """Answers as HubSpot's API does for one portal. v3/v4 paths and their dated twins lead to the same handlers."""

    system = "hubspot"

    def __init__(self, portal: Portal) -> None:
        super().__init__(portal.world.faults)
        self.portal = portal
        self.meter = Meter(portal.tier, portal.account.time_zone)
        self._errors = 0
        for routes in (
            ObjectRoutes,
            BatchRoutes,
            AssociationRoutes,
            SchemaRoutes,
            MarketingRoutes,
            AccountRoutes,
        ):
            routes(portal).register(self)

    def before(self, request: Request) -> Response | None:
        """Check the length of the address, the bearer token and the limits."""
        if len(request.full_path) > MAX_URI:
            return self.refuse(PortalError(414, "VALIDATION_ERROR", "URI too long"))
        token = self._token(request)
        if isinstance(token, Response):
            return token
        request.environ["sandbox.token"] = token
        search = request.method == "POST" and request.path.rstrip("/").endswith("/search")
        request.environ["sandbox.search"] = search
        with self.portal.world.lock:
            now = self.portal.now_ms()
            if not self.portal.world.switches.enforce_rate_limits:
                self.meter.count(now)
                return None
            policy = self.meter.take(token.value, now, search=search)
        return self._too_often(policy) if policy else None

    def _token(self, request: Request) -> Token | Response:
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        token = self.portal.account.tokens.get(value.strip()) if kind.lower() == "bearer" else None
        if token is None:
            return self.refuse(PortalError(401, "INVALID_AUTHENTICATION", _NO_CREDENTIALS))
        if token.expired_ms is not None:
            seconds = max((self.portal.now_ms() - token.expired_ms) // 1000, 0)
            message = f"The OAuth token used to make this call expired {seconds} second(s) ago."
            context = {"expire time": [str(token.expired_ms)]}
            return self.refuse(PortalError(401, "EXPIRED_AUTHENTICATION", message, context=context))
        return token

    def _too_often(self, policy: Policy) -> Response:
        body = {
            "status": "error",
            "message": MESSAGES[policy],
            "errorType": "RATE_LIMIT",
            "correlationId": self._correlation(),
            "policyName": policy,
        }
        if policy == "DAILY":
            body["requestId"] = self._correlation()
        else:
            body["groupName"] = f"publicapi:private-apps-api-calls:{self.portal.portal_id}"
        return json_response(body, 429)

    def after(self, request: Request, response: Response) -> Response:
        """Rate-limit headers (never on search), and the sandbox's own date."""
        token = request.environ.get("sandbox.token")
        if token is not None and not request.environ["sandbox.search"]:
            response.headers.extend(self.meter.headers(token.value))
        response.headers["Date"] = http_date(self.portal.world.clock.now())
        return response

    def _handle(self, request: Request) -> Response:
        try:
            return super()._handle(request)
        except PortalError as refused:
            return self.refuse(refused)
        except (KeyError, TypeError, AttributeError, ValueError) as malformed:
            # The JSON was read, but a member is missing or of another type: HubSpot answers 400 as well.
            name = type(malformed).__name__
            return self.refuse(
                PortalError(400, "VALIDATION_ERROR", f"Invalid input JSON: {name}: {malformed}")
            )

    def refuse(self, refused: PortalError) -> Response:
        """HubSpot's error envelope."""
        body: dict[str, Any] = {
            "status": "error",
            "message": refused.message,
            "correlationId": self._correlation(),
            "category": refused.category,
        }
        if refused.errors:
            body["errors"] = refused.errors
        if refused.context:
            body["context"] = refused.context
        return json_response(body, refused.status)

    def _correlation(self) -> str:
        self._errors += 1
        return str(uuid.UUID(int=(self.portal.world.seed << 64) + self._errors))

    def not_found(self, request: Request) -> Response:
        """The answer to a path that this portal does not have."""
        return self.refuse(PortalError(404, "OBJECT_NOT_FOUND", "resource not found"))

    def expire_sessions(self) -> None:
        """Every token stops working until `Portal.add_token` accepts it anew."""
        with self.portal.world.lock:
            for token in self.portal.account.tokens.values():
                token.expired_ms = self.portal.now_ms()


_NO_CREDENTIALS = (
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
    "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
)
