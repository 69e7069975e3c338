"""The traces that marketing leaves, as a connector finds them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.sandbox.hubspot.app import HubSpotApp
from connector.sandbox.hubspot.portal import Account, Portal
from connector.sandbox.hubspot.values import iso, to_ms
from connector.sandbox.world import World


def test_submissions_come_newest_first_without_a_contact_id(wire: Any, portal: Portal, world: World) -> None:
    form = portal.add_form("Demo request")
    for number in range(55):
        portal.submit_form(
            form.id, {"email": f"c{number}@x.com", "message": "报价"}, page_url="https://x/demo"
        )
        world.clock.advance(timedelta(minutes=1))
    path = f"/form-integrations/v1/submissions/forms/{form.id}"
    first = wire.call("GET", f"{path}?limit=50").body
    portal.submit_form(form.id, {"email": "late@x.com"})
    rest = wire.call("GET", f"{path}?limit=50&after={first['paging']['next']['after']}").body
    rows = first["results"] + rest["results"]
    assert [row["values"][0]["value"] for row in rows] == [f"c{n}@x.com" for n in range(54, -1, -1)]
    assert "paging" not in rest
    assert set(rows[0]) == {"conversionId", "submittedAt", "values", "pageUrl"}
    assert wire.call("GET", f"{path}?limit=51").status == 400
    assert wire.call("GET", "/form-integrations/v1/submissions/forms/none").status == 404


def test_a_submission_makes_or_updates_the_contact(portal: Portal) -> None:
    form = portal.add_form("Demo")
    portal.submit_form(form.id, {"email": "a@b.com", "firstname": "A", "budget": "lots"})
    portal.submit_form(form.id, {"email": "A@b.com", "firstname": "B"})
    contact = portal.get("contacts", "a@b.com", id_property="email")
    assert contact.properties["num_conversion_events"] == "2"
    assert contact.properties["recent_conversion_event_name"].endswith(": Demo")
    assert portal.history("contacts", contact.id, "firstname")[0].source.kind == "FORM"


def test_page_views_need_enterprise_but_leave_a_history(wire: Any, portal: Portal, world: World) -> None:
    contact = portal.create("contacts", {"email": "a@b.com"})
    for page in ("/", "/pricing", "/demo"):
        world.clock.advance(timedelta(minutes=1))
        portal.page_view(contact.id, f"https://x.com{page}")
    since = iso(world.clock.now() - timedelta(minutes=1, seconds=30)).replace("+", "%2B")
    path = f"/events/event-occurrences/2026-09?eventType=e_visited_page&occurredAfter={since}&sort=occurredAt"
    seen = wire.call("GET", path).body["results"]
    assert [event["properties"]["hs_url"] for event in seen] == [
        "https://x.com/pricing",
        "https://x.com/demo",
    ]
    assert wire.call("GET", f"/events/v3/events/?objectId={contact.id}&limit=2").body["paging"]
    portal.account.tier = "PROFESSIONAL"
    refused = wire.call("GET", path)
    assert (refused.status, refused.body["category"]) == (403, "MISSING_SCOPES")
    urls = [version.value for version in portal.history("contacts", contact.id, "hs_analytics_last_url")]
    assert urls == ["https://x.com/demo", "https://x.com/pricing", "https://x.com/"]


def test_email_events_are_read_one_type_at_a_time_in_closed_windows(
    wire: Any, portal: Portal, world: World
) -> None:
    contact = portal.create("contacts", {"email": "a@b.com"})
    noon = world.clock.now()
    start = to_ms(noon)
    for number in range(3):
        portal.email_event("OPEN", "a@b.com", at=noon + timedelta(seconds=number))
    portal.email_event("OPEN", "a@b.com", filtered=True)
    portal.email_event("CLICK", "a@b.com", url="https://x.com")
    path = f"/email/public/v1/events?eventType=OPEN&startTimestamp={start}&endTimestamp={start + 2_000}"
    window = wire.call("GET", f"{path}&excludeFilteredEvents=true&limit=1").body
    assert window["hasMore"] is True
    assert [event["created"] - start for event in window["events"]] == [1_000]
    assert len(wire.call("GET", f"{path}&limit=100").body["events"]) == 3
    assert wire.call("GET", "/email/public/v1/events?eventType={OPEN,CLICK}").status == 400
    assert wire.call("GET", "/email/public/v1/events?limit=1001").status == 400
    assert portal.get("contacts", contact.id).properties["hs_email_open"] == "3"


def test_participations_are_paged_and_narrowed(wire: Any, portal: Portal, world: World) -> None:
    now = world.clock.now()
    event = portal.add_marketing_event("Webinar", start=now, end=now + timedelta(hours=1))
    people = [portal.create("contacts", {"email": f"{n}@x.com"}) for n in range(3)]
    for contact in people:
        portal.participate(event.id, contact.id, "REGISTERED")
    portal.participate(event.id, people[0].id, "ATTENDED", minutes=42)
    for root in ("/marketing/v3/marketing-events", "/marketing/marketing-events/2026-09"):
        listed = wire.call("GET", f"{root}?limit=100").body["results"]
        assert [(row["objectId"], row["attendees"]) for row in listed] == [(event.id, 1)]
        came = wire.call("GET", f"{root}/participations/{event.id}/breakdown?state=ATTENDED").body["results"]
        assert came[0]["properties"]["attendanceDurationSeconds"] == 42 * 60
        assert came[0]["associations"]["contact"]["contactId"] == people[0].id
    page = wire.call("GET", f"{root}/participations/{event.id}/breakdown?limit=3").body
    assert page["paging"]["next"]["after"] == "3"
    mine = wire.call("GET", f"{root}/participations/contacts/0@x.com/breakdown").body
    assert mine["total"] == 2


def test_a_reply_is_seen_on_the_contact(portal: Portal) -> None:
    contact = portal.create("contacts", {"email": "a@b.com"})
    mail = portal.log_activity(
        "emails", contact.id, {"hs_email_direction": "INCOMING_EMAIL", "hs_email_text": "yes"}
    )
    facts = portal.get("contacts", contact.id).properties
    assert facts["hs_sales_email_last_replied"] == mail.properties["hs_timestamp"]
    assert facts["num_contacted_notes"] == "1"


@pytest.mark.parametrize(
    ("tier", "burst", "daily"), [("STARTER", 100, 250_000), ("PROFESSIONAL", 190, 625_000)]
)
def test_limits_follow_the_tier(world: World, tier: str, burst: int, daily: int) -> None:
    meter = HubSpotApp(Portal(world, account=Account(tier=tier))).meter
    assert (meter.burst_limit, meter.daily_limit) == (burst, daily)
