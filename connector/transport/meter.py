"""Counts the calls of one connection, keeps to its share of the day, and remembers what the remote said of its clock and
its allowance. It sends nothing itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from connector.errors import QuotaSpentError
from connector.ports import Clock

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class _Hour:
    began: datetime
    calls: int = 0


class Meter:
    """One per connection; may be used from several threads.

    The share is measured over the last 24 hours in steps of an hour: right for a rolling allowance (Salesforce), and on
    the safe side for one that starts anew at midnight (HubSpot).
    """

    def __init__(
        self, connection: str, clock: Clock, *, share: float = 0.5, daily_limit: int | None = None
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._share = share
        self._limit = daily_limit
        self._used: int | None = None
        self._calls = 0
        self._recent: deque[_Hour] = deque()
        self._told: tuple[datetime, datetime] | None = None
        self._lock = Lock()

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        return self._calls

    @property
    def limit(self) -> int | None:
        """The daily allowance of the whole account, as far as known."""
        return self._limit

    @property
    def budget(self) -> tuple[int, int] | None:
        """(used, limit) of the whole account, all its applications together, as last told; None: never told."""
        return None if self._used is None or self._limit is None else (self._used, self._limit)

    def spend(self) -> None:
        """Count one request that is about to be sent. Raises QuotaSpentError instead when it would cross the share."""
        now = self._clock.now()
        with self._lock:
            own = self._own_today(now)
            if self._limit is not None and own >= self._limit * self._share:
                message = f"{own} calls in 24 hours reach the share of the daily allowance of {self._limit}"
                raise QuotaSpentError(self._connection, message, code="SHARE_SPENT")
            self._calls += 1
            if not self._recent or now - self._recent[-1].began >= HOUR:
                self._recent.append(_Hour(now))
            self._recent[-1].calls += 1

    def heard(self, remote_time: datetime | None, used: int | None = None, limit: int | None = None) -> None:
        """Take in what an answer said of the remote's clock and of the account's allowance."""
        with self._lock:
            if remote_time is not None:
                self._told = (remote_time, self._clock.now())
            if limit is not None:
                self._limit = limit
            if used is not None:
                self._used = used

    def remote_now(self, freshness: timedelta = timedelta(minutes=5)) -> datetime | None:
        """The remote's clock: what it last told, moved on by our own since; None when never told or too long ago."""
        if self._told is None:
            return None
        told, at = self._told
        passed = self._clock.now() - at
        return None if passed > freshness or passed < timedelta(0) else told + passed

    def _own_today(self, now: datetime) -> int:
        while self._recent and now - self._recent[0].began >= DAY:
            self._recent.popleft()
        return sum(hour.calls for hour in self._recent)
