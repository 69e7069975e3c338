"""Outbound messages: SOAP notifications about changed records, sent until acknowledged or a day old."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import urllib3

from connector.sandbox.salesforce.table import Row

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org

MOST_PER_MESSAGE = 100
FIRST_RETRY = timedelta(seconds=15)
LONGEST_RETRY = timedelta(hours=2)
LIFE = timedelta(hours=24)
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """One HTTP POST that the org makes."""

    url: str
    headers: dict[str, str]
    body: bytes


Deliver = Callable[[OutgoingCall], tuple[int, bytes]]
"""Makes the call and returns status and body of the answer; a call that cannot be made is status 0."""


def post(call: OutgoingCall) -> tuple[int, bytes]:
    """Make the call for real, with five seconds' patience and no retry of its own."""
    try:
        timeout = urllib3.Timeout(total=5.0)
        answer = urllib3.request(
            "POST",
            call.url,
            body=call.body,
            headers=call.headers,
            timeout=timeout,
            retries=False,
            redirect=False,
        )
    except urllib3.exceptions.HTTPError:
        return 0, b""
    return answer.status, answer.data


@dataclass(slots=True)
class Subscription:
    """Which object's changes go where. `when` limits it to changes of these fields (None: any, creates included)."""

    object_name: str
    fields: tuple[str, ...]
    url: str
    when: tuple[str, ...] | None = None
    action_id: str = ""
    muted_users: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Notice:
    """One notification in the queue: the record to be told about, not its values, which are read when it is sent."""

    notice_id: str
    record_id: str
    subscription: int
    made: datetime
    due: datetime
    attempts: int = 0


