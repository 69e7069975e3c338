"""What tests of the doors do: knock as HubSpot, as Salesforce, as a machine with the token, as a person in HubSpot."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
from pydantic import SecretStr
from werkzeug.test import TestResponse

from connector.sandbox.hubspot.webhooks import OutgoingRequest
from connector.sandbox.salesforce.outbound import OutgoingCall
from connector.settings import ConnectionSettings, Settings
from connector.store import inbox
from mappings.records import RecordKey, SystemRole
from tests.sync.bench import Desk
from webhooks.app import create_app
from webhooks.signatures import sign_v3

PUBLIC = "https://baton.example"
TOKEN, SECRET, PATH = "token-of-tests", "app-secret-of-tests", "path-secret-of-tests"
ORGANIZATION = "00D000000000001AAA"
HUBSPOT = "/webhooks/hubspot/marketing"
SALESFORCE = f"/webhooks/salesforce/crm/{PATH}"


def settings(**changes: Any) -> Settings:
    """Settings with every door open."""
    marketing = ConnectionSettings(
        vendor="hubspot",
        role=SystemRole.MARKETING,
        token=SecretStr("x"),
        webhook_secret=SecretStr(f"older-secret, {SECRET}"),
    )
    crm = ConnectionSettings(
        vendor="salesforce",
        role=SystemRole.CRM,
        url="https://org.example",
        client_id="x",
        client_secret=SecretStr("x"),
        webhook_secret=SecretStr(PATH),
        organization_id=ORGANIZATION,
    )
    given: dict[str, Any] = {
        "database_url": "sqlite://",
        "marketing": marketing,
        "crm": crm,
        "api_token": SecretStr(TOKEN),
        "public_url": PUBLIC,
    }
    return Settings(**(given | changes))


class Door:
    """One application before one desk. `rung` is what it rang for."""

    def __init__(self, desk: Desk, **changes: Any) -> None:
        self.desk = desk
        self.rung: list[str] = []
        self.app = create_app(desk.engine, settings(**changes), self.rung.append)

    # as vendors

    def as_hubspot(
        self,
        body: bytes,
        *,
        path: str = HUBSPOT,
        at: datetime | None = None,
        secret: str = SECRET,
        method: str = "POST",
        **more: Any,
    ) -> TestResponse:
        """A request that HubSpot signs."""
        sent = at or self.desk.world.clock.now()
        stamp = str(round(sent.timestamp() * 1000))
        signature = sign_v3(secret, method=method, uri=PUBLIC + path, body=body, timestamp=stamp)
        headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}
        headers |= more.pop("headers", {})
        return self.app.test_client().open(path, method=method, data=body, headers=headers, **more)

    def events(self, *events: dict[str, Any], **more: Any) -> TestResponse:
        """A delivery of events."""
        return self.as_hubspot(orjson.dumps(list(events)), **more)

    def deliver(self, request: OutgoingRequest) -> int:
        """What the sandbox's portal sends."""
        path = request.url.removeprefix(PUBLIC)
        return self.app.test_client().post(path, data=request.body, headers=request.headers).status_code

    def deliver_message(self, call: OutgoingCall) -> tuple[int, bytes]:
        """What the sandbox's org sends."""
        path = call.url.removeprefix(PUBLIC)
        answer = self.app.test_client().post(path, data=call.body, headers=call.headers)
        return answer.status_code, answer.data

    def outbound(self, body: bytes, path: str = SALESFORCE) -> TestResponse:
        """An outbound message."""
        return self.app.test_client().post(path, data=body, content_type="text/xml; charset=utf-8")

    # as callers of the API

    def get(self, path: str, *, token: str = TOKEN, **headers: str) -> TestResponse:
        """Ask, with the token."""
        return self.app.test_client().get(
            path, headers={"Authorization": f"Bearer {token}"} | _named(headers)
        )

    def post(self, path: str, body: Any = None, *, token: str = TOKEN, **headers: str) -> TestResponse:
        """Tell, with the token."""
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        return self.app.test_client().post(
            path, data=raw, headers={"Authorization": f"Bearer {token}"} | _named(headers)
        )

    def command(self, lead: RecordKey, name: str, body: Any = None, **headers: str) -> TestResponse:
        """Give a command."""
        return self.post(f"{address(lead)}/{name}", body, **headers)

    # what stands where

    def waiting(self) -> int:
        """Deliveries that wait to be read."""
        with self.desk.store.read() as tx:
            return inbox.backlog(tx)


def address(lead: RecordKey) -> str:
    """Where a lead's record stands in the API."""
    return f"/api/v1/leads/{lead.connection}/{lead.object}/{lead.id}"


def event(object_id: int | str, number: int = 1, **more: Any) -> dict[str, Any]:
    """A change of a contact, as HubSpot tells it."""
    told = {
        "eventId": number,
        "subscriptionId": 3329277,
        "portalId": 62515,
        "occurredAt": 1_742_214_467_116,
        "subscriptionType": "contact.propertyChange",
        "propertyName": "email",
        "attemptNumber": 0,
        "objectId": int(object_id),
    }
    return told | more


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


LATER = timedelta(minutes=5, seconds=1)
