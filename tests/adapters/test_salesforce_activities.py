"""What Salesforce's rows and errors mean, from rows in the documented shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from connector.errors import (
    AccessDeniedError,
    DuplicateRecordError,
    QuotaSpentError,
    RecordConvertedError,
    RecordGoneError,
    RecordRefusedError,
    RemoteError,
    TryLaterError,
)
from connector.ports import RecordState, Window
from connector.salesforce.activities import activity_of
from connector.salesforce.bulk import BulkPlace
from connector.salesforce.errors import error_of, existing_ids, row_error
from connector.salesforce.soql import ids_in, literal, window_query
from connector.salesforce.translate import closed_at, row_of, scalar
from connector.transport.answer import Answer
from mappings.records import Activity, Direction, Kind, Precision, RecordKey

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
STAMP = "2026-11-01T09:00:00.000+0000"
BEFORE, AFTER = "2026-11-01T08:00:00.000+0000", "2026-11-03T08:00:00.000+0000"
LEAD, CONTACT, DEAL = "00Q010000004C93EAE", "003010000004C93EAE", "006010000004C93EAE"


def told(object: str, **row: Any) -> Activity | None:
    key = RecordKey("crm", object, "1")
    return activity_of({"Id": "1", "SystemModstamp": STAMP, **row}, key, NOW, backfill=False)


def known(object: str, **row: Any) -> Activity:
    found = told(object, **row)
    assert found is not None
    return found


class TestTask:
    def test_an_open_task_is_a_plan_on_its_day(self) -> None:
        task = known("Task", IsClosed=False, ActivityDate="2026-11-09", WhoId=LEAD, CreatedDate=BEFORE)
        assert (task.kind, task.planned, task.precision) == (Kind.TASK, True, Precision.DAY)
        assert task.occurred_at == datetime(2026, 11, 9, tzinfo=UTC)
        assert task.person_ids == (LEAD,)

    def test_a_done_task_happened_when_it_was_completed(self) -> None:
        task = known(
            "Task", IsClosed=True, CompletedDateTime=BEFORE, ActivityDate="2026-11-09", CreatedDate=AFTER
        )
        assert (task.planned, task.precision) == (False, Precision.SECOND)
        assert task.occurred_at == datetime(2026, 11, 1, 8, tzinfo=UTC)

    def test_a_task_logged_afterwards_happened_on_its_day(self) -> None:
        task = known("Task", IsClosed=True, ActivityDate="2026-10-20", CreatedDate=BEFORE)
        assert (task.occurred_at, task.precision) == (datetime(2026, 10, 20, tzinfo=UTC), Precision.DAY)

    @pytest.mark.parametrize(
        ("row", "two_way", "direction"),
        [
            ({"CallDurationInSeconds": 120, "CallType": "Inbound"}, True, Direction.IN),
            ({"CallDurationInSeconds": 120, "CallType": "Outbound"}, True, Direction.OUT),
            ({"CallDurationInSeconds": 0}, False, None),
            ({}, False, None),
            ({"CallDurationInSeconds": 20, "CallDisposition": "Left Voicemail"}, False, None),
            ({"CallDurationInSeconds": 20, "CallDisposition": "未接"}, False, None),
        ],
    )
    def test_a_call_is_two_way_when_somebody_talked(
        self, row: dict[str, Any], two_way: bool, direction: Direction | None
    ) -> None:
        call = known("Task", TaskSubtype="Call", IsClosed=True, CreatedDate=BEFORE, **row)
        assert (call.kind, call.two_way, call.direction) == (Kind.CALL, two_way, direction)

    def test_the_head_of_a_series_and_an_invitees_copy_are_left_out(self) -> None:
        assert told("Task", IsRecurrence=True, CreatedDate=BEFORE) is None
        assert told("Event", IsChild=True, StartDateTime=BEFORE) is None

    def test_only_people_are_tied(self) -> None:
        assert known("Task", WhoId=CONTACT, WhatId=DEAL, CreatedDate=BEFORE).person_ids == (CONTACT,)

    def test_a_row_without_a_time_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time"):
            told("Task")


class TestOthers:
    def test_a_meeting_counts_once_it_lies_behind_us(self) -> None:
        past = known("Event", StartDateTime=BEFORE, EndDateTime=STAMP, WhoId=LEAD)
        future = known("Event", StartDateTime=AFTER, EndDateTime=AFTER)
        assert (past.kind, past.two_way, past.planned) == (Kind.MEETING, True, False)
        assert (future.two_way, future.planned) == (False, True)

    def test_a_whole_day_has_the_precision_of_a_day(self) -> None:
        event = known(
            "Event",
            IsAllDayEvent=True,
            ActivityDate="2026-10-30",
            StartDateTime="2026-10-30T00:00:00.000+0000",
        )
        assert (event.occurred_at, event.precision) == (datetime(2026, 10, 30, tzinfo=UTC), Precision.DAY)

    def test_an_incoming_mail_is_the_customers_word(self) -> None:
        mail = known(
            "EmailMessage",
            Incoming=True,
            MessageDate=BEFORE,
            FromAddress="a@example.com",
            HtmlBody="<p>报价多少？</p>",
            people=(CONTACT, "005010000004C93EAE"),
        )
        assert (mail.kind, mail.direction, mail.two_way) == (Kind.EMAIL_REPLY, Direction.IN, True)
        assert (mail.email, mail.text, mail.person_ids) == ("a@example.com", "报价多少？", (CONTACT,))
        ours = known(
            "EmailMessage", Incoming=False, MessageDate=BEFORE, ToAddress="a@example.com; b@example.com"
        )
        assert (ours.direction, ours.email, ours.two_way) == (Direction.OUT, "a@example.com", False)

    def test_a_campaign_member_counts_when_it_responded(self) -> None:
        yes = known(
            "CampaignMember", HasResponded=True, FirstRespondedDate="2026-10-20", LeadId=LEAD, Type="Webinar"
        )
        no = known("CampaignMember", HasResponded=False, CreatedDate=BEFORE, ContactId=CONTACT)
        assert (yes.kind, yes.planned, yes.precision) == (Kind.WEBINAR, False, Precision.DAY)
        assert (no.planned, no.precision, no.person_ids) == (True, Precision.UNKNOWN, (CONTACT,))


class TestValues:
    @pytest.mark.parametrize(
        ("rest", "bulk", "kind", "value"),
        [
            (True, "true", "boolean", True),
            (False, "false", "boolean", False),
            (50000.0, "50000.0", "currency", 50000),
            (12.5, "12.50", "double", "12.5"),
            (7, "7", "int", 7),
            (None, "", "string", None),
            ("王伟", "王伟", "string", "王伟"),
            ("0012", "0012", "string", "0012"),
            (BEFORE, "2026-11-01T08:00:00.000Z", "datetime", "2026-11-01T08:00:00.000Z"),
            ("2026-11-01", "2026-11-01", "date", "2026-11-01"),
        ],
    )
    def test_both_apis_come_to_one_value(self, rest: Any, bulk: str, kind: str, value: Any) -> None:
        assert scalar(rest, kind) == scalar(bulk, kind) == value
        assert type(scalar(rest, kind)) is type(scalar(bulk, kind))

    @pytest.mark.parametrize(
        ("row", "state", "into"),
        [
            ({}, RecordState.ACTIVE, ""),
            ({"IsDeleted": True}, RecordState.DELETED, ""),
            ({"IsDeleted": "true", "MasterRecordId": LEAD}, RecordState.MERGED, LEAD),
            ({"IsDeleted": True, "MasterRecordId": ""}, RecordState.DELETED, ""),
            ({"IsConverted": True, "ConvertedContactId": CONTACT}, RecordState.CONVERTED, CONTACT),
            ({"IsConverted": "false", "ConvertedContactId": ""}, RecordState.ACTIVE, ""),
        ],
    )
    def test_a_row_says_what_became_of_it(self, row: dict[str, Any], state: RecordState, into: str) -> None:
        read = row_of({"Id": LEAD, "SystemModstamp": STAMP, **row}, [], {})
        assert (read.state, read.merged_into) == (state, into)

    def test_a_deal_was_closed_when_its_history_says_so(self) -> None:
        rows = [
            {"Id": "1", "StageName": "Prospecting", "CreatedDate": "2026-10-01T00:00:00.000+0000"},
            {"Id": "2", "StageName": "Closed Won", "CreatedDate": "2026-10-02T00:00:00.000+0000"},
            {"Id": "3", "StageName": "Prospecting", "CreatedDate": "2026-10-03T00:00:00.000+0000"},
            {"Id": "4", "StageName": "Closed Won", "CreatedDate": "2026-10-04T00:00:00.000+0000"},
            {"Id": "5", "StageName": "Closed Won", "CreatedDate": "2026-10-05T00:00:00.000+0000"},
        ]
        assert closed_at(rows[::-1], "Closed Won") == datetime(2026, 10, 4, tzinfo=UTC)
        assert closed_at(rows, "Closed Lost") is None
        assert closed_at([], "Closed Won") is None


class TestSoql:
    def test_a_literal_is_utc_and_has_a_fraction_only_when_there_is_one(self) -> None:
        assert literal(NOW) == "2026-11-02T08:00:00Z"
        assert literal(NOW.replace(microsecond=29_000)) == "2026-11-02T08:00:00.029Z"

    def test_a_window_resumes_behind_stamp_and_id(self) -> None:
        soql = window_query(["Id"], "Lead", Window(NOW, NOW, f"2026-11-01T09:00:00Z|{LEAD}"))
        assert soql == (
            "SELECT Id FROM Lead"  # noqa: S608 - an expectation, not a query
            " WHERE SystemModstamp >= 2026-11-02T08:00:00Z AND SystemModstamp < 2026-11-02T08:00:00Z"
            f" AND (SystemModstamp > 2026-11-01T09:00:00Z OR (SystemModstamp = 2026-11-01T09:00:00Z AND Id > '{LEAD}'))"
            " ORDER BY SystemModstamp, Id"
        )

    def test_nothing_but_ids_gets_into_a_list_of_ids(self) -> None:
        assert list(ids_in([LEAD, LEAD, "x') OR (Id != '"])) == [f"('{LEAD}')"]
        assert [part.count("'") // 2 for part in ids_in([f"{n:018d}" for n in range(650)])] == [300, 300, 50]

    def test_a_place_in_a_bulk_job_survives_being_written_down(self) -> None:
        place = BulkPlace("750x", "MTAwMDA", 4_000)
        assert BulkPlace.parse(str(place)) == place
        assert BulkPlace.parse("2026-11-01T09:00:00Z|00Q") is None
        assert BulkPlace.parse("") is None


def answer(status: int, body: Any, **headers: str) -> Answer:
    return Answer(status, headers, body if isinstance(body, bytes) else orjson.dumps(body))


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "code", "expected"),
        [
            (401, "INVALID_SESSION_ID", AccessDeniedError),
            (400, "invalid_grant", AccessDeniedError),
            (403, "REQUEST_LIMIT_EXCEEDED", QuotaSpentError),
            (400, "UNABLE_TO_LOCK_ROW", TryLaterError),
            (400, "QUERY_TIMEOUT", TryLaterError),
            (404, "ENTITY_IS_DELETED", RecordGoneError),
            (400, "CANNOT_UPDATE_CONVERTED_LEAD", RecordConvertedError),
            (400, "DUPLICATES_DETECTED", DuplicateRecordError),
            (400, "STRING_TOO_LONG", RecordRefusedError),
            (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", RecordRefusedError),
            (500, "UNKNOWN_EXCEPTION", TryLaterError),
        ],
    )
    def test_codes_decide(self, status: int, code: str, expected: type[RemoteError]) -> None:
        plain = error_of("crm", answer(status, [{"errorCode": code, "message": "13800138000"}]), NOW)
        token = error_of("crm", answer(status, {"error": code, "error_description": "13800138000"}), NOW)
        assert isinstance(plain, expected)
        assert isinstance(token, expected)
        assert "13800138000" not in f"{plain!r}{plain}{token!r}"

    @pytest.mark.parametrize("status", [406, 420, 429, 502, 503, 504])
    def test_a_page_of_the_edge_is_passing_trouble(self, status: int) -> None:
        assert isinstance(
            error_of("crm", answer(status, b"<html>We are setting things up</html>"), NOW), TryLaterError
        )

    def test_ids_are_found_under_the_misspelt_key_and_in_the_text(self) -> None:
        match = {"matchRecords": [{"record": {"Id": LEAD}}, {"record": {"Id": CONTACT}}]}
        assert existing_ids({"duplicateResut": {"matchResults": [match]}}) == (LEAD, CONTACT)
        text = "duplicate value found: Baton_Id__c duplicates value on record with id: 00Q010000004C93"
        assert existing_ids({"errorCode": "DUPLICATE_VALUE", "message": text}) == ("00Q010000004C93",)
        assert (
            existing_ids({"errorCode": "DUPLICATE_VALUE", "message": "duplicate value found: <unknown>"})
            == ()
        )

    def test_several_matches_of_an_upsert_are_named(self) -> None:
        urls = [f"/services/data/v67.0/sobjects/Lead/{id_}" for id_ in (LEAD, LEAD[:15])]
        error = error_of("crm", answer(300, urls), NOW)
        assert isinstance(error, DuplicateRecordError)
        assert error.existing_ids == (LEAD, LEAD[:15])

    def test_a_failed_row_without_any_error_is_still_an_error(self) -> None:
        assert isinstance(row_error("crm", []), RecordRefusedError)
