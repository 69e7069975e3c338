"""Webhooks out: what is told, how it is signed, and that it comes again until taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Source
from connector.sandbox.hubspot.webhooks import (
    MAX_ATTEMPTS,
    OutgoingRequest,
    post,
    signature_v1,
    signature_v2,
    signature_v3,
)
from connector.sandbox.world import World

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URL = "https://www.example.com/webhook_uri"
EXAMPLE = b"{'example_field':'example_value'}"
TARGET = "https://baton.example/hooks/hubspot?x=a%20b"


class Receiver:
    """Takes deliveries and answers with the next status."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.requests: list[OutgoingRequest] = []

    def __call__(self, request: OutgoingRequest) -> int:
        self.requests.append(request)
        return self.statuses.pop(0) if self.statuses else 204

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for request in self.requests for event in orjson.loads(request.body)]


@pytest.fixture
def hooked(portal: Portal) -> Portal:
    portal.webhooks.settings.target_url = TARGET
    for event in ("creation", "deletion", "merge", "restore", "privacyDeletion", "associationChange"):
        portal.webhooks.subscribe(f"contact.{event}")
    portal.webhooks.subscribe("contact.propertyChange", property_name="firstname")
    return portal


def test_the_documented_signatures_come_out() -> None:
    body = (
        b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
        b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM",'
        b'"changeFlag":"NEW","appId":54321}]'
    )
    assert signature_v1(SECRET, body) == "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"
    assert (
        signature_v2(SECRET, "GET", URL, b"")
        == "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"
    )
    assert (
        signature_v2(SECRET, "POST", URL, EXAMPLE)
        == "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"
    )
    assert (
        signature_v3(SECRET, "POST", URL, body=EXAMPLE, timestamp="1693657560000")
        == "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="
    )


def test_only_some_escapes_are_undone_before_signing() -> None:
    def sign(url: str) -> str:
        return signature_v3(SECRET, "POST", url, body=b"", timestamp="1")

    assert sign("https://a.b/c?d=e%3af%2Cg") == sign("https://a.b/c?d=e:f,g")
    assert sign("https://a.b/c?d=e%20f") != sign("https://a.b/c?d=e f")
    assert sign("https://a.b/c?d=e%26f") != sign("https://a.b/c?d=e&f")


def test_a_delivery_is_an_array_signed_twice_over_its_raw_bytes(hooked: Portal, world: World) -> None:
    receiver = Receiver()
    made = hooked.create("contacts", {"firstname": "王"}, source=Source.app(9_393_361))
    assert hooked.webhooks.pump(receiver) == 1
    request = receiver.requests[0]
    stamp = request.headers["X-HubSpot-Request-Timestamp"]
    assert stamp == str(hooked.now_ms())
    assert request.headers["X-HubSpot-Signature"] == signature_v1(SECRET, request.body)
    assert request.headers["X-HubSpot-Signature-v3"] == signature_v3(
        SECRET, "POST", TARGET, body=request.body, timestamp=stamp
    )
    creation, change = receiver.events
    assert (creation["subscriptionType"], creation["objectId"]) == ("contact.creation", made.key)
    assert (creation["changeSource"], creation["sourceId"]) == ("INTEGRATION", "9393361")
    assert (change["propertyName"], change["propertyValue"]) == ("firstname", "王")
    assert hooked.webhooks.pump(receiver) == 0


def test_people_are_named_as_the_source_of_their_edits(hooked: Portal) -> None:
    receiver = Receiver()
    made = hooked.create("contacts", {})
    hooked.update("contacts", made.id, {"firstname": "A"}, source=Source.person(98_499_705))
    hooked.update("contacts", made.id, {"firstname": "A", "lastname": "B"})
    hooked.webhooks.pump(receiver)
    changes = [event for event in receiver.events if event["subscriptionType"] == "contact.propertyChange"]
    assert [(event["changeSource"], event["sourceId"]) for event in changes] == [
        ("CRM_UI", "userId:98499705")
    ]


def act_delete(portal: Portal) -> None:
    portal.archive("contacts", portal.create("contacts", {}).id)


def act_restore(portal: Portal) -> None:
    made = portal.create("contacts", {})
    portal.archive("contacts", made.id)
    portal.restore_record("contacts", made.id)


def act_merge(portal: Portal) -> None:
    portal.merge("contacts", portal.create("contacts", {}).id, portal.create("contacts", {}).id)


def act_erase(portal: Portal) -> None:
    portal.gdpr_delete(portal.create("contacts", {}).id)


