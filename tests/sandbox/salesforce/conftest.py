"""An org with a clock that stands still, the same org behind loopback HTTP, and the vendor's client pointed at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import serve
from connector.sandbox.salesforce.app import SalesforceApp
from connector.sandbox.salesforce.errors import OrgError
from connector.sandbox.salesforce.org import Org
from connector.sandbox.world import World

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class PlainHttp(HTTPAdapter):
    """Sends what the client believes to go to https to the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.target = urlsplit(url).netloc

    def send(self, request: Any, **kwargs: Any) -> Any:
        parts = urlsplit(request.url)
        request.headers.setdefault("Host", parts.netloc)
        request.url = urlunsplit(("http", self.target, parts.path, parts.query, ""))
        return super().send(request, **kwargs)


@pytest.fixture
def world() -> World:
    return World(SandboxClock(START))


@pytest.fixture
def org(world: World) -> Org:
    return Org(world)


@pytest.fixture
def lead(org: Org) -> Callable[..., str]:
    """Makes a lead from a few values and returns its id."""

    def make(**values: Any) -> str:
        return org.create("Lead", {"LastName": "Wei", "Company": "Acme", **values})

    return make


@pytest.fixture
def refused() -> Callable[..., OrgError]:
    """Calls something that must be refused and returns the refusal."""

    def call(code: str, work: Callable[..., Any], *args: Any, **kwargs: Any) -> OrgError:
        with pytest.raises(OrgError) as caught:
            work(*args, **kwargs)
        assert caught.value.code == code
        return caught.value

    return call


@pytest.fixture
def app(org: Org) -> SalesforceApp:
    return SalesforceApp(org)


@pytest.fixture
def url(app: SalesforceApp) -> Iterator[str]:
    server = serve(app)
    yield server.url
    server.stop()


@pytest.fixture
def session(url: str) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount("https://", PlainHttp(url))
        yield session


@pytest.fixture
def sf(session: requests.Session) -> Salesforce:
    """The vendor's client, unmodified, logged in by client credentials."""
    return Salesforce(
        consumer_key="sandbox-client",
        consumer_secret="sandbox-secret",
        domain="acme.my",
        session=session,
        version="67.0",
    )


@pytest.fixture
def rest(app: SalesforceApp, url: str) -> Callable[..., requests.Response]:
    """A bare call below /services/data/v67.0 with a valid token."""
    token = app.issue_token()

    def call(method: str, path: str, **kwargs: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", **kwargs.pop("headers", {})}
        return requests.request(
            method, f"{url}/services/data/v67.0/{path}", headers=headers, timeout=5, **kwargs
        )

    return call
