"""How often a token may call: the ten-second window, the day of the account's time zone, and the search second.

Counted in sandbox time. Limits by tier are those of HubSpot's usage guidelines (HubSpot facts §3).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

Policy = Literal["TEN_SECONDLY_ROLLING", "DAILY", "SECONDLY"]

BURST: Mapping[str, int] = {"FREE": 100, "STARTER": 100, "PROFESSIONAL": 190, "ENTERPRISE": 190}
DAILY: Mapping[str, int] = {
    "FREE": 250_000,
    "STARTER": 250_000,
    "PROFESSIONAL": 625_000,
    "ENTERPRISE": 1_000_000,
}
INTERVAL_MS = 10_000
SEARCHES_PER_SECOND = 5

MESSAGES: Mapping[Policy, str] = {
    "TEN_SECONDLY_ROLLING": "You have reached your ten_secondly_rolling limit.",
    "SECONDLY": "You have reached your secondly limit.",
    "DAILY": "You have reached your daily limit.",
}


class Meter:
    """Counts calls of one account. `daily_limit` and `burst_limit` may be lowered by a test."""

    def __init__(self, tier: str, time_zone: str) -> None:
        self.burst_limit = BURST[tier]
        self.daily_limit = DAILY[tier]
        self._zone = ZoneInfo(time_zone)
        self._recent: dict[str, deque[int]] = {}
        self._searches: deque[int] = deque()
        self._day = ""
        self.used_today = 0

    def take(self, token: str, now_ms: int, *, search: bool) -> Policy | None:
        """Count one call; the policy that forbids it, or None. A forbidden call is not counted."""
        self._turn_day(now_ms)
        if self.used_today >= self.daily_limit:
            return "DAILY"
        window = self._searches if search else self._recent.setdefault(token, deque())
        span, limit = (1_000, SEARCHES_PER_SECOND) if search else (INTERVAL_MS, self.burst_limit)
        while window and window[0] <= now_ms - span:
            window.popleft()
        if len(window) >= limit:
            return "SECONDLY" if search else "TEN_SECONDLY_ROLLING"
        window.append(now_ms)
        self.used_today += 1
        return None

    def count(self, now_ms: int) -> None:
        """Count one call of the day without any limit in force."""
        self._turn_day(now_ms)
        self.used_today += 1

    def _turn_day(self, now_ms: int) -> None:
        day = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(self._zone).strftime("%Y-%m-%d")
        if day != self._day:
            self._day, self.used_today = day, 0

    def headers(self, token: str) -> dict[str, str]:
        """What every answer but those of search carries."""
        used = len(self._recent.get(token, ()))
        return {
            "X-HubSpot-RateLimit-Daily": str(self.daily_limit),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(self.daily_limit - self.used_today, 0)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(INTERVAL_MS),
            "X-HubSpot-RateLimit-Max": str(self.burst_limit),
            "X-HubSpot-RateLimit-Remaining": str(max(self.burst_limit - used, 0)),
            "X-HubSpot-RateLimit-Secondly": str(self.burst_limit // 10),
            "X-HubSpot-RateLimit-Secondly-Remaining": str(self.burst_limit // 10),
        }