def act_link(portal: Portal) -> None:
    company = portal.create("companies", {"name": "C"})
    portal.associate(("contacts", portal.create("contacts", {}).id), ("companies", company.id))


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (act_delete, ["creation", "deletion"]),
        (act_restore, ["creation", "deletion", "restore"]),
        (act_merge, ["creation", "creation", "merge"]),
        (act_erase, ["creation", "privacyDeletion", "deletion"]),
        (act_link, ["creation", "associationChange", "associationChange"]),
    ],
)
def test_what_happens_is_told(hooked: Portal, act: Callable[[Portal], None], told: list[str]) -> None:
    receiver = Receiver()
    act(hooked)
    hooked.webhooks.pump(receiver)
    assert [event["subscriptionType"].partition(".")[2] for event in receiver.events] == told


def test_generic_subscriptions_name_the_object_type(portal: Portal) -> None:
    portal.webhooks.settings.target_url = TARGET
    portal.webhooks.subscribe("object.creation", object_type_id="0-46")
    contact = portal.create("contacts", {})
    note = portal.log_activity("notes", contact.id, {"hs_note_body": "x"})
    receiver = Receiver()
    portal.webhooks.pump(receiver)
    assert [(event["objectTypeId"], event["objectId"]) for event in receiver.events] == [("0-46", note.key)]


@pytest.mark.parametrize("status", [0, 302, 404, 500])
def test_anything_but_2xx_comes_again_with_its_attempt_counted(
    hooked: Portal, world: World, status: int
) -> None:
    receiver = Receiver(status, status)
    hooked.create("contacts", {})
    assert hooked.webhooks.pump(receiver) == 0
    assert hooked.webhooks.pump(receiver) == 0
    assert len(receiver.requests) == 1
    for _ in range(2):
        world.clock.advance(timedelta(hours=1))
        hooked.webhooks.pump(receiver)
    assert [event["attemptNumber"] for event in receiver.events] == [0, 1, 2]
    assert hooked.webhooks.pending == 0


def test_after_ten_retries_within_a_day_it_gives_up(hooked: Portal, world: World) -> None:
    receiver = Receiver(*[500] * 50)
    hooked.create("contacts", {})
    for _ in range(60):
        hooked.webhooks.pump(receiver)
        world.clock.advance(timedelta(minutes=30))
    assert len(receiver.requests) == MAX_ATTEMPTS
    assert (hooked.webhooks.pending, hooked.webhooks.abandoned) == (0, 1)


def test_batches_hold_at_most_a_hundred_events(hooked: Portal) -> None:
    for _ in range(230):
        hooked.create("contacts", {})
    receiver = Receiver()
    hooked.webhooks.pump(receiver)
    assert [len(orjson.loads(request.body)) for request in receiver.requests] == [100, 100, 30]


def test_duplicates_and_disorder_on_request(hooked: Portal) -> None:
    hooked.webhooks.settings.duplicate_every = 2
    hooked.webhooks.settings.shuffle = True
    for _ in range(20):
        hooked.create("contacts", {})
    receiver = Receiver()
    hooked.webhooks.pump(receiver)
    ids = [event["eventId"] for event in receiver.events]
    assert (len(ids), len(set(ids))) == (30, 20)
    assert ids != sorted(ids)


def test_a_late_commit_is_told_when_it_shows(hooked: Portal, world: World) -> None:
    receiver = Receiver()
    hooked.create("contacts", {}, late=timedelta(seconds=10))
    assert hooked.webhooks.pump(receiver) == 0
    world.clock.advance(timedelta(seconds=11))
    assert hooked.webhooks.pump(receiver) == 1


@pytest.mark.parametrize("name", ["hs_lastmodifieddate", "num_unique_conversion_events"])
def test_some_properties_cannot_be_subscribed_to(portal: Portal, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        portal.webhooks.subscribe("contact.propertyChange", property_name=name)


def test_nobody_listening_is_no_answer() -> None:
    assert post(OutgoingRequest("http://127.0.0.1:9/hook", {}, b"[]")) == 0


def test_waiting_events_survive_a_snapshot(hooked: Portal, world: World) -> None:
    hooked.create("contacts", {})
    hooked.webhooks.pump(Receiver(500))
    hooked.create("contacts", {})
    again = Portal(world)
    again.restore(hooked.snapshot())
    world.clock.advance(timedelta(hours=1))
    receiver = Receiver()
    again.webhooks.pump(receiver)
    assert sorted(event["attemptNumber"] for event in receiver.events) == [0, 1]
