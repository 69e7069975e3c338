"""Sends Baton's calls to HubSpot: the only module that knows the SDK. The SDK supplies address, authentication headers,
proxy and TLS; its one pooled connection manager carries every call, its typed models carry none (they cost four times the
CPU of parsing). No call goes out without a time limit, none is repeated behind the policy's back."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3
from hubspot import HubSpot

from connector.errors import AccessDeniedError, AnswerLostError, ConfigError, TryLaterError
from connector.hubspot.errors import error_of, unreadable
from connector.hubspot.paths import VERSIONS
from connector.hubspot.settings import HubSpotSettings
from connector.ports import Clock
from connector.transport.answer import Answer, http_time
from connector.transport.meter import Meter
from connector.transport.repeat import Repeater, Sleep

Query = Sequence[tuple[str, str]]
"""Query parameters in order; a name may come again."""
NO_QUERY: Query = ()
NEARLY_SPENT = 3
"""When so few calls of the ten-second window are left, the next one waits for a quarter of it to pass."""
BRAKE_SECONDS = 2.5


class HubSpotClient:
    """One portal, one pool. Raises connector.errors only."""

    def __init__(self, settings: HubSpotSettings, *, clock: Clock, sleep: Sleep, rng: random.Random) -> None:
        self.connection = settings.connection
        if settings.api_version not in VERSIONS:
            known = ", ".join(VERSIONS)
            raise ConfigError(
                [f"HubSpot's API version {settings.api_version!r} is not known here; known are {known}"]
            )
        self.paths = VERSIONS[settings.api_version]
        self.meter = Meter(
            settings.connection, clock, share=settings.daily_share, daily_limit=settings.daily_calls
        )
        self.repeater = Repeater(settings.retry, sleep, rng)
        self.clock = clock
        self._sleep = sleep
        self._timeout = urllib3.Timeout(connect=settings.timeout[0], read=settings.timeout[1])
        self._search_gap = 1 / settings.searches_per_second if settings.searches_per_second else 0.0
        self._last_search: float | None = None
        self._address = settings.address
        api = self._sdk(settings).crm.objects.basic_api.api_client
        self._pool: urllib3.PoolManager = api.rest_client.pool_manager
        self._headers: dict[str, str] = {
            **api.default_headers,
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
        }
        api.update_params_for_auth(self._headers, [], ["oauth2"])

    @staticmethod
    def _sdk(settings: HubSpotSettings) -> Any:
        # `retries=False`: urllib3 must not repeat anything, a POST least of all; a redirect is an answer like any other.
        options: dict[str, Any] = {"host": settings.address, "retries": False}
        if settings.proxy:
            options["proxy"] = settings.proxy
        return HubSpot(access_token=settings.token.get_secret_value(), **options)

    def close(self) -> None:
        """Close the pooled connections; the next call opens new ones."""
        self._pool.clear()

    def get(self, path: str, query: Query = NO_QUERY) -> Any:
        """Read; the parsed body."""
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any], *, safe: bool = True) -> Any:
        """Send a body; `safe` False for what must not be carried out twice."""
        return self.call("POST", path, body=body, safe=safe)

    def search(self, path: str, body: Mapping[str, Any]) -> Any:
        """Ask the search index, at its own slower pace."""
        self._brake_search()
        return self.post(path, body)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Query = NO_QUERY,
        body: Mapping[str, Any] | None = None,
        safe: bool = True,
    ) -> Any:
        """One call with its repetitions; the parsed body, None when empty."""
        url = self._address + path + (f"?{_encoded(tuple(query))}" if query else "")
        raw = None if body is None else orjson.dumps(body)
        return self.repeater.run(lambda: self._once(method, url, raw), safe=safe)

    def _once(self, method: str, url: str, raw: bytes | None) -> Any:
        self.meter.spend()
        answer = self._send(method, url, raw)
        self._listen(answer)
        if not answer.ok:
            raise error_of(self.connection, answer, self.clock.now())
        try:
            return answer.json()
        except ValueError as exc:
            raise unreadable(self.connection, answer) from exc

    def _send(self, method: str, url: str, raw: bytes | None) -> Answer:
        try:
            got = self._pool.request(method, url, body=raw, headers=self._headers, timeout=self._timeout)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as exc:
            raise TryLaterError(self.connection, "no connection", "UNREACHABLE") from exc
        except urllib3.exceptions.SSLError as exc:
            raise AccessDeniedError(self.connection, "the certificate is not trusted", "TLS") from exc
        except urllib3.exceptions.HTTPError as exc:
            raise AnswerLostError(self.connection, "the connection broke", "CONNECTION_LOST") from exc
        return Answer(got.status, got.headers, got.data)

    def _listen(self, answer: Answer) -> None:
        """Take the clock and the allowance from the headers; wait when the ten-second window is nearly spent."""
        headers = answer.headers
        limit = _number(headers.get("x-hubspot-ratelimit-daily"))
        left = _number(headers.get("x-hubspot-ratelimit-daily-remaining"))
        used = None if limit is None or left is None else limit - left
        self.meter.heard(http_time(headers.get("date")), used, limit)
        remaining = _number(headers.get("x-hubspot-ratelimit-remaining"))
        if answer.ok and remaining is not None and remaining <= NEARLY_SPENT:
            self._sleep(BRAKE_SECONDS)

    def _brake_search(self) -> None:
        if not self._search_gap:
            return
        now = self.clock.now().timestamp()
        if self._last_search is not None and 0 <= now - self._last_search < self._search_gap:
            self._sleep(self._search_gap - (now - self._last_search))
        self._last_search = self.clock.now().timestamp()


@lru_cache(maxsize=64)
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    """A page differs from the one before only in its last parameter, its forty others are encoded once."""
    head, last = query[:-1], query[-1:]
    return f"{_encoded(head)}&{urlencode(last)}" if head and last[0][0] == "after" else urlencode(query)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None
