"""One loopback server for the whole run; every test puts its own fresh portal behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from hubspot import HubSpot

from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import FaultPlan
from connector.sandbox.http import RunningServer, WireApp, serve
from connector.sandbox.hubspot.app import HubSpotApp
from connector.sandbox.hubspot.portal import DEFAULT_TOKEN, Portal
from connector.sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class Swap(WireApp):
    """Answers with whichever application the running test put in."""

    def __init__(self) -> None:
        super().__init__(FaultPlan())
        self.app: WireApp | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert self.app is not None
        return self.app(environ, start_response)


@dataclass(slots=True)
class Answer:
    """A raw HTTP answer."""

    status: int
    body: Any
    headers: Any


@dataclass(slots=True)
class Wire:
    """Raw calls and the vendor's client against one portal."""

    url: str
    app: HubSpotApp
    pool: urllib3.PoolManager

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = DEFAULT_TOKEN) -> Answer:
        """One raw call."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.pool.request(
            method, self.url + path, json=body, headers=headers, retries=False, timeout=10.0
        )
        parsed = answer.json() if answer.data else None
        return Answer(answer.status, parsed, answer.headers)

    @property
    def client(self) -> Any:
        """hubspot-api-client, unmodified apart from the address."""
        return HubSpot(access_token=DEFAULT_TOKEN, host=self.url, base_url=self.url)


@pytest.fixture(scope="session")
def swap() -> Iterator[tuple[Swap, RunningServer]]:
    app = Swap()
    server = serve(app)
    yield app, server
    server.stop()


@pytest.fixture
def world() -> World:
    return World(SandboxClock(START))


@pytest.fixture
def portal(world: World) -> Portal:
    return Portal(world)


@pytest.fixture
def wire(portal: Portal, swap: tuple[Swap, RunningServer]) -> Iterator[Wire]:
    app, server = swap
    answering = app.app = HubSpotApp(portal)
    with urllib3.PoolManager() as pool:
        yield Wire(server.url, answering, pool)
