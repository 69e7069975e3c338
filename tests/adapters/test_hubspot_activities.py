"""What HubSpot's rows mean, from rows in the documented shape."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.hubspot import traces
from connector.hubspot.engagements import activity_of
from connector.hubspot.translate import changes_of, moment, owner_of, row_of
from connector.ports import RecordState, Window
from mappings.records import Activity, Direction, Kind, RecordKey

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
EARLIER, LATER = "2026-11-01T08:00:00.000Z", "2026-11-03T08:00:00Z"


def logged(object: str, **properties: Any) -> Activity:
    raw = {
        "id": "77",
        "properties": {"hs_timestamp": EARLIER, "hubspot_owner_id": "12", **properties},
        "updatedAt": "2026-11-01T09:00:00.000Z",
        "associations": {
            "contacts": {"results": [{"id": "5", "type": "x"}, {"id": "5", "type": "y"}, {"id": "6"}]}
        },
    }
    return activity_of(raw, RecordKey("marketing", object, "77"), NOW, backfill=False)


class TestEngagements:
    def test_every_activity_has_three_times_its_people_and_its_author(self) -> None:
        note = logged("notes", hs_note_body="<p>他们在比较我们和 Example 公司</p>")
        assert note.occurred_at == moment(EARLIER)
        assert note.recorded_at == datetime(2026, 11, 1, 9, tzinfo=UTC)
        assert note.learned_at == NOW
        assert (note.person_ids, note.author_id) == (("5", "6"), "12")
        assert (note.kind, note.text, note.direction) == (Kind.NOTE, "他们在比较我们和 Example 公司", None)

    def test_only_an_incoming_mail_is_the_customers_word(self) -> None:
        answer = logged("emails", hs_email_direction="INCOMING_EMAIL", hs_email_from_email="a@example.com")
        assert (answer.kind, answer.direction, answer.two_way) == (Kind.EMAIL_REPLY, Direction.IN, True)
        assert answer.email == "a@example.com"
        ours = logged("emails", hs_email_direction="EMAIL", hs_email_to_email="a@example.com;b@example.com")
        assert (ours.kind, ours.direction, ours.two_way) == (Kind.MESSAGE, Direction.OUT, False)
        assert ours.email == "a@example.com"
        assert logged("emails", hs_email_direction="FORWARDED_EMAIL").direction is Direction.OUT
        assert logged("emails", hs_email_direction="EMAIL", hs_email_status="SCHEDULED").planned

    @pytest.mark.parametrize(
        ("properties", "two_way", "planned"),
        [
            ({"hs_call_status": "COMPLETED", "hs_call_duration": "61000"}, True, False),
            ({"hs_call_status": "COMPLETED", "hs_call_duration": "0"}, False, False),
            ({"hs_call_status": "COMPLETED"}, False, False),
            ({"hs_call_status": "NO_ANSWER", "hs_call_duration": "9000"}, False, False),
            ({"hs_call_status": "QUEUED"}, False, True),
            (
                {
                    "hs_call_status": "COMPLETED",
                    "hs_call_duration": "20000",
                    "hs_call_disposition": "b2cf5968-551e-4856-9783-52b3da59a7d0",
                },
                False,
                False,
            ),
            ({"hs_timestamp": LATER, "hs_call_status": "COMPLETED"}, False, True),
        ],
    )
    def test_a_call_is_two_way_when_somebody_talked(
        self, properties: dict[str, str], two_way: bool, planned: bool
    ) -> None:
        call = logged("calls", hs_call_direction="INBOUND", **properties)
        assert (call.two_way, call.planned, call.direction) == (two_way, planned, Direction.IN)

    @pytest.mark.parametrize(
        ("start", "outcome", "held"),
        [
            (EARLIER, "COMPLETED", True),
            (EARLIER, None, True),
            (EARLIER, "NO_SHOW", False),
            (EARLIER, "CANCELED", False),
            (EARLIER, "CANCELLED", False),
            (EARLIER, "SCHEDULED", False),
            (LATER, None, False),
            (LATER, "COMPLETED", False),
        ],
    )
    def test_a_meeting_counts_when_it_was_held(self, start: str, outcome: str | None, held: bool) -> None:
        meeting = logged("meetings", hs_meeting_start_time=start, hs_meeting_outcome=outcome)
        assert (meeting.two_way, meeting.planned) == (held, not held)
        assert meeting.occurred_at == moment(start)

    def test_a_task_is_a_plan_until_it_is_done(self) -> None:
        task = logged("tasks", hs_task_status="NOT_STARTED", hs_timestamp=LATER)
        assert (task.planned, task.occurred_at) == (True, moment(LATER))
        done = logged(
            "tasks", hs_task_status="COMPLETED", hs_timestamp=LATER, hs_task_completion_date=EARLIER
        )
        assert (done.planned, done.occurred_at) == (False, moment(EARLIER))

    def test_a_logged_message_has_no_direction(self) -> None:
        message = logged(
            "communications", hs_communication_channel_type="WHATS_APP", hs_communication_body="在吗"
        )
        assert (message.kind, message.direction, message.two_way) == (Kind.MESSAGE, None, False)
        assert message.properties == {"channel": "whats_app"}

    def test_a_row_without_any_time_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time"):
            activity_of({"id": "1", "properties": {}}, RecordKey("m", "notes", "1"), NOW, backfill=False)


def history(**versions: list[tuple[str, str]]) -> dict[str, Any]:
    """A contact read with history: newest version first, as HubSpot lists them."""
    listed = {
        name: [
            {"value": value, "timestamp": at, "sourceType": "ANALYTICS"} for value, at in reversed(entries)
        ]
        for name, entries in versions.items()
    }
    return {"id": "5", "properties": {}, "propertiesWithHistory": listed, "updatedAt": EARLIER}


class TestTraces:
    WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))

    def test_page_views_come_from_history_with_the_time_of_the_visit(self) -> None:
        raw = history(
            hs_analytics_last_url=[
                ("https://www.example.com/old", "2026-10-20T08:00:00Z"),
                ("https://www.example.com/pricing", "2026-11-01T08:30:00Z"),
            ],
            hs_analytics_last_timestamp=[("1793520000000", "2026-11-01T08:30:00Z")],
        )
        found = list(traces.page_views(raw, "marketing", self.WINDOW, NOW))
        assert [(a.kind, a.url, a.person_ids) for a in found] == [
            (Kind.PAGE_VIEW, "https://www.example.com/pricing", ("5",))
        ]
        assert found[0].occurred_at == moment("1793520000000")
        assert found[0].recorded_at == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)

    def test_a_visit_is_told_beside_its_pages(self) -> None:
        raw = history(hs_analytics_last_visit_timestamp=[("1793520000000", "2026-11-01T08:30:00Z")])
        assert [a.kind for a in traces.page_views(raw, "marketing", self.WINDOW, NOW)] == [Kind.VISIT]

    def test_reading_twice_gives_the_same_keys(self) -> None:
        raw = history(hs_analytics_last_url=[("https://www.example.com/a", "2026-11-01T08:30:00Z")])
        keys = [[a.key for a in traces.page_views(raw, "marketing", self.WINDOW, NOW)] for _ in range(2)]
        assert keys[0] == keys[1] != []

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("Book a demo", Kind.DEMO_REQUEST),
            ("预约演示", Kind.DEMO_REQUEST),
            ("Newsletter", Kind.SUBSCRIPTION),
            ("订阅周刊", Kind.SUBSCRIPTION),
            ("White paper: cold chain", Kind.DOWNLOAD),
            ("白皮书下载", Kind.DOWNLOAD),
            ("Contact us", Kind.FORM),
        ],
    )
    def test_a_forms_name_says_what_it_is_for(self, name: str, kind: Kind) -> None:
        assert traces.form_kind(name) is kind

    def test_a_submission_keeps_what_was_written_and_leaves_out_who_wrote_it(self) -> None:
        raw = {
            "conversionId": "c-1",
            "submittedAt": 1793520000000,
            "pageUrl": "https://www.example.com/contact",
            "values": [
                {"name": "email", "value": "a@example.com"},
                {"name": "mobilephone", "value": "13800138000"},
                {"name": "message", "value": "多少钱一年？"},
            ],
        }
        form = {"id": "f-1", "name": "Contact us"}
        found = traces.submission(raw, form, "marketing", NOW, backfill=True)
        assert (found.text, found.email, found.url) == ("多少钱一年？", "a@example.com", raw["pageUrl"])
        assert (found.direction, found.person_ids, found.backfill) == (Direction.IN, (), True)

    @pytest.mark.parametrize("kind", ["OPEN", "CLICK", "REPLY"])
    def test_mail_events_are_tied_by_address(self, kind: str) -> None:
        raw = {
            "id": "e-1",
            "type": kind,
            "created": 1793520000000,
            "recipient": "a@example.com",
            "url": "https://x.example",
        }
        found = traces.email_event(raw, "marketing", NOW, backfill=False)
        assert found.kind.value == f"email_{kind.lower()}"
        assert (found.email, found.two_way) == ("a@example.com", kind == "REPLY")

    def test_registration_is_a_plan_attendance_a_fact_absence_nothing(self) -> None:
        event = {"objectId": "9", "eventName": "Cold chain webinar", "eventType": "WEBINAR"}

        def told(state: str) -> Activity | None:
            raw = {
                "properties": {
                    "occurredAt": 1793520000000,
                    "attendanceState": state,
                    "attendanceDurationSeconds": 900,
                },
                "associations": {"contact": {"contactId": "5", "email": "a@example.com"}},
            }
            return traces.participation(raw, event, "marketing", NOW, backfill=False)

        registered, attended = told("REGISTERED"), told("ATTENDED")
        assert registered is not None
        assert attended is not None
        assert (registered.kind, registered.planned, attended.planned) == (Kind.WEBINAR, True, False)
        assert attended.properties["seconds"] == 900
        assert registered.key != attended.key
        assert told("NO_SHOW") is None
        assert told("CANCELLED") is None


class TestRows:
    def test_blank_and_absent_values_are_both_none(self) -> None:
        raw = {"id": "1", "properties": {"a": "", "b": None, "c": "x"}, "updatedAt": EARLIER}
        assert row_of(raw, ["a", "b", "c", "d"]).fields == {"a": None, "b": None, "c": "x"}

    def test_associated_ids_are_joined(self) -> None:
        raw = {
            "id": "1",
            "properties": {},
            "updatedAt": EARLIER,
            "associations": {"contacts": {"results": [{"id": "3"}, {"id": "2"}, {"id": "3"}]}},
        }
        wanted = ["associations.contacts", "associations.companies"]
        assert row_of(raw, wanted).fields == {"associations.contacts": "3;2", "associations.companies": None}

    def test_an_archived_row_is_dated_by_its_archiving(self) -> None:
        raw = {"id": "1", "properties": {}, "updatedAt": EARLIER, "archived": True, "archivedAt": LATER}
        row = row_of(raw, [])
        assert (row.state, row.modified_at) == (RecordState.ARCHIVED, moment(LATER))

    def test_changes_name_old_and_new_and_stay_in_their_window(self) -> None:
        raw = history(
            lifecyclestage=[
                ("lead", "2026-10-01T00:00:00Z"),
                ("customer", "2026-11-01T08:00:00Z"),
                ("customer", "2026-11-01T09:00:00Z"),
            ]
        )
        key = RecordKey("marketing", "contacts", "5")
        found = list(changes_of(raw, key, TestTraces.WINDOW))
        assert [(change.old, change.new, change.actor_id) for change in found] == [
            ("lead", "customer", "ANALYTICS")
        ]

    @pytest.mark.parametrize(
        ("value", "at"),
        [
            ("2026-11-01T08:00:00.000Z", datetime(2026, 11, 1, 8, tzinfo=UTC)),
            ("2026-11-01T16:00:00+08:00", datetime(2026, 11, 1, 8, tzinfo=UTC)),
            (1793520000000, datetime.fromtimestamp(1793520000, UTC)),
            ("1793520000000", datetime.fromtimestamp(1793520000, UTC)),
            ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
            ("", None),
            (None, None),
            ("soon", None),
        ],
    )
    def test_times_are_aware_utc_or_none(self, value: object, at: datetime | None) -> None:
        assert moment(value) == at

    def test_an_owner_without_a_name_goes_by_the_address(self) -> None:
        owner = owner_of({"id": "1", "email": "r@example.com", "archived": True}, "marketing")
        assert (owner.name, owner.active) == ("r@example.com", False)


def test_a_window_of_one_day_before_now_is_half_open() -> None:
    raw = history(hs_analytics_last_url=[("https://x.example/", "2026-11-02T00:00:00Z")])
    window = Window(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC) + timedelta(days=1))
    assert len(list(traces.page_views(raw, "m", window, NOW))) == 1
    assert list(traces.page_views(raw, "m", TestTraces.WINDOW, NOW)) == []
