"""The org's REST face: routes, sessions, limits and envelopes. What a call does is in the org; this only speaks HTTP."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import deque
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.http import Handler, WireApp, json_response
from connector.sandbox.salesforce.app_bulk import BulkRoutes
from connector.sandbox.salesforce.app_collections import CollectionRoutes
from connector.sandbox.salesforce.app_composite import CompositeRoutes
from connector.sandbox.salesforce.app_query import QueryRoutes
from connector.sandbox.salesforce.app_records import RecordRoutes
from connector.sandbox.salesforce.app_tooling import ToolingRoutes
from connector.sandbox.salesforce.errors import ManyMatchesError, OrgError, not_found
from connector.sandbox.salesforce.org import Org

FIRST_VERSION, LAST_VERSION = 31, 68
_LONGEST_URI = 16_384
_DAY = timedelta(hours=24)
_SEASONS = ("Spring", "Summer", "Winter")


class SalesforceApp(WireApp):
    """Answers as one org's My Domain host does. Every call runs as the integration user.

    `daily_limit` is the org's request allowance over any 24 hours of sandbox time. With `run_as` false the client
    credentials flow has no user to run as, and the token call says so.
    """

    system = "salesforce"

    def __init__(
        self,
        org: Org,
        client_id: str = "sandbox-client",
        client_secret: str = "sandbox-secret",
        *,
        daily_limit: int = 115_000,
    ) -> None:
        super().__init__(org.world.faults)
        self.org = org
        self.client_id = client_id
        self.client_secret = client_secret
        self.daily_limit = daily_limit
        self.run_as = True
        self._tokens: set[str] = set()
        self._issued = 0
        self._used: deque[list[Any]] = deque()
        self.route("POST", "/services/oauth2/token", self.token)
        self.route("GET", "/services/data", self.versions)
        self.route("GET", "/services/data/v<version>", self.resources)
        self.route("GET", "/services/data/v<version>/limits", self.limits)
        for routes in (RecordRoutes, QueryRoutes, CollectionRoutes, ToolingRoutes, BulkRoutes):
            routes(self)
        CompositeRoutes(self)

    def route(self, method: str, path: str, handler: Handler) -> None:
        """Answer with the handler; what the org refuses becomes the vendor's error envelope."""

        def guarded(request: Request, **parts: str) -> Response:
            try:
                return handler(request, **parts)
            except OrgError as refusal:
                return json_response(refusal.body(), refusal.status)
            except ManyMatchesError as many:
                name = parts.get("name", "")
                base = f"/services/data/v{parts.get('version', '')}/sobjects/{name}/"
                return json_response([base + record_id for record_id in many.ids], 300)

        super().route(method, path, guarded)

    def answer(self, request: Request) -> Response:
        """Answer a call that comes inside another one: no session check, not counted."""
        return self._handle(request)

    # ---- sessions and limits ---------------------------------------------------------------------------------

    def issue_token(self) -> str:
        """A new access token of the integration user."""
        self._issued += 1
        seed = f"{self.org.world.seed}:{self.org.org_id}:{self._issued}:{self.client_secret}"
        text = base64.b64encode(hashlib.sha512(seed.encode()).digest(), b"._").decode().rstrip("=")
        token = f"{self.org.org_id[:15]}!AQ{text}"
        self._tokens.add(token)
        return token

    def expire_sessions(self) -> None:
        """Make every token issued so far expired."""
        self._tokens.clear()

    def before(self, request: Request) -> Response | None:
        """Length of the address, session, daily limit, version: in this order."""
        if len(request.full_path) > _LONGEST_URI:
            return Response("URI Too Long", status=414, mimetype="text/html")
        if request.path.rstrip("/") in ("/services/oauth2/token", "/services/data"):
            return None
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind not in ("Bearer", "OAuth") or token not in self._tokens:
            expired = OrgError("INVALID_SESSION_ID", "Session expired or invalid", status=401)
            return json_response(expired.body(), 401, {"WWW-Authenticate": "Token"})
        if not self._count():
            over = OrgError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
            return json_response(over.body(), 403)
        return None if self._known_version(request.path) else self.not_found(request)

    def after(self, request: Request, response: Response) -> Response:
        """The headers of every answer."""
        if response.status_code == 405:
            message = f"HTTP Method '{request.method}' not allowed."
            refused = OrgError("METHOD_NOT_ALLOWED", message, status=405)
            response = json_response(refused.body(), 405)
        response.headers["Date"] = format_datetime(self.org.world.clock.now(), usegmt=True)
        response.headers["Cache-Control"] = "no-cache,must-revalidate,max-age=0,no-store,private"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Server"] = "sfdcedge"
        if request.path.startswith("/services/data/") and response.status_code not in (401, 414):
            response.headers["Sforce-Limit-Info"] = f"api-usage={self.used()}/{self.daily_limit}"
        return response

    def not_found(self, request: Request) -> Response:
        """The answer to a path, version or object that is not there."""
        return json_response(not_found().body(), 404)

    def used(self) -> int:
        """Calls counted in the last 24 hours of sandbox time."""
        edge = self.org.world.clock.now() - _DAY
        while self._used and self._used[0][0] <= edge:
            self._used.popleft()
        return sum(count for _, count in self._used)

    def _count(self) -> bool:
        with self.org.world.lock:
            if self.used() >= self.daily_limit:
                return False
            minute = self.org.world.clock.now().replace(second=0, microsecond=0)
            if self._used and self._used[-1][0] >= minute:
                self._used[-1][1] += 1
            else:
                self._used.append([self.org.world.clock.now(), 1])
            return True

    def _known_version(self, path: str) -> bool:
        version = path.split("/")[3] if path.startswith("/services/data/") else ""
        number = version.removeprefix("v").removesuffix(".0")
        return number.isdigit() and FIRST_VERSION <= int(number) <= LAST_VERSION and version.endswith(".0")

    # ---- calls -----------------------------------------------------------------------------------------------

    def token(self, request: Request) -> Response:
        """The client credentials flow: id and secret in a Basic header or as form fields."""
        if request.form.get("grant_type") != "client_credentials":
            return _token_error("unsupported_grant_type", "grant type not supported")
        client_id, client_secret = _credentials(request)
        if client_id != self.client_id:
            return _token_error("invalid_client_id", "client identifier invalid")
        if client_secret != self.client_secret:
            return _token_error("invalid_client", "invalid client credentials")
        if not self.run_as:
            return _token_error("invalid_grant", "no client credentials user enabled")
        issued = str(int(self.org.world.clock.now().timestamp() * 1000))
        address = request.host_url.rstrip("/")
        identity = f"{address}/id/{self.org.org_id}/{self.org.api_user_id}"
        signature = base64.b64encode(hashlib.sha256((identity + issued).encode()).digest()).decode()
        answer = {
            "access_token": self.issue_token(),
            "signature": signature,
            "scope": "api",
            "instance_url": address,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued,
        }
        return json_response(answer)

    def versions(self, request: Request) -> Response:
        """Every version from the oldest still served."""
        return json_response([_version(number) for number in range(FIRST_VERSION, LAST_VERSION + 1)])

    def resources(self, request: Request, *, version: str) -> Response:
        """The addresses below one version."""
        names = ("sobjects", "query", "queryAll", "limits", "composite", "tooling", "jobs")
        return json_response({name: f"/services/data/v{version}/{name}" for name in names})

    def limits(self, request: Request, *, version: str) -> Response:
        """What is left of the daily allowance."""
        left = self.daily_limit - self.used()
        answer = {
            "DailyApiRequests": {"Max": self.daily_limit, "Remaining": left},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
        }
        return json_response(answer)


def _credentials(request: Request) -> tuple[str, str]:
    kind, _, coded = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return request.form.get("client_id", ""), request.form.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(coded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, secret


def _token_error(code: str, description: str) -> Response:
    return json_response({"error": code, "error_description": description}, 400)


def _version(number: int) -> dict[str, str]:
    season = _SEASONS[(number - 66) % 3]
    year = 26 + (number - 66) // 3 + (season == "Winter")
    return {"label": f"{season} '{year}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
