"""Receives webhooks: verified, stored once, answered; read later. A hint only: what it says is not believed, the record is
read again, so that order, repeats and losses do not matter."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import orjson
from apiflask import APIBlueprint
from flask import Response, request

from connector import logs
from connector.settings import ConnectionSettings
from connector.store import inbox
from connector.store.inbox import Delivery
from connector.sync.inbox import HUBSPOT_EVENTS, RECORDS
from webhooks.callers import signed_by
from webhooks.doors import SYNC, doors, secrets_of
from webhooks.outbound import ACK, MalformedMessageError, Notification, parse
from webhooks.problems import RefusedError

MOST_EVENTS = 1000
"""Events of one delivery. HubSpot sends a hundred at most."""

_SAME = (
    "portalId", "subscriptionId", "eventId", "occurredAt", "subscriptionType", "eventTypeId", "objectTypeId", "objectId",
    "propertyName", "primaryObjectId", "mergedObjectIds", "fromObjectId", "toObjectId", "associationType",
)  # fmt: skip
"""What makes two events the same. HubSpot's event id alone is not unique; the number of the attempt is left out."""

_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

receivers = APIBlueprint("receivers", __name__, url_prefix="/webhooks", enable_openapi=False)


@receivers.post("/hubspot/<connection>")
def hubspot(connection: str) -> Response:
    """Events of a HubSpot app, signed v3."""
    door = doors()
    settings = door.connection(connection, "hubspot")
    if settings is None:
        raise RefusedError(404, "not_found")
    signed_by(door, [settings])
    events = _events(request.get_data(), settings)
    stored = _store(
        Delivery(connection, HUBSPOT_EVENTS, _event_key(connection, event), orjson.dumps([event]))
        for event in events
    )
    logs.log().info("webhook_received", connection=connection, events=len(events), new=stored)
    return Response(status=200)


def _events(body: bytes, settings: ConnectionSettings) -> list[dict[str, Any]]:
    try:
        events = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise RefusedError(400, "broken_json") from exc
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise RefusedError(400, "no_events")
    if len(events) > MOST_EVENTS:
        raise RefusedError(413, "too_many_events", limit=MOST_EVENTS)
    portal = settings.organization_id
    if portal and any(str(event.get("portalId", portal)) != portal for event in events):
        raise RefusedError(403, "wrong_organization")
    return events


def _event_key(connection: str, event: Mapping[str, Any]) -> str:
    told = orjson.dumps([event.get(name) for name in _SAME])
    return f"hubspot:{connection}:{sha256(told).hexdigest()}"


@receivers.post("/salesforce/<connection>/<secret>")
def salesforce(connection: str, secret: str) -> Response:
    """An outbound message of a Salesforce org. Its address holds the secret: Salesforce signs nothing and sends no
    session. Anything but an acknowledgement lets it send the message again."""
    settings = doors().connection(connection, "salesforce")
    given = secret.encode("utf-8", "replace")
    known = secrets_of(settings) if settings else ()
    if not [True for one in known if hmac.compare_digest(one.encode(), given)]:
        raise RefusedError(404, "not_found")
    try:
        message = parse(request.get_data())
    except MalformedMessageError as exc:
        raise RefusedError(400, "malformed_message") from exc
    own = settings.organization_id if settings else ""
    if own and own[:15] != message.organization_id[:15]:
        # The first 15 characters say which org it is; the other three only make them safe to fold.
        raise RefusedError(403, "wrong_organization")
    stored = _store(_hint(connection, one) for one in message.notifications)
    count = len(message.notifications)
    logs.log().info("webhook_received", connection=connection, events=count, new=stored)
    return Response(ACK, content_type="text/xml; charset=utf-8")


def _hint(connection: str, one: Notification) -> Delivery:
    body = orjson.dumps([{"object": one.object, "id": long_id(one.record_id)}])
    return Delivery(connection, RECORDS, f"salesforce:{connection}:{one.id[:15]}", body)


def long_id(id_: str) -> str:
    """The 18-character form of a Salesforce id: each of the last three says which of five characters are capitals."""
    if len(id_) != 15 or not id_.isascii():
        return id_
    parts = (id_[start : start + 5] for start in (0, 5, 10))
    return id_ + "".join(_SUFFIX[sum(1 << n for n, c in enumerate(part) if c.isupper())] for part in parts)


def _store(deliveries: Iterable[Delivery]) -> int:
    """Store what is new, in one transaction; ring only after it is committed. Gives how many were new."""
    door = doors()
    now = door.engine.now()
    with door.engine.store.begin() as tx:
        new = sum(inbox.receive(tx, delivery, at=now) for delivery in deliveries)
    if new:
        door.ring(SYNC)
    return new