class Outbound:
    """The queue of one org. Nothing is sent before `pump`; times are the sandbox's."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.subscriptions: list[Subscription] = []
        self.queue: list[Notice] = []
        self.failed: list[Notice] = []

    def subscribe(self, subscription: Subscription) -> Subscription:
        """Add a subscription and give it its action id."""
        subscription.action_id = self._org.ids.next("04k")
        self.subscriptions.append(subscription)
        return subscription

    def note(self, object_name: str, old: Row | None, row: Row, user_id: str) -> None:
        """Queue a notification for every subscription that this change concerns."""
        now = self._org.world.clock.now()
        for number, subscription in enumerate(self.subscriptions):
            if subscription.object_name != object_name or user_id in subscription.muted_users:
                continue
            watched = subscription.when
            if watched is None or old is None or any(old.get(f) != row.get(f) for f in watched):
                self.queue.append(Notice(self._org.ids.next("04l"), row["Id"], number, now, now))

    def mark(self) -> int:
        """The queue's length, to go back to with `undo`."""
        return len(self.queue)

    def undo(self, mark: int) -> None:
        """Drop what was queued after the mark: its writes were taken back."""
        del self.queue[mark:]

    def pump(self, deliver: Deliver = post) -> int:
        """Send what is due; returns how many notifications were acknowledged."""
        with self._org.world.lock:
            now = self._org.world.clock.now()
            self.failed += [notice for notice in self.queue if now - notice.made >= LIFE]
            self.queue = [notice for notice in self.queue if now - notice.made < LIFE]
            batches = [(n, self.message(n)) for n in self._batches(now)]
        done = 0
        for batch, call in batches:
            status, body = deliver(call)
            done += self._settle(batch, acknowledged=is_ack(status, body))
        return done

    def _batches(self, now: datetime) -> Iterable[list[Notice]]:
        due = [notice for notice in self.queue if notice.due <= now]
        if self._org.world.switches.salesforce_outbound_disorder:
            due.reverse()
        for number in range(len(self.subscriptions)):
            mine = [notice for notice in due if notice.subscription == number]
            if self._org.world.switches.salesforce_outbound_duplicates:
                mine = [notice for notice in mine for _ in range(2)]
            for start in range(0, len(mine), MOST_PER_MESSAGE):
                yield mine[start : start + MOST_PER_MESSAGE]

    def _settle(self, batch: list[Notice], *, acknowledged: bool) -> int:
        with self._org.world.lock:
            ids = {notice.notice_id for notice in batch}
            if acknowledged:
                self.queue = [notice for notice in self.queue if notice.notice_id not in ids]
                return len(ids)
            now = self._org.world.clock.now()
            for notice in self.queue:
                if notice.notice_id in ids:
                    wait = min(FIRST_RETRY * 2 ** min(notice.attempts, 20), LONGEST_RETRY)
                    notice.attempts += 1
                    notice.due = now + wait
            return 0

    def message(self, notices: list[Notice]) -> OutgoingCall:
        """The SOAP message for these notices of one subscription, with the records as they are now."""
        subscription = self.subscriptions[notices[0].subscription]
        org_id = self._org.org_id
        address = f"https://sandbox.my.salesforce.com/services/Soap/{{}}/67.0/{org_id[:15]}"
        inside = "".join(self._notification(subscription, notice) for notice in notices)
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f'<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
            '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
            f"<OrganizationId>{org_id}</OrganizationId><ActionId>{subscription.action_id}</ActionId>"
            f'<SessionId xsi:nil="true"/><EnterpriseUrl>{address.format("c")}</EnterpriseUrl>'
            f"<PartnerUrl>{address.format('u')}</PartnerUrl>{inside}"
            "</notifications></soapenv:Body></soapenv:Envelope>"
        )
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        return OutgoingCall(subscription.url, headers, body.encode())

    def _notification(self, subscription: Subscription, notice: Notice) -> str:
        row = self._org.tables[subscription.object_name].rows.get(notice.record_id, {})
        shown = {} if row.get("IsDeleted") else row
        names = ("Id", *sorted(name for name in subscription.fields if name != "Id"))
        values = "".join(_element(name, shown[name]) for name in names if shown.get(name) is not None)
        return (
            f"<Notification><Id>{notice.notice_id}</Id>"
            f'<sObject xsi:type="sf:{subscription.object_name}" '
            'xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
            f"{values}</sObject></Notification>"
        )

    def snapshot(self) -> dict[str, Any]:
        """Subscriptions and queue as JSON."""
        return {
            "subscriptions": [
                {**asdict(s), "muted_users": sorted(s.muted_users)} for s in self.subscriptions
            ],
            "queue": [_notice_out(notice) for notice in self.queue],
            "failed": [_notice_out(notice) for notice in self.failed],
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take over what `snapshot` gave."""
        self.subscriptions = [_subscription_in(entry) for entry in saved["subscriptions"]]
        self.queue = [_notice_in(entry) for entry in saved["queue"]]
        self.failed = [_notice_in(entry) for entry in saved["failed"]]


def is_ack(status: int, body: bytes) -> bool:
    """Whether an answer acknowledges: 200 with Ack true in a notificationsResponse; anything else means again."""
    text = body.decode("utf-8", "replace")
    return status == 200 and "notificationsResponse" in text and "Ack>true</" in text.replace(" ", "")


def _element(name: str, value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if text.endswith(".000+0000"):
        text = text.removesuffix("+0000") + "Z"
    return f"<sf:{name}>{escape(text)}</sf:{name}>"


def _subscription_in(entry: dict[str, Any]) -> Subscription:
    when = entry["when"]
    return Subscription(
        entry["object_name"],
        tuple(entry["fields"]),
        entry["url"],
        when=None if when is None else tuple(when),
        action_id=entry["action_id"],
        muted_users=set(entry["muted_users"]),
    )


def _notice_out(notice: Notice) -> dict[str, Any]:
    return {**asdict(notice), "made": notice.made.isoformat(), "due": notice.due.isoformat()}


def _notice_in(entry: dict[str, Any]) -> Notice:
    times = {name: datetime.fromisoformat(entry[name]) for name in ("made", "due")}
    return Notice(**{**entry, **times})
