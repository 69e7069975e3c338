"""Forms and submissions, e-mail events, web events, marketing events and participations over HTTP."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.http import json_response
from connector.sandbox.hubspot.errors import PortalError, invalid
from connector.sandbox.hubspot.marketing import (
    MAX_EMAIL_EVENTS,
    MAX_SUBMISSIONS,
    MAX_WEB_EVENTS,
    Form,
    MarketingEvent,
)
from connector.sandbox.hubspot.routing import DATED, Registers, Routes
from connector.sandbox.hubspot.values import parse_moment, to_ms
from connector.sandbox.hubspot.wire import flag, names, number, paging


class MarketingRoutes(Routes):
    """/marketing, /form-integrations, /email/public/v1 and /events."""

    def register(self, app: Registers) -> None:
        """Register the marketing routes, legacy and dated."""
        app.route("GET", "/marketing/v3/forms", self.forms)
        app.route("GET", "/marketing/v3/forms/<form_id>", self.form)
        app.route("GET", "/form-integrations/v1/submissions/forms/<form_id>", self.submissions)
        app.route("GET", "/email/public/v1/events", self.email_events)
        dated = [f"/marketing/marketing-events/{version}" for version in DATED]
        for root in ("/marketing/v3/marketing-events", "/marketing/marketing-events/v3", *dated):
            app.route("GET", root, self.marketing_events)
            app.route("GET", f"{root}/participations/<event_id>/breakdown", self.participations)
            app.route("GET", f"{root}/participations/contacts/<contact>/breakdown", self.of_contact)
        app.route("GET", "/events/v3/events", self.web_events)
        app.route("GET", "/events/v3/events/event-types", self.event_types)
        for version in DATED:
            app.route("GET", f"/events/event-occurrences/{version}", self.web_events)
            app.route("GET", f"/events/event-occurrences/{version}/event-types", self.event_types)

    def forms(self, request: Request) -> Response:
        """Forms in the order they were made; only `hubspot` ones unless `formTypes` asks for others."""
        self.need(request, "forms")
        limit, after = number(request, "limit", 50, top=500), int(request.args.get("after", "0"))
        wanted = names(request, "formTypes") or ["hubspot"]
        archived = flag(request, "archived")
        found = [
            form
            for form in self.portal.marketing.forms.values()
            if form.archived is archived and (form.form_type in wanted or "all" in wanted)
        ]
        following = after + limit if after + limit < len(found) else None
        rows = [_form_row(form) for form in found[after : after + limit]]
        return json_response({"results": rows, **paging(following, request.path)})

    def form(self, request: Request, form_id: str) -> Response:
        """One form."""
        self.need(request, "forms")
        return json_response(_form_row(self.portal.marketing.form(form_id)))

    def submissions(self, request: Request, form_id: str) -> Response:
        """Submissions newest first, 50 at most. No contact id in them: the e-mail stands among the values."""
        self.need(request, "forms")
        limit = number(request, "limit", 20, top=MAX_SUBMISSIONS)
        with self.portal.world.lock:
            rows, after = self.portal.marketing.submissions(
                form_id, limit=limit, after=request.args.get("after") or None
            )
        return json_response({"results": rows, **paging(after, request.path)})

    def email_events(self, request: Request) -> Response:
        """E-mail events newest first, one type per call."""
        self.need(request, "content")
        args = request.args
        limit, offset = number(request, "limit", 10, top=MAX_EMAIL_EVENTS), int(args.get("offset") or 0)
        window = (int(args.get("startTimestamp", 0)), int(args.get("endTimestamp", 1 << 62)))
        with self.portal.world.lock:
            found = self.portal.marketing.emails(
                args.get("eventType"),
                window=window,
                recipient=args.get("recipient"),
                unfiltered=not flag(request, "excludeFilteredEvents"),
            )
        more = offset + limit < len(found)
        return json_response(
            {"hasMore": more, "offset": str(offset + limit), "events": found[offset : offset + limit]}
        )

    def web_events(self, request: Request) -> Response:
        """Page views and custom events; Enterprise only, 403 otherwise."""
        self.need(request, "business-intelligence")
        if self.portal.tier != "ENTERPRISE":
            raise PortalError(
                403, "MISSING_SCOPES", "Web analytics events require an Enterprise subscription."
            )
        args = request.args
        limit, after = number(request, "limit", 100, top=MAX_WEB_EVENTS), int(args.get("after") or 0)
        with self.portal.world.lock:
            found = self._web_events(request)
        if args.get("sort") != "occurredAt":
            found.reverse()
        following = after + limit if after + limit < len(found) else None
        return json_response({"results": found[after : after + limit], **paging(following, request.path)})

    def _web_events(self, request: Request) -> list[dict[str, Any]]:
        args = request.args
        start = _ms(args.get("occurredAfter"), 0)
        end = _ms(args.get("occurredBefore"), 1 << 62)
        type_, object_id = args.get("eventType"), args.get("objectId")
        return [
            event
            for event in self.portal.marketing.web_events.between(start, end)
            if type_ in (None, event["eventType"]) and object_id in (None, event["objectId"])
        ]

    def event_types(self, request: Request) -> Response:
        """Every event type, whether the portal may read it or not."""
        return json_response({"eventTypes": ["e_visited_page", "e_submitted_form", "e_clicked_cta"]})

    def marketing_events(self, request: Request) -> Response:
        """Marketing events in the order they were made."""
        self.need(request, "crm.objects.marketing_events.read")
        limit, after = number(request, "limit", 10, top=100), int(request.args.get("after", "0"))
        found = list(self.portal.marketing.marketing_events.values())
        following = after + limit if after + limit < len(found) else None
        rows = [_event_row(event) for event in found[after : after + limit]]
        return json_response({"results": rows, **paging(following, request.path)})

    def participations(self, request: Request, event_id: str) -> Response:
        """Who took part in one event; `state` and `contactIdentifier` narrow."""
        rows = self.portal.marketing.participations(event_id, request.args.get("state"))
        contact = request.args.get("contactIdentifier")
        return self._page(request, [row for row in rows if contact is None or _is(row, contact)])

    def of_contact(self, request: Request, contact: str) -> Response:
        """Every participation of one contact, by id or e-mail."""
        events = self.portal.marketing.marketing_events.values()
        rows = [row for event in events for row in event.participations if _is(row, contact)]
        return self._page(request, rows)

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> Response:
        self.need(request, "crm.objects.marketing_events.read")
        limit, after = number(request, "limit", 10, top=100), int(request.args.get("after", "0"))
        following = after + limit if after + limit < len(rows) else None
        page = rows[after : after + limit]
        return json_response({"total": len(rows), "results": page, **paging(following, request.path)})


def _is(row: dict[str, Any], contact: str) -> bool:
    return contact in (row["associations"]["contact"]["contactId"], row["associations"]["contact"]["email"])


def _ms(text: str | None, default: int) -> int:
    if text is None:
        return default
    try:
        return to_ms(parse_moment(text))
    except ValueError as exc:
        raise invalid(f"{text!r} is not a valid date-time") from exc


def _form_row(form: Form) -> dict[str, Any]:
    return {
        "id": form.id,
        "name": form.name,
        "formType": form.form_type,
        "createdAt": form.created_at,
        "updatedAt": form.created_at,
        "archived": form.archived,
        "fieldGroups": [],
        "configuration": {"language": "en"},
        "displayOptions": {"theme": "default_style", "submitButtonText": "Submit"},
    }


def _event_row(event: MarketingEvent) -> dict[str, Any]:
    states = [row["properties"]["attendanceState"] for row in event.participations]
    return {
        "objectId": event.id,
        "eventName": event.name,
        "eventType": event.event_type,
        "eventOrganizer": event.organizer,
        "startDateTime": event.start,
        "endDateTime": event.end,
        "eventUrl": event.url,
        "eventCancelled": False,
        "eventCompleted": False,
        "registrants": states.count("REGISTERED"),
        "attendees": states.count("ATTENDED"),
        "cancellations": states.count("CANCELLED"),
        "noShows": states.count("NO_SHOW"),
        "customProperties": [],
        "createdAt": event.created_at,
        "updatedAt": event.created_at,
    }
