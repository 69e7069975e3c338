"""Reads activity streams of a portal, page by page, and remembers which of them the portal refuses: what a system does not
show must never look like people who did nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from connector.errors import AccessDeniedError, RecordGoneError
from connector.hubspot import traces
from connector.hubspot.client import HubSpotClient
from connector.hubspot.engagements import ENGAGEMENTS, activity_of, properties_of
from connector.hubspot.reader import Raw, Reader, Want, to_ms
from connector.hubspot.translate import moment, within
from connector.ports import ActivityPage, Window
from mappings.records import Activity, RecordKey

STREAMS = (*ENGAGEMENTS, "page_views", "forms", "conversions", "email_events", "marketing_events")

KINDS = {
    "emails": ("email_reply", "message"),
    "calls": ("call",),
    "meetings": ("meeting",),
    "notes": ("note",),
    "communications": ("message",),
    "tasks": ("task",),
    "page_views": ("page_view", "visit"),
    "forms": ("form", "demo_request", "subscription", "download"),
    "email_events": ("email_open", "email_click"),
    "marketing_events": ("event", "webinar"),
}
"""Which activity kinds a stream is the source of. `chat` has none: the inbox is not read."""

_PAGE = "e_visited_page"
_WEB = "web:"

_PARTIAL = {
    "page_view": "history",  # about 45 versions per contact, pages inside one visit may be missing
    "visit": "history",
    "message": "logged_only",
    "email_open": "unreliable",  # privacy proxies open mails by themselves
}
FIRST_EMAIL_DAYS = 90
EMAIL_CHUNK, EMAIL_LONGEST = timedelta(days=1), timedelta(days=180)
"""Of one answer's worth of events so much is asked for at a time: a stretch of a day is read page by page."""
EMAIL_BEGUN = timedelta(days=4)
EMAIL_PAGE = 1_000
SUBMISSION_PAGE = 50
EVENT_BEFORE, EVENT_AFTER = timedelta(days=60), timedelta(days=14)
"""Participation is read again from so long before an event to so long after: it has no time of change to search by."""

