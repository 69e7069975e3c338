"""Webhooks out: subscriptions, batches, signatures, retries. State and deliveries; the socket comes in by argument."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from connector.sandbox.hubspot.catalog import BY_NAME, ObjectType
from connector.sandbox.hubspot.records import Moment, Source
from connector.sandbox.hubspot.values import to_ms
from connector.sandbox.world import World

BATCH_LIMIT = 100
MAX_ATTEMPTS = 11
"""The first delivery and ten more over 24 hours (HubSpot's webhooks page)."""
RETRY_SECONDS = (60, 180, 600, 1_800, 3_600, 7_200, 10_800, 14_400, 18_000, 25_200)
UNSUBSCRIBABLE = frozenset({"num_unique_conversion_events", "hs_lastmodifieddate", "lastmodifieddate"})
_DECODED = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """One POST that the portal wants delivered."""

    url: str
    headers: dict[str, str]
    body: bytes


Deliver = Callable[[OutgoingRequest], int]
"""Sends a request and returns the status; 0 stands for no answer at all."""


def signature_v1(secret: str, body: bytes) -> str:
    """Hex SHA-256 of secret and body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def signature_v2(secret: str, method: str, url: str, body: bytes) -> str:
    """Hex SHA-256 of secret, method, URL and body: workflow actions carry it."""
    return hashlib.sha256(f"{secret}{method}{url}".encode() + body).hexdigest()


def signature_v3(secret: str, method: str, url: str, *, body: bytes, timestamp: str) -> str:
    """Base64 HMAC-SHA-256 over method, URL with some escapes undone, body and the epoch in milliseconds."""
    decoded = re.sub("|".join(_DECODED), lambda hit: _DECODED[hit[0].upper()], url, flags=re.IGNORECASE)
    message = f"{method}{decoded}".encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


@dataclass(slots=True)
class Subscription:
    """One event type to be told of: `contact.creation`, `object.propertyChange`... `property` for changes only."""

    id: int
    event_type: str
    property_name: str | None = None
    object_type_id: str | None = None
    active: bool = True


@dataclass(slots=True)
class WebhookSettings:
    """Where to deliver and how badly: `duplicate_every` n sends each n-th event twice, `shuffle` mixes their order."""

    app_id: int = 9_393_361
    secret: str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"  # signs for the sandbox only
    target_url: str | None = None
    max_batch: int = BATCH_LIMIT
    duplicate_every: int = 0
    shuffle: bool = False


@dataclass(slots=True)
class _Batch:
    events: list[dict[str, Any]]
    due_ms: int
    attempt: int = 0


class Webhooks:
    """Events waiting and being retried. `pump` delivers what is due at the present sandbox time."""

    def __init__(self, world: World, portal_id: int) -> None:
        self._world = world
        self._portal_id = portal_id
        self.settings = WebhookSettings()
        self.subscriptions: list[Subscription] = []
        self._waiting: list[tuple[int, dict[str, Any]]] = []
        self._retries: list[_Batch] = []
        self.abandoned = 0
        self._next_event = 1_431_776_900
        self._seen = 0

    def subscribe(
        self, event_type: str, *, property_name: str | None = None, object_type_id: str | None = None
    ) -> Subscription:
        """Ask for events. ValueError for what HubSpot cannot subscribe to."""
        if property_name in UNSUBSCRIBABLE:
            raise ValueError(f"cannot subscribe to changes of {property_name}")
        if event_type.endswith(".propertyChange") != (property_name is not None):
            raise ValueError(f"{event_type} and property {property_name} do not go together")
        made = Subscription(3_329_277 + len(self.subscriptions), event_type, property_name, object_type_id)
        self.subscriptions.append(made)
        return made

    def note(
        self,
        kind: ObjectType,
        what: str,
        key: int,
        *,
        moment: Moment,
        source: Source,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Queue one event of a record for every subscription that wants it."""
        if not self.subscriptions or self.settings.target_url is None:
            return
        body: dict[str, Any] = {"objectId": key, **(extra or {})}
        if what in ("creation", "deletion"):
            body["changeFlag"] = "CREATED" if what == "creation" else "DELETED"
        for found in self.subscriptions:
            if found.active and self._wants(found, kind, what) and _same_property(found, body):
                self._queue(found, kind, body, moment=moment, source=source)

    @staticmethod
    def _wants(found: Subscription, kind: ObjectType, what: str) -> bool:
        prefix, _, event = found.event_type.partition(".")
        if event != what:
            return False
        if prefix == "object":
            return found.object_type_id in (None, kind.type_id)
        return prefix == kind.event_prefix

    def changed(
        self, kind: ObjectType, key: int, change: tuple[str, str], *, moment: Moment, source: Source
    ) -> None:
        """Queue a property change."""
        extra = {"propertyName": change[0], "propertyValue": change[1]}
        self.note(kind, "propertyChange", key, moment=moment, source=source, extra=extra)

    def linked(
        self,
        left: tuple[str, int],
        right: tuple[str, int],
        type_id: int,
        *,
        removed: bool,
        moment: Moment,
        source: Source,
    ) -> None:
        """Queue an association change, seen from both sides."""
        for one, other in ((left, right), (right, left)):
            kind, target = BY_NAME[one[0]], BY_NAME[other[0]]
            extra = {
                "associationType": f"{kind.singular}_to_{target.singular}".upper(),
                "fromObjectId": one[1],
                "toObjectId": other[1],
                "fromObjectTypeId": kind.type_id,
                "toObjectTypeId": target.type_id,
                "associationTypeId": type_id,
                "associationRemoved": removed,
                "isPrimaryAssociation": type_id in (1, 2, 5, 6, 578, 579),
            }
            self.note(kind, "associationChange", one[1], moment=moment, source=source, extra=extra)

    def _queue(
        self,
        found: Subscription,
        kind: ObjectType,
        body: Mapping[str, Any],
        *,
        moment: Moment,
        source: Source,
    ) -> None:
        self._next_event += 1
        event = {
            "eventId": self._next_event,
            "subscriptionId": found.id,
            "portalId": self._portal_id,
            "appId": self.settings.app_id,
            "occurredAt": moment.ms,
            "subscriptionType": found.event_type,
            "attemptNumber": 0,
            **body,
            "changeSource": source.kind,
            "sourceId": source.id,
        }
        if found.event_type.startswith("object."):
            event |= {"objectTypeId": kind.type_id, "isSensitive": False}
        self._waiting.append((moment.visible_ms, event))

    @property
    def pending(self) -> int:
        """Events not yet taken by the receiver nor given up."""
        return len(self._waiting) + sum(len(batch.events) for batch in self._retries)

    def pump(self, deliver: Deliver) -> int:
        """Deliver every batch that is due; returns how many the receiver took. Sends outside the world's lock."""
        with self._world.lock:
            batches = self._due()
        taken = 0
        for batch in batches:
            status = deliver(self._request(batch))
            if 200 <= status < 300:
                taken += 1
            else:
                self._retry(batch)
        return taken

    def _due(self) -> list[_Batch]:
        now = to_ms(self._world.clock.now())
        due = [event for at, event in self._waiting if at <= now]
        self._waiting = [(at, event) for at, event in self._waiting if at > now]
        due = self._worsen(due)
        size = min(self.settings.max_batch, BATCH_LIMIT)
        batches = [_Batch(due[i : i + size], now) for i in range(0, len(due), size)]
        batches = [batch for batch in self._retries if batch.due_ms <= now] + batches
        self._retries = [batch for batch in self._retries if batch.due_ms > now]
        return batches

    def _worsen(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        for event in events:
            self._seen += 1
            again = self.settings.duplicate_every and self._seen % self.settings.duplicate_every == 0
            sent.extend((event, dict(event)) if again else (event,))
        if self.settings.shuffle:
            self._world.rng.shuffle(sent)
        return sent

    def _request(self, batch: _Batch) -> OutgoingRequest:
        url, secret = self.settings.target_url or "", self.settings.secret
        body = orjson.dumps([{**event, "attemptNumber": batch.attempt} for event in batch.events])
        timestamp = str(to_ms(self._world.clock.now()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/) (namespace: webhooks-nio-http-client)",
            "X-HubSpot-Signature": signature_v1(secret, body),
            "X-HubSpot-Signature-Version": "v1",
            "X-HubSpot-Signature-v3": signature_v3(secret, "POST", url, body=body, timestamp=timestamp),
            "X-HubSpot-Request-Timestamp": timestamp,
        }
        return OutgoingRequest(url, headers, body)

    def _retry(self, batch: _Batch) -> None:
        with self._world.lock:
            batch.attempt += 1
            if batch.attempt >= MAX_ATTEMPTS:
                self.abandoned += len(batch.events)
                return
            wait = RETRY_SECONDS[batch.attempt - 1] * (0.8 + 0.4 * self._world.rng.random())
            batch.due_ms = to_ms(self._world.clock.now()) + int(wait * 1000)
            self._retries.append(batch)

    def snapshot(self) -> dict[str, Any]:
        """Settings, subscriptions and what waits, JSON-able."""
        with self._world.lock:
            return {
                "settings": asdict(self.settings),
                "subscriptions": [asdict(found) for found in self.subscriptions],
                "waiting": [[at, event] for at, event in self._waiting],
                "retries": [asdict(batch) for batch in self._retries],
                "next_event": self._next_event,
                "seen": self._seen,
            }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Become what `snapshot` returned."""
        self.settings = WebhookSettings(**saved["settings"])
        self.subscriptions = [Subscription(**found) for found in saved["subscriptions"]]
        self._waiting = [(at, event) for at, event in saved["waiting"]]
        self._retries = [_Batch(**batch) for batch in saved["retries"]]
        self._next_event, self._seen = saved["next_event"], saved["seen"]


def _same_property(found: Subscription, body: Mapping[str, Any]) -> bool:
    return found.property_name is None or found.property_name == body.get("propertyName")


def post(request: OutgoingRequest) -> int:
    """Deliver over the network with HubSpot's five-second limit; 0 when there is no answer."""
    import urllib3

    if urlsplit(request.url).hostname is None:
        return 0
    try:
        answer = urllib3.request(
            "POST", request.url, body=request.body, headers=request.headers, timeout=5.0, retries=False
        )
    except urllib3.exceptions.HTTPError:
        return 0
    return answer.status
