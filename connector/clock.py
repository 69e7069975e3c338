"""Where the present time comes from: this machine, or a sandbox whose clock can be moved."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import urllib3

from connector.errors import BatonError


class SilentClockError(BatonError):
    """The sandbox whose time Baton is to live in does not answer, or not as a sandbox does."""


class SystemClock:
    """This machine's clock."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(tz=UTC)


class SandboxTime:
    """The clock of a sandbox, asked over its control address, so that Baton lives in the sandbox's time."""

    def __init__(self, control_url: str) -> None:
        self._url = f"{control_url.rstrip('/')}/clock"
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(5.0), retries=False)

    def now(self) -> datetime:
        """Aware UTC. Raises SilentClockError when the sandbox does not answer."""
        try:
            answer = self._pool.request("GET", self._url)
            return datetime.fromisoformat(orjson.loads(answer.data)["now"])
        except (urllib3.exceptions.HTTPError, ValueError, TypeError, KeyError) as silent:
            raise SilentClockError(f"no sandbox tells the time at {self._url} (BATON_CLOCK_URL)") from silent