Raws = Iterator[tuple[Sequence[Raw], str | None]]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Where reading e-mail events stands: the number of the type, from when, and for how long at a time."""

    kind: int
    begin: datetime
    span: timedelta = EMAIL_BEGUN

    def __str__(self) -> str:
        return f"{self.kind}|{to_ms(self.begin)}|{int(self.span.total_seconds())}"

    @classmethod
    def parse(cls, place: str) -> _Stretch | None:
        """None where the place is none of ours: the type is read from its beginning, which adds nothing twice."""
        kind, _, rest = place.partition("|")
        begin, _, span = rest.partition("|")
        if not (kind.isdigit() and begin.isdigit() and span.isdigit()):
            return None
        return cls(int(kind), datetime.fromtimestamp(int(begin) / 1000, UTC), timedelta(seconds=int(span)))


class Streams:
    """The activity streams of one portal. `coverage` grows as streams are read."""

    def __init__(self, client: HubSpotClient, reader: Reader, *, unavailable: Sequence[str] = ()) -> None:
        self._client = client
        self._reader = reader
        self._refused: dict[str, str] = dict.fromkeys(unavailable, "not_in_edition")
        self._read: set[str] = set()
        self._web: bool | None = None
        self._connection = client.connection

    def read(self, stream: str, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """Pages of one stream. One that the portal refuses ends at once, and its refusal is remembered with its reason."""
        if stream not in STREAMS:
            raise ValueError(f"HubSpot has no activity stream {stream!r}")
        if self._refused.get(stream) == "not_in_edition":
            return
        try:
            yield from self._source(stream)(window, learned_at)
        except AccessDeniedError as refused:
            if refused.status != 403:
                raise
            self._refused[stream] = refused.code or "MISSING_SCOPES"
            return
        self._refused.pop(stream, None)
        self._read.add(stream)

    def coverage(self) -> dict[str, tuple[str, str]]:
        """Kind → (full | partial | none, reason)."""
        found: dict[str, tuple[str, str]] = {"chat": ("none", "not_read")}
        for stream, kinds in KINDS.items():
            for kind in kinds:
                if stream in self._refused:
                    degree = ("none", self._refused[stream])
                elif kind == "page_view" and self._web:
                    degree = ("full", "" if stream in self._read else "not_read_yet")
                elif kind in _PARTIAL:
                    degree = ("partial", _PARTIAL[kind])
                else:
                    degree = ("full", "" if stream in self._read else "not_read_yet")
                found[kind] = max(found.get(kind, degree), degree, key=lambda one: _DEGREES[one[0]])
        if found["form"][0] == "none" and "conversions" in self._read:
            found["form"] = ("partial", "history")
        return found

    def _source(self, stream: str) -> Callable[[Window, datetime], Iterator[ActivityPage]]:
        if stream in ENGAGEMENTS:
            return lambda window, learned_at: self._engagements(stream, window, learned_at)
        return {
            "page_views": self._page_views,
            "forms": self._forms,
            "conversions": self._conversions,
            "email_events": self._email_events,
            "marketing_events": self._marketing_events,
        }[stream]

    def _engagements(self, stream: str, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        want = Want(stream, properties_of(stream), ("contacts",))
        backfill = window.since is None

        def translate(raw: Raw) -> list[Activity]:
            key = RecordKey(self._connection, stream, str(raw["id"]))
            return [activity_of(raw, key, learned_at, backfill=backfill)]

        for page in self._reader.pages(want, window):
            yield _page(page.rows, page.after, translate)

    def _page_views(self, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """From the events API where the edition has it, with visits from history; else both from history."""
        if self._web_events_readable(window):
            if not window.after.startswith(("list:", "id:")):
                yield from self._web_events(window, learned_at)
            place = "" if window.after.startswith(_WEB) else window.after
            yield from self._history(
                traces.PAGE_HISTORY[2:], traces.visits, replace(window, after=place), learned_at
            )
        else:
            place = "" if window.after.startswith(_WEB) else window.after
            yield from self._history(
                traces.PAGE_HISTORY, traces.page_views, replace(window, after=place), learned_at
            )

    def _web_events_readable(self, window: Window) -> bool:
        if self._web is None:
            probe = [("eventType", _PAGE), ("occurredAfter", _iso(window.until)), ("limit", "1")]
            try:
                self._client.get(self._client.paths.web_events, probe)
                self._web = True
            except (AccessDeniedError, RecordGoneError) as refused:
                if refused.status == 401:
                    raise
                self._web = False
        return self._web

    def _web_events(self, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        understand = partial(self._web_event, learned_at, backfill=window.since is None)
        query = [("eventType", _PAGE), ("limit", "100"), ("sort", "occurredAt")]
        if window.since is not None:
            # HubSpot does not say whether its bounds belong to the window: ask for a second more, keep what is inside.
            query.append(("occurredAfter", _iso(window.since - timedelta(seconds=1))))
        query.append(("occurredBefore", _iso(window.until + timedelta(seconds=1))))
        place: str | None = window.after.removeprefix(_WEB)
        while place is not None:
            answer = self._client.get(
                self._client.paths.web_events, query + ([("after", place)] if place else [])
            )
            place = ((answer.get("paging") or {}).get("next") or {}).get("after") or None
            rows = [row for row in answer.get("results", ()) if _in(row.get("occurredAt"), window)]
            # Visits follow, so the stream does not end with the last page view.
            yield _page(
                rows, f"{_WEB}{place}" if place else "list:" if window.since is None else "id:0", understand
            )

    def _web_event(self, learned_at: datetime, raw: Raw, *, backfill: bool) -> list[Activity]:
        return [traces.web_event(raw, self._connection, learned_at, backfill=backfill)]

    def _conversions(self, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """Only where the submissions themselves cannot be read: both would count one submission twice."""
        if self._forms_readable():
            return
        yield from self._history(traces.CONVERSION_HISTORY, traces.conversions, window, learned_at)

    def _history(
        self,
        names: tuple[str, ...],
        understand: Callable[..., Iterator[Activity]],
        window: Window,
        learned_at: datetime,
    ) -> Iterator[ActivityPage]:
        # No upper bound on the search: a contact that changed again after the window still holds versions from inside it.
        open_end = Window(window.since, window.until + timedelta(days=3650), window.after)
        want = Want("contacts", (), history=names, held=names[0])
        for page in self._reader.pages(want, open_end):
            yield _page(
                page.rows,
                page.after,
                lambda raw: list(understand(raw, self._connection, window, learned_at)),
            )

    def _forms_readable(self) -> bool:
        if "forms" not in self._refused and "forms" not in self._read:
            try:
                form = next(iter(self._form_list()), None)
                if form is not None:
                    self._submissions(form, "", 1)
            except AccessDeniedError as refused:
                self._refused["forms"] = refused.code or "MISSING_SCOPES"
        return "forms" not in self._refused

    def _forms(self, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """Form by form in the order of their ids; each from its newest submission back to the window's beginning."""
        at_form, _, after = window.after.partition("|")
        backfill = window.since is None
        forms = sorted(self._form_list(), key=lambda form: str(form["id"]))
        remaining = [form for form in forms if str(form["id"]) >= at_form]
        for number, form in enumerate(remaining):
            following = str(remaining[number + 1]["id"]) if number + 1 < len(remaining) else None
            place = after if str(form["id"]) == at_form else ""
            for rows, onward in self._submission_pages(form, place, window.since):
                inside = [row for row in rows if _in(row.get("submittedAt"), window)]
                cursor = f"{form['id']}|{onward}" if onward else following
                yield _page(inside, cursor, partial(self._submission, form, learned_at, backfill=backfill))

    def _submission(self, form: Raw, learned_at: datetime, raw: Raw, *, backfill: bool) -> list[Activity]:
        return [traces.submission(raw, form, self._connection, learned_at, backfill=backfill)]

    def _form_list(self) -> list[Raw]:
        found: list[Raw] = []
        after: str | None = ""
        while after is not None:
            # `formTypes=all`: without it only HubSpot's own marketing forms are listed.
            query = [("limit", "100"), ("formTypes", "all")] + ([("after", after)] if after else [])
            answer = self._client.get(self._client.paths.forms, query)
            found += answer.get("results", ())
            after = ((answer.get("paging") or {}).get("next") or {}).get("after")
        return found

    def _submission_pages(self, form: Raw, after: str, since: datetime | None) -> Raws:
        place: str | None = after
        while place is not None:
            answer = self._submissions(form, place, SUBMISSION_PAGE)
            rows = answer.get("results", ())
            place = ((answer.get("paging") or {}).get("next") or {}).get("after") or None
            oldest = moment(rows[-1].get("submittedAt")) if rows else None
            if since is not None and oldest is not None and oldest < since:
                place = None
            yield rows, place

    def _submissions(self, form: Raw, after: str, limit: int) -> Any:
        query = [("limit", str(limit))] + ([("after", after)] if after else [])
        return self._client.get(self._client.paths.submissions.format(form=form["id"]), query)

    def _email_events(self, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        """Type by type, in closed stretches from old to new: answers come newest first and their offsets live shortly. A
        stretch grows while there is nothing, and is halved where one answer does not hold it."""
        place: _Stretch | None = _Stretch.parse(window.after) or _Stretch(0, self._first_email(window))
        kinds = list(traces.EMAIL_KINDS)
        while place is not None:
            end = min(place.begin + place.span, window.until)
            rows = self._email_stretch(kinds[place.kind], place.begin, end)
            if rows is None:
                place = replace(place, span=max(place.span / 2, EMAIL_CHUNK))
                continue
            place = self._next_stretch(place, end, window, empty=not rows)
            understand = partial(self._email_event, learned_at, backfill=window.since is None)
            yield _page(rows, str(place) if place else None, understand)

    @staticmethod
    def _first_email(window: Window) -> datetime:
        return window.since or window.until - timedelta(days=FIRST_EMAIL_DAYS)

    def _next_stretch(self, done: _Stretch, end: datetime, window: Window, *, empty: bool) -> _Stretch | None:
        if end < window.until:
            grown = min(done.span * 2, EMAIL_LONGEST) if empty else done.span
            return _Stretch(done.kind, end, grown)
        further = done.kind + 1
        return _Stretch(further, self._first_email(window)) if further < len(traces.EMAIL_KINDS) else None

    def _email_event(self, learned_at: datetime, raw: Raw, *, backfill: bool) -> list[Activity]:
        return [traces.email_event(raw, self._connection, learned_at, backfill=backfill)]

    def _email_stretch(self, kind: str, begin: datetime, end: datetime) -> list[Raw] | None:
        """None: more than one answer holds, and the stretch is long enough to be parted."""
        query = [
            ("eventType", kind),
            ("startTimestamp", str(to_ms(begin))),
            ("endTimestamp", str(to_ms(end))),
            ("excludeFilteredEvents", "true"),
            ("limit", str(EMAIL_PAGE)),
        ]
        offset, found = "", list[Raw]()
        while True:
            answer = self._client.get(
                self._client.paths.email_events, query + ([("offset", offset)] if offset else [])
            )
            more = bool(answer.get("hasMore") and answer.get("offset"))
            if more and end - begin > EMAIL_CHUNK:
                return None
            bounds = Window(begin, end)
            found += (row for row in answer.get("events", ()) if _in(row.get("created"), bounds))
            if not more:
                return found
            offset = str(answer["offset"])

    def _marketing_events(self, window: Window, learned_at: datetime) -> Iterator[ActivityPage]:
        events = sorted(self._recent_events(window), key=_event_id)
        remaining = [event for event in events if _event_id(event) >= window.after]
        for number, event in enumerate(remaining):
            rows = [row for row in self._participations(event) if _in(_occurred(row), window)]
            onward = _event_id(remaining[number + 1]) if number + 1 < len(remaining) else None
            yield _page(rows, onward, partial(self._participation, event, window, learned_at))

    def _participation(self, event: Raw, window: Window, learned_at: datetime, raw: Raw) -> list[Activity]:
        found = traces.participation(raw, event, self._connection, learned_at, backfill=window.since is None)
        return [] if found is None else [found]

    def _recent_events(self, window: Window) -> Iterator[Raw]:
        after: str | None = ""
        while after is not None:
            query = [("limit", "100")] + ([("after", after)] if after else [])
            answer = self._client.get(self._client.paths.marketing_events, query)
            for event in answer.get("results", ()):
                end = moment(event.get("endDateTime") or event.get("startDateTime"))
                if (
                    window.since is None
                    or end is None
                    or window.since - EVENT_AFTER <= end <= window.until + EVENT_BEFORE
                ):
                    yield event
            after = ((answer.get("paging") or {}).get("next") or {}).get("after")

    def _participations(self, event: Raw) -> Iterator[Raw]:
        path = f"{self._client.paths.marketing_events}/participations/{_event_id(event)}/breakdown"
        after: str | None = ""
        while after is not None:
            query = [("limit", "100")] + ([("after", after)] if after else [])
            try:
                answer = self._client.get(path, query)
            except RecordGoneError:
                return
            yield from answer.get("results", ())
            after = ((answer.get("paging") or {}).get("next") or {}).get("after")


_DEGREES = {"none": 0, "partial": 1, "full": 2}


def _page(rows: Sequence[Raw], after: str | None, translate: Callable[[Raw], list[Activity]]) -> ActivityPage:
    activities: list[Activity] = []
    refused: list[tuple[str, str]] = []
    for raw in rows:
        try:
            activities += translate(raw)
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            # A row of an unforeseen shape is set aside by name; it must not stop its page.
            refused.append((str(raw.get("id") or raw.get("conversionId") or "?"), type(exc).__name__))
    return ActivityPage(activities, after, refused)


def _in(value: object, window: Window) -> bool:
    """Inside the window; a row whose time cannot be read passes, so that it is set aside by name and not lost."""
    at = moment(value)
    return at is None or within(at, window)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event_id(event: Raw) -> str:
    return str(event.get("objectId") or event.get("id"))


def _occurred(row: Raw) -> object:
    return (row.get("properties") or row).get("occurredAt")
