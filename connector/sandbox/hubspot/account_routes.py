"""What an app can learn of the account itself: its settings and how much of today's calls is spent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request, Response

from connector.sandbox.http import json_response
from connector.sandbox.hubspot.limits import Meter
from connector.sandbox.hubspot.routing import DATED, Registers, Routes
from connector.sandbox.hubspot.values import iso

if TYPE_CHECKING:
    from connector.sandbox.hubspot.app import HubSpotApp


class AccountRoutes(Routes):
    """/account-info."""

    _meter: Meter

    def register(self, app: Registers) -> None:
        """Register the account routes, v3 and dated; the day's usage is the app's own count."""
        self._meter = cast("HubSpotApp", app).meter
        for version in ("v3", *DATED):
            app.route("GET", f"/account-info/{version}/details", self.details)
            app.route("GET", f"/account-info/{version}/api-usage/daily/private-apps", self.usage)

    def details(self, request: Request) -> Response:
        """Portal id, time zone, currency, type."""
        account, now = self.portal.account, self.portal.world.clock.now()
        offset = now.astimezone(ZoneInfo(account.time_zone)).utcoffset() or timedelta(0)
        minutes = int(offset.total_seconds()) // 60
        sign = "-" if minutes < 0 else "+"
        body: dict[str, Any] = {
            "portalId": account.portal_id,
            "timeZone": account.time_zone,
            "companyCurrency": account.currency,
            "additionalCurrencies": [],
            "accountType": "STANDARD",
            "utcOffset": f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
            "utcOffsetMilliseconds": minutes * 60_000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
        return json_response(body)

    def usage(self, request: Request) -> Response:
        """Calls of today by all private apps together."""
        row = {
            "name": "private-apps-api-calls-daily",
            "usageLimit": self._meter.daily_limit,
            "currentUsage": self._meter.used_today,
            "collectedAt": iso(self.portal.world.clock.now()),
            "fetchStatus": "SUCCESS",
            "resetsAt": iso(self.portal.world.clock.now()),
        }
        return json_response({"results": [row]})
