"""A running sandbox for tests: two systems and the control API on loopback, with a few made-up leads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import urllib3

from connector.sandbox.hubspot.portal import DEFAULT_TOKEN
from connector.sandbox.running import Sandbox, SandboxPlan, start

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@dataclass
class Shell:
    """What a test asks of a sandbox, over the wire only."""

    sandbox: Sandbox

    def __post_init__(self) -> None:
        self._pool = urllib3.PoolManager()
        self._session = ""

    def control(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One call of the control API."""
        return self._call(self.sandbox.control_url + path, method, body, {})

    def act(self, what: str, **parameters: Any) -> list[dict[str, str]]:
        """An act that must succeed; the records it touched."""
        status, answer = self.control("POST", "/act", {"what": what, **parameters})
        assert status == 200, answer
        done: list[dict[str, str]] = answer["done"]
        return done

    def hubspot(self, path: str) -> Any:
        """A read of the portal's API that must succeed."""
        bearer = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
        status, answer = self._call(self.sandbox.hubspot_url + path, "GET", None, bearer)
        assert status == 200, answer
        return answer

    def contact(self, id_: str, *names: str) -> dict[str, str]:
        """Properties of a contact as HubSpot's API shows them."""
        found = self.hubspot(f"/crm/v3/objects/contacts/{id_}?properties={','.join(names)}")
        properties: dict[str, str] = found["properties"]
        return properties

    def query(self, soql: str) -> list[dict[str, Any]]:
        """Rows of a query as Salesforce's API shows them."""
        if not self._session:
            app = self.sandbox.salesforce_app
            fields = {"grant_type": "client_credentials", "client_id": app.client_id}
            fields["client_secret"] = app.client_secret
            url = f"{self.sandbox.salesforce_url}/services/oauth2/token"
            answer = self._pool.request_encode_body("POST", url, fields=fields, encode_multipart=False)
            self._session = orjson.loads(answer.data)["access_token"]
        url = f"{self.sandbox.salesforce_url}/services/data/v67.0/query"
        headers = {"Authorization": f"Bearer {self._session}"}
        found = self._pool.request("GET", url, fields={"q": soql}, headers=headers)
        assert found.status == 200, found.data
        rows: list[dict[str, Any]] = orjson.loads(found.data)["records"]
        return rows

    def _call(self, url: str, method: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        raw = orjson.dumps(body) if body is not None else None
        answer = self._pool.request(method, url, body=raw, headers=headers, retries=False)
        return answer.status, orjson.loads(answer.data)


@pytest.fixture(scope="module")
def running() -> Iterator[Shell]:
    """One sandbox for the tests of a module, with thirty leads."""
    sandbox = start(SandboxPlan(NOW, leads=30))
    yield Shell(sandbox)
    sandbox.stop()


@pytest.fixture
def shell(running: Shell) -> Iterator[Shell]:
    """The module's sandbox, without the last test's faults."""
    yield running
    running.sandbox.world.faults.clear()
