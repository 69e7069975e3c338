"""What people and visitors do in a portal: link records, log activities, fill in forms, open mail, view pages, attend.

On top of the record store; each act leaves the traces that HubSpot would leave. No HTTP here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.hubspot.associations import Link
from connector.sandbox.hubspot.catalog import ACTIVITIES
from connector.sandbox.hubspot.drafts import PERSON, kind_of
from connector.sandbox.hubspot.errors import invalid
from connector.sandbox.hubspot.marketing import ATTENDANCE, Form, Marketing, MarketingEvent
from connector.sandbox.hubspot.merging import MergingStore
from connector.sandbox.hubspot.records import Record, Source
from connector.sandbox.hubspot.values import iso, iso_of_ms, to_ms
from connector.sandbox.world import World


class ActingStore(MergingStore):
    """A record store with marketing around it, in which things happen."""

    def __init__(self, world: World, *, portal_id: int) -> None:
        super().__init__(world, portal_id=portal_id)
        self.marketing = Marketing()

    def associate(
        self,
        left: tuple[str, str],
        right: tuple[str, str],
        *,
        type_id: int | None = None,
        source: Source = PERSON,
    ) -> None:
        """Associate two existing records, given as (object type, id); no stamp moves."""
        with self.world.lock:
            one, other = self._ends(left, right)
            self.link(one, other, type_id, moment=self.moment(), source=source)

    def dissociate(
        self,
        left: tuple[str, str],
        right: tuple[str, str],
        *,
        type_ids: tuple[int, ...] = (),
        source: Source = PERSON,
    ) -> None:
        """Remove association types between two records; without any, the whole link. No stamp moves."""
        with self.world.lock:
            one, other = self._ends(left, right)
            labels = self.associations.default(one[0], other[0])
            if self.associations.part(one, other, type_ids):
                self.forget_primary(one, other)
                self.drop_orphans(end[1] for end in (one, other) if end[0] == "leads")
                type_id = type_ids[0] if type_ids else labels.type_id
                self.webhooks.linked(one, other, type_id, removed=True, moment=self.moment(), source=source)

    def _ends(self, left: tuple[str, str], right: tuple[str, str]) -> tuple[tuple[str, int], tuple[str, int]]:
        one, other = self.get(*left), self.get(*right)
        return (kind_of(left[0]).name, one.key), (kind_of(right[0]).name, other.key)

    def associated(self, object_type: str, id_: str, to_type: str) -> list[str]:
        """Ids associated with a record, ascending."""
        with self.world.lock:
            keys = self.associations.ids(kind_of(object_type).name, int(id_), kind_of(to_type).name)
            return [str(key) for key in keys]

    def log_activity(
        self,
        kind: str,
        contact_id: str,
        properties: Mapping[str, Any],
        *,
        source: Source = PERSON,
        late: timedelta | None = None,
    ) -> Record:
        """A note, call, e-mail, meeting, task or communication on a contact, whose notes_last_* follow."""
        with self.world.lock:
            name = kind_of(kind).name
            if name not in ACTIVITIES:
                raise invalid(f"{kind} is not an activity")
            now = iso(self.world.clock.now())
            filled = {"hs_timestamp": now, **properties}
            links = [Link("contacts", contact_id)]
            made = self.create(name, filled, associations=links, source=source, late=late)
            facts = {"notes_last_updated": now}
            if name not in ("notes", "tasks"):
                facts["notes_last_contacted"] = made.properties["hs_timestamp"]
                stored = self.get("contacts", contact_id).properties.get("num_contacted_notes", "0")
                facts["num_contacted_notes"] = str(int(stored) + 1)
            if made.properties.get("hs_email_direction") == "INCOMING_EMAIL":
                facts["hs_sales_email_last_replied"] = made.properties["hs_timestamp"]
            self.calculate("contacts", contact_id, facts, late=late)
            return made

    # marketing

    def add_form(self, name: str, *, form_type: str = "hubspot") -> Form:
        """A form that visitors can fill in."""
        with self.world.lock:
            form = Form(self.marketing.uuid(), name, form_type, iso(self.world.clock.now()))
            self.marketing.forms[form.id] = form
            return form

    def submit_form(
        self, form_id: str, values: Mapping[str, str], *, page_url: str = "", at: datetime | None = None
    ) -> dict[str, Any]:
        """A submission; with an e-mail it makes or updates the contact. The answer of the API names no contact."""
        with self.world.lock:
            form, when = self.marketing.form(form_id), at or self.world.clock.now()
            submission = {
                "conversionId": self.marketing.uuid(),
                "submittedAt": to_ms(when),
                "values": [
                    {"name": name, "value": value, "objectTypeId": "0-1"} for name, value in values.items()
                ],
                "pageUrl": page_url,
            }
            form.submissions.append(submission)
            form.submissions.sort(key=lambda row: int(row["submittedAt"]))
            if values.get("email"):
                self._convert(form, values, iso(when))
            return submission

    def _convert(self, form: Form, values: Mapping[str, str], stamp: str) -> None:
        schema = self.schemas["contacts"]
        known = {k: v for k, v in values.items() if schema.known(k) and k not in schema.read_only}
        source = Source("FORM", form.id, form.name)
        contact, _ = self.upsert("contacts", "email", known, source=source)
        count = int(contact.properties.get("num_conversion_events", "0")) + 1
        title = f"Landing page: {form.name}"
        facts = {
            "recent_conversion_event_name": title,
            "recent_conversion_date": stamp,
            "num_conversion_events": count,
        }
        if count == 1:
            facts |= {"first_conversion_event_name": title, "first_conversion_date": stamp}
        self.calculate("contacts", contact.id, facts)

    def add_marketing_event(
        self, name: str, *, start: datetime, end: datetime, event_type: str = "WEBINAR"
    ) -> MarketingEvent:
        """An event whose participants can be recorded."""
        with self.world.lock:
            id_ = str(400_000_000 + self.marketing.serial())
            event = MarketingEvent(
                id_, name, iso(start), iso(end), event_type, created_at=iso(self.world.clock.now())
            )
            self.marketing.marketing_events[id_] = event
            return event

    def participate(
        self, event_id: str, contact_id: str, state: str, *, at: datetime | None = None, minutes: int = 0
    ) -> dict[str, Any]:
        """Record REGISTERED, ATTENDED, CANCELLED or NO_SHOW of a contact."""
        with self.world.lock:
            if state not in ATTENDANCE:
                raise invalid(f"Invalid state {state}")
            event, contact = self.marketing.event(event_id), self.get("contacts", contact_id)
            when = at or self.world.clock.now()
            row = {
                "id": str(self.marketing.serial()),
                "createdAt": iso(when),
                "properties": {
                    "occurredAt": to_ms(when),
                    "attendanceState": state,
                    "attendanceDurationSeconds": minutes * 60,
                    "attendancePercentage": None,
                },
                "associations": {
                    "contact": {"contactId": contact.id, "email": contact.properties.get("email")},
                    "marketingEvent": {"marketingEventId": event.id, "name": event.name},
                },
            }
            event.participations.append(row)
            return row

    def email_event(
        self,
        event_type: str,
        recipient: str,
        *,
        at: datetime | None = None,
        subject: str = "",
        url: str | None = None,
        filtered: bool = False,
    ) -> dict[str, Any]:
        """A marketing e-mail's fate; the recipient's hs_email_* counters follow unless it is filtered (a bot)."""
        with self.world.lock:
            ms = to_ms(at or self.world.clock.now())
            event: dict[str, Any] = {
                "id": self.marketing.uuid(),
                "created": ms,
                "type": event_type,
                "recipient": recipient,
                "portalId": self.portal_id,
                "appId": 113,
                "appName": "Batch",
                "emailCampaignId": 7_000_001,
                "subject": subject,
                "filteredEvent": filtered,
            }
            if url is not None:
                event["url"] = url
            self.marketing.email_events.add(ms, event)
            holder = self.shelves["contacts"].holder("email", recipient)
            if holder is not None and not filtered:
                self._count_email(str(holder), event_type, iso_of_ms(ms))
            return event

    def _count_email(self, contact_id: str, event_type: str, stamp: str) -> None:
        names = {
            "DELIVERED": "delivered",
            "OPEN": "open",
            "CLICK": "click",
            "REPLY": "replied",
            "BOUNCE": "bounce",
        }
        name = names.get(event_type)
        if name is None:
            return
        stored = self.get("contacts", contact_id).properties.get(f"hs_email_{name}", "0")
        facts: dict[str, Any] = {f"hs_email_{name}": int(stored) + 1}
        dated = {"DELIVERED": "send", "OPEN": "open", "CLICK": "click", "REPLY": "reply"}.get(event_type)
        if dated:
            facts[f"hs_email_last_{dated}_date"] = stamp
        self.calculate("contacts", contact_id, facts)

    def page_view(
        self, contact_id: str, url: str, *, at: datetime | None = None, title: str = ""
    ) -> dict[str, Any]:
        """A tracked visit: a web event (readable at Enterprise only) and the contact's hs_analytics_* history."""
        with self.world.lock:
            when = at or self.world.clock.now()
            contact = self.get("contacts", contact_id)
            event = {
                "id": self.marketing.uuid(),
                "eventType": "e_visited_page",
                "objectType": "CONTACT",
                "objectId": contact.id,
                "occurredAt": iso(when),
                "properties": {"hs_url": url, "hs_title": title},
            }
            self.marketing.web_events.add(to_ms(when), event)
            views = int(contact.properties.get("hs_analytics_num_page_views", "0")) + 1
            facts = {
                "hs_analytics_num_page_views": views,
                "hs_analytics_last_url": url,
                "hs_analytics_last_timestamp": iso(when),
                "hs_analytics_last_visit_timestamp": iso(when),
            }
            if views == 1:
                facts |= {"hs_analytics_first_url": url, "hs_analytics_first_timestamp": iso(when)}
            self.calculate("contacts", contact.id, facts)
            return event
