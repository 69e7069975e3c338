"""Activity streams against the embedded systems: complete, tied to people, honest about what is not shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from connector.errors import AnswerLostError
from connector.hubspot import understanding as hubspot_understanding
from connector.ports import ActivityPage, Window
from connector.salesforce import understanding as salesforce_understanding
from connector.sandbox.memory import MemoryOrg, MemoryPortal
from connector.transport.repeat import RetryPolicy
from mappings.records import Activity, Direction, Kind
from tests.contract.benches import SECOND, START, Bench, HubSpotBench, SalesforceBench

READ_ALL = (
    "crm.objects.contacts.read",
    "crm.objects.companies.read",
    "crm.objects.deals.read",
    "sales-email-read",
)


def read(system: Any, stream: str, window: Window) -> list[Activity]:
    pages: list[ActivityPage] = list(system.activities(stream, window, window.until))
    assert [refused for page in pages for refused in page.refused] == []
    assert not pages or pages[-1].after is None
    return [activity for page in pages for activity in page.activities]


def up_to_now(bench: Bench) -> Window:
    return Window(START - SECOND, bench.world.clock.now() + SECOND)


def live(portal: Any) -> str:
    """A contact to whom something of every kind happens; the id."""
    contact: str = portal.create("contacts", {"email": "wang@example.com", "lastname": "王"}).id
    portal.log_activity(
        "emails", contact, {"hs_email_direction": "INCOMING_EMAIL", "hs_email_text": "多少钱"}
    )
    call = {"hs_call_direction": "OUTBOUND", "hs_call_status": "COMPLETED", "hs_call_duration": "60000"}
    portal.log_activity("calls", contact, call)
    portal.log_activity("meetings", contact, {"hs_meeting_start_time": START.isoformat()})
    portal.log_activity("notes", contact, {"hs_note_body": "<b>招标</b>"})
    portal.log_activity("tasks", contact, {"hs_task_subject": "call back", "hs_task_status": "NOT_STARTED"})
    portal.log_activity(
        "communications",
        contact,
        {"hs_communication_channel_type": "WHATS_APP", "hs_communication_body": "在吗"},
    )
    form = portal.add_form("Book a demo")
    values = {"email": "wang@example.com", "message": "请演示"}
    portal.submit_form(form.id, values, page_url="https://www.example.com/demo")
    portal.email_event("CLICK", "wang@example.com", subject="News", url="https://www.example.com/price")
    portal.email_event("OPEN", "wang@example.com", filtered=True)
    event = portal.add_marketing_event("Webinar", start=START, end=START + timedelta(hours=1))
    portal.participate(event.id, contact, "ATTENDED", minutes=30)
    portal.page_view(contact, "https://www.example.com/pricing")
    return contact


@contextmanager
def cut_off(bench: SalesforceBench) -> Iterator[None]:
    """Bulk results lose their last rows on the way."""
    app = bench.stage.app
    assert app is not None
    real = app.after

    def shorter(request: Any, response: Any) -> Any:
        answer = real(request, response)
        if request.path.endswith("/results"):
            answer.set_data(b"\n".join(answer.get_data().splitlines()[:-5]) + b"\n")
        return answer

    app.after = shorter  # type: ignore[method-assign]
    yield
    app.after = real  # type: ignore[method-assign]


class TestHubSpotStreams:
    @pytest.mark.parametrize("first_load", [True, False])
    def test_everything_that_happened_is_told_once(self, hubspot: HubSpotBench, first_load: bool) -> None:
        contact = live(hubspot.portal)
        hubspot.pass_time(minutes=5)
        window = Window(None, hubspot.world.clock.now()) if first_load else up_to_now(hubspot)
        found = [
            a
            for name in hubspot.system.capabilities.activity_streams
            for a in read(hubspot.system, name, window)
        ]
        assert Counter(activity.kind for activity in found) == {
            Kind.EMAIL_REPLY: 1,
            Kind.CALL: 1,
            Kind.MEETING: 1,
            Kind.NOTE: 1,
            Kind.TASK: 1,
            Kind.MESSAGE: 1,
            Kind.DEMO_REQUEST: 1,
            Kind.EMAIL_CLICK: 1,
            Kind.WEBINAR: 1,
            Kind.PAGE_VIEW: 1,
            Kind.VISIT: 1,
        }
        assert all(a.person_ids == (contact,) or a.email == "wang@example.com" for a in found)
        assert {a.backfill for a in found} == {first_load}
        assert len({a.key for a in found}) == len(found)

    def test_in_memory_it_is_the_same(self, hubspot: HubSpotBench) -> None:
        live(hubspot.portal)
        hubspot.pass_time(minutes=5)
        hubspot.portal.account.tier = "PROFESSIONAL"
        memory = MemoryPortal(hubspot.portal, "marketing", hubspot_understanding("marketing"))
        window = up_to_now(hubspot)
        for stream in memory.capabilities.activity_streams:
            assert sorted(read(memory, stream, window), key=str) == sorted(
                read(hubspot.system, stream, window), key=str
            )

    def test_on_professional_page_views_come_from_history_and_say_so(self, hubspot: HubSpotBench) -> None:
        hubspot.portal.account.tier = "PROFESSIONAL"
        contact = hubspot.add(["王"])[0]
        for number in range(5):
            hubspot.pass_time(minutes=1)
            hubspot.portal.page_view(contact, f"https://www.example.com/{number}")
        found = read(hubspot.system, "page_views", up_to_now(hubspot))
        views = sorted(a.url for a in found if a.kind is Kind.PAGE_VIEW)
        assert views == [f"https://www.example.com/{number}" for number in range(5)]
        assert hubspot.system.coverage()["page_view"] == ("partial", "history")

    def test_on_enterprise_page_views_come_whole(self, hubspot: HubSpotBench) -> None:
        contact = hubspot.add(["王"])[0]
        for number in range(120):
            hubspot.portal.page_view(contact, f"https://www.example.com/{number}")
        hubspot.pass_time(minutes=1)
        found = read(hubspot.system, "page_views", up_to_now(hubspot))
        assert len([a for a in found if a.kind is Kind.PAGE_VIEW]) == 120
        assert hubspot.system.coverage()["page_view"] == ("full", "")

    def test_a_view_inside_the_window_is_told_though_the_contact_changed_later(
        self, hubspot: HubSpotBench
    ) -> None:
        hubspot.portal.account.tier = "PROFESSIONAL"
        contact = hubspot.add(["王"])[0]
        hubspot.portal.page_view(contact, "https://www.example.com/early")
        end = hubspot.pass_time(minutes=1)
        hubspot.pass_time(minutes=1)
        hubspot.rename(contact, "later")
        found = read(hubspot.system, "page_views", Window(START - SECOND, end))
        assert [a.url for a in found if a.kind is Kind.PAGE_VIEW] == ["https://www.example.com/early"]

    @pytest.mark.parametrize(
        ("stream", "kind", "reason"),
        [
            ("forms", "form", "history"),
            ("email_events", "email_click", ""),
            ("marketing_events", "event", ""),
        ],
    )
    def test_what_the_token_may_not_see_is_no_lack_of_interest(
        self, hubspot: HubSpotBench, stream: str, kind: str, reason: str
    ) -> None:
        live(hubspot.portal)
        hubspot.pass_time(minutes=1)
        hubspot.portal.add_token("pat-narrow", scopes=READ_ALL)
        narrow = hubspot.connect(token=SecretStr("pat-narrow"))
        assert read(narrow, stream, up_to_now(hubspot)) == []
        assert narrow.coverage()[kind] == ("none", "MISSING_SCOPES")
        narrow.close()

    def test_where_submissions_are_refused_history_stands_in(self, hubspot: HubSpotBench) -> None:
        live(hubspot.portal)
        hubspot.pass_time(minutes=1)
        hubspot.portal.add_token("pat-narrow", scopes=READ_ALL)
        narrow = hubspot.connect(token=SecretStr("pat-narrow"))
        found = read(narrow, "conversions", up_to_now(hubspot))
        assert [(a.kind, a.subject) for a in found] == [(Kind.DEMO_REQUEST, "Landing page: Book a demo")]
        assert narrow.coverage()["form"] == ("partial", "history")
        narrow.close()

    def test_a_stream_named_unavailable_is_not_even_asked_for(self, hubspot: HubSpotBench) -> None:
        system = hubspot.connect(unavailable=("email_events",))
        assert read(system, "email_events", up_to_now(hubspot)) == []
        assert system.calls == 0
        assert "email_events" not in system.capabilities.activity_streams

    def test_email_events_cost_few_calls_where_there_are_none(self, hubspot: HubSpotBench) -> None:
        hubspot.pass_time(minutes=1)
        window = Window(None, hubspot.world.clock.now())
        before = hubspot.system.calls
        assert read(hubspot.system, "email_events", window) == []
        assert hubspot.system.calls - before <= 20

    def test_email_events_come_once_from_wherever_the_reading_goes_on(
        self, hubspot: HubSpotBench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("connector.hubspot.streams.EMAIL_PAGE", 5)
        for number in range(40):
            hubspot.portal.email_event("CLICK", f"p{number}@example.com", subject="News")
            hubspot.pass_time(minutes=1 if 8 < number < 22 else 60 * number)
        window = Window(None, hubspot.world.clock.now() + SECOND)
        pages = list(hubspot.system.activities("email_events", window, window.until))
        whole = [activity.key for page in pages for activity in page.activities]
        assert len(whole) == len(set(whole)) == 40
        for number, page in enumerate(pages[:-1]):
            assert page.after is not None
            rest = read(hubspot.system, "email_events", Window(None, window.until, page.after))
            seen = [activity.key for done in pages[: number + 1] for activity in done.activities]
            assert sorted([*seen, *(activity.key for activity in rest)]) == sorted(whole)

    def test_forms_resume_at_the_page_where_they_broke(self, hubspot: HubSpotBench) -> None:
        forms = [hubspot.portal.add_form(f"Contact {number}") for number in range(3)]
        for number in range(130):
            hubspot.portal.submit_form(forms[number % 3].id, {"message": str(number)})
            hubspot.world.clock.stamp()
        hubspot.portal.submit_form(forms[0].id, {"message": "x" * 10})
        hubspot.pass_time(minutes=1)
        window = up_to_now(hubspot)
        whole = [a.key for a in read(hubspot.system, "forms", window)]
        pages = list(hubspot.system.activities("forms", window, window.until))
        for number, page in enumerate(pages[:-1]):
            assert page.after is not None
            rest = read(hubspot.system, "forms", Window(window.since, window.until, page.after))
            seen = [a.key for done in pages[: number + 1] for a in done.activities]
            assert sorted([*seen, *(a.key for a in rest)]) == sorted(whole)

    def test_i16_an_association_that_came_later_is_seen_when_read_again(self, hubspot: HubSpotBench) -> None:
        first, second = hubspot.add(["a", "b"])
        note = hubspot.portal.log_activity("notes", first, {"hs_note_body": "x"})
        window = up_to_now(hubspot)
        assert read(hubspot.system, "notes", window)[0].person_ids == (first,)
        hubspot.portal.associate(("notes", note.id), ("contacts", second))
        assert set(read(hubspot.system, "notes", window)[0].person_ids) == {first, second}

    def test_an_unknown_stream_is_a_mistake(self, hubspot: HubSpotBench) -> None:
        with pytest.raises(ValueError, match="faxes"):
            read(hubspot.system, "faxes", up_to_now(hubspot))

    def test_deals_come_with_their_people(self, hubspot: HubSpotBench) -> None:
        people = hubspot.add(["a", "b"])
        deal = hubspot.portal.create("deals", {"dealname": "big"}).id
        for person in people:
            hubspot.portal.associate(("deals", deal), ("contacts", person))
        wanted = ["dealname", "associations.contacts"]
        for since in (None, START - SECOND):
            window = Window(since, hubspot.world.clock.now() + SECOND)
            rows = [row for page in hubspot.system.changed("deals", window, wanted) for row in page.rows]
            assert rows[0].fields == {"dealname": "big", "associations.contacts": ";".join(people)}

    def test_so_many_fields_that_no_address_holds_them_are_read_all_the_same(
        self, hubspot: HubSpotBench
    ) -> None:
        made = hubspot.add([f"n{number}" for number in range(250)])
        many = ["lastname", *(f"a_property_with_a_rather_long_name_{number}" for number in range(200))]
        for since in (None, START - SECOND):
            window = Window(since, hubspot.world.clock.now() + SECOND)
            rows = [row for page in hubspot.system.changed("contacts", window, many) for row in page.rows]
            assert sorted(row.id for row in rows) == sorted(made)
            assert all(row.fields["lastname"] for row in rows)


class TestSalesforceStreams:
    def happen(self, bench: SalesforceBench) -> str:
        lead = bench.add(["王"])[0]
        bench.org.log_task(
            {"WhoId": lead, "Subject": "Call", "TaskSubtype": "Call", "CallDurationInSeconds": 90}
        )
        bench.org.log_event(
            {"WhoId": lead, "Subject": "Visit", "StartDateTime": "2026-11-01T08:00:00.000+0000"}
        )
        return lead

    @pytest.mark.parametrize("first_load", [True, False])
    def test_calls_and_meetings_are_told(self, salesforce: SalesforceBench, first_load: bool) -> None:
        lead = self.happen(salesforce)
        salesforce.pass_time(minutes=1)
        window = Window(None, salesforce.world.clock.now()) if first_load else up_to_now(salesforce)
        found = [
            a
            for name in salesforce.system.capabilities.activity_streams
            for a in read(salesforce.system, name, window)
        ]
        assert Counter((a.kind, a.two_way) for a in found) == {(Kind.CALL, True): 1, (Kind.MEETING, True): 1}
        assert {a.person_ids for a in found} == {(lead,)}

    def test_a_bulk_first_load_gives_the_same_activities(self, salesforce: SalesforceBench) -> None:
        self.happen(salesforce)
        salesforce.pass_time(minutes=1)
        window = Window(None, salesforce.world.clock.now())
        bulk = salesforce.connect(bulk_from=1)
        for stream in ("tasks", "events"):
            assert read(bulk, stream, window) == read(salesforce.system, stream, window)
        assert any("/jobs/query" in path for path in salesforce.paths())
        bulk.close()

    def test_i32_a_field_hidden_while_connected_is_left_out_from_then_on(
        self, salesforce: SalesforceBench
    ) -> None:
        made = salesforce.add(["王"])
        window, wanted = up_to_now(salesforce), ["LastName", "Company"]
        assert salesforce.everything()[0].fields == {"LastName": "王"}
        list(salesforce.system.changed("Lead", window, wanted))
        salesforce.org.access.hide("Lead", "Company")
        rows = [row for page in salesforce.system.changed("Lead", window, wanted) for row in page.rows]
        assert [row.fields for row in rows] == [{"LastName": "王"}]
        salesforce.org.access.hide("Lead", "Title")
        assert [row.fields for row in salesforce.system.fetch("Lead", made, ["LastName", "Title"])] == [
            {"LastName": "王"}
        ]

    def test_a_bulk_job_that_is_no_longer_kept_is_begun_anew(self, salesforce: SalesforceBench) -> None:
        made = salesforce.add([f"n{number}" for number in range(2_100)])
        salesforce.pass_time(minutes=1)
        window = Window(None, salesforce.world.clock.now(), "bulk|750010000004C93EAE||2000")
        rows = [row for page in salesforce.system.changed("Lead", window, ["LastName"]) for row in page.rows]
        assert sorted(row.id for row in rows) == sorted(made)

    def test_a_bulk_result_with_rows_missing_is_not_taken_for_whole(
        self, salesforce: SalesforceBench
    ) -> None:
        salesforce.add([f"n{number}" for number in range(2_100)])
        salesforce.pass_time(minutes=1)
        system = salesforce.connect(retry=RetryPolicy(attempts=1))
        with cut_off(salesforce), pytest.raises(AnswerLostError):
            list(system.changed("Lead", Window(None, salesforce.world.clock.now()), ["LastName"]))
        system.close()

    def test_in_memory_it_is_the_same(self, salesforce: SalesforceBench) -> None:
        self.happen(salesforce)
        salesforce.pass_time(minutes=1)
        memory = MemoryOrg(salesforce.org, "crm", salesforce_understanding("crm"))
        window = up_to_now(salesforce)
        for stream in ("tasks", "events"):
            assert read(memory, stream, window) == read(salesforce.system, stream, window)

    def test_an_email_is_told_once_though_it_has_a_task(self, salesforce: SalesforceBench) -> None:
        lead = salesforce.add(["王"])[0]
        task = salesforce.org.log_task({"WhoId": lead, "Subject": "Email: price", "TaskSubtype": "Email"})
        mail = salesforce.org.create(
            "EmailMessage",
            {
                "Subject": "price",
                "TextBody": "多少钱",
                "Incoming": True,
                "FromAddress": "wang@example.com",
                "ActivityId": task,
                "MessageDate": "2026-11-02T08:00:00.000+0000",
            },
        )
        salesforce.org.create(
            "EmailMessageRelation",
            {
                "EmailMessageId": mail,
                "RelationId": lead,
                "RelationType": "FromAddress",
                "RelationAddress": "wang@example.com",
            },
        )
        salesforce.pass_time(minutes=1)
        window = up_to_now(salesforce)
        assert read(salesforce.system, "tasks", window) == []
        found = read(salesforce.system, "emails", window)
        assert [(a.kind, a.direction, a.person_ids) for a in found] == [
            (Kind.EMAIL_REPLY, Direction.IN, (lead,))
        ]

    def test_a_hidden_object_is_no_lack_of_activity(self, salesforce: SalesforceBench) -> None:
        salesforce.org.access.hide("EmailMessage", "Incoming")
        assert read(salesforce.system, "emails", up_to_now(salesforce)) == []
        assert salesforce.system.coverage()["email_reply"] == ("none", "field_hidden")

    def test_opportunities_come_with_people_and_the_day_they_were_won(
        self, salesforce: SalesforceBench
    ) -> None:
        org = salesforce.org
        account = org.create("Account", {"Name": "示例公司"})
        contacts = [org.create("Contact", {"LastName": name, "AccountId": account}) for name in "ab"]
        deal = org.create(
            "Opportunity",
            {"Name": "big", "AccountId": account, "StageName": "Prospecting", "CloseDate": "2026-12-31"},
        )
        for number, contact in enumerate(contacts):
            org.create(
                "OpportunityContactRole",
                {"OpportunityId": deal, "ContactId": contact, "IsPrimary": number == 1},
            )
        won = salesforce.pass_time(days=2)
        org.update("Opportunity", deal, {"StageName": "Closed Won"})
        salesforce.pass_time(days=2)
        org.update("Opportunity", deal, {"Amount": 5})
        salesforce.pass_time(minutes=1)
        wanted = ["Name", "IsWon", "OpportunityContactRole.ContactId", "OpportunityHistory.ClosedAt"]
        window = Window(None, salesforce.world.clock.now())
        for system in (salesforce.system, MemoryOrg(org, "crm")):
            rows = [row for page in system.changed("Opportunity", window, wanted) for row in page.rows]
            assert rows[0].fields == {
                "Name": "big",
                "IsWon": True,
                "OpportunityContactRole.ContactId": f"{contacts[1]};{contacts[0]}",
                "OpportunityHistory.ClosedAt": f"{won:%Y-%m-%dT%H:%M:%SZ}",
            }
