"""Where the present time comes from: this machine, or a sandbox whose clock can be moved."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import urllib3


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
        """Aware UTC. Raises OSError-like urllib3 errors when the sandbox does not answer."""
        answer = self._pool.request("GET", self._url)
        return datetime.fromisoformat(orjson.loads(answer.data)["now"])
