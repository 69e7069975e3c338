"""Webhooks: stored once and after checking, answered after the commit, and never believed."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from connector.sandbox.hubspot.webhooks import OutgoingRequest
from connector.sandbox.salesforce.outbound import Subscription
from connector.store.engine import Store
from connector.sync.inbox import drain
from connector.sync.results import RoundResult
from tests.sync.bench import Desk
from tests.webhooks.door import HUBSPOT, LATER, ORGANIZATION, PATH, PUBLIC, SALESFORCE, SECRET, Door, event
from webhooks.receivers import long_id

NOTE = (
    "<Notification><Id>{id}</Id><sObject xsi:type='sf:Lead' xmlns:sf='urn:x'><sf:Id>{record}</sf:Id></sObject>"
    "</Notification>"
)
BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]><lolz>&lol3;</lolz>"""


def message(*records: str, organization: str = ORGANIZATION) -> bytes:
    notes = "".join(NOTE.format(id=f"04l{n:012}AAA", record=record) for n, record in enumerate(records))
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        f'<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>{organization}</OrganizationId>'
        f"{notes}</notifications></soapenv:Body></soapenv:Envelope>"
    ).encode()


# HubSpot


def test_events_are_stored_answered_empty_and_the_bell_rings_once(door: Door) -> None:
    answer = door.events(event(1), event(2, 2))
    assert (answer.status_code, answer.data) == (200, b"")
    assert (door.waiting(), door.rung) == (2, ["sync_round"])


def test_a_secret_that_is_being_replaced_still_counts(door: Door) -> None:
    assert door.events(event(1), secret="older-secret").status_code == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"secret": "another"}, "signature_mismatch"),
        ({"headers": {"X-HubSpot-Signature-v3": ""}}, "signature_missing"),
        ({"headers": {"X-HubSpot-Request-Timestamp": "yesterday"}}, "signature_mismatch"),
    ],
)
def test_a_bad_signature_stores_nothing_and_says_why(door: Door, change: dict[str, Any], code: str) -> None:
    answer = door.events(event(1), **change)
    assert (answer.status_code, answer.get_json()["code"]) == (401, code)
    assert (door.waiting(), door.rung) == (0, [])


def test_an_old_and_a_future_time_are_refused(door: Door) -> None:
    now = door.desk.world.clock.now()
    assert door.events(event(1), at=now - LATER).get_json()["code"] == "signature_stale"
    assert door.events(event(1), at=now + LATER).get_json()["code"] == "signature_future"
    assert door.waiting() == 0


def test_the_signature_covers_the_body_and_the_whole_public_address(door: Door) -> None:
    assert door.as_hubspot(b"[]", path=f"{HUBSPOT}?a=%20b&c=%3A1").status_code == 200
    signed = door.as_hubspot(b"[]", path=f"{HUBSPOT}?a=1").request.headers
    forged = door.app.test_client().post(f"{HUBSPOT}?a=2", data=b"[]", headers=dict(signed))
    assert forged.status_code == 401


def test_five_megabytes_are_refused_without_being_read(door: Door) -> None:
    answer = door.as_hubspot(b"[" + b" " * 5_000_000 + b"]")
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
    assert door.waiting() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400), (b"", 400), (b"\xff\xfe", 400), (b'{"eventId": 1}', 400), (b"[1]", 400), (b"[" * 20_000, 400),
        (b"[" + b",".join([b"{}"] * 1001) + b"]", 413),
    ],
)  # fmt: skip
def test_broken_json_is_refused(door: Door, body: bytes, status: int) -> None:
    assert door.as_hubspot(body).status_code == status
    assert door.waiting() == 0


def test_repeats_are_stored_once_whatever_their_attempt_and_batch(door: Door) -> None:
    door.events(event(1), event(2, 2))
    again = door.events(event(2, 2, attemptNumber=1), event(1, attemptNumber=3))
    assert (again.status_code, door.waiting(), door.rung) == (200, 2, ["sync_round"])


def test_the_same_event_id_at_another_time_or_record_is_another_event(door: Door) -> None:
    door.events(event(1), event(2), event(1, occurredAt=1), event(1, subscriptionId=7))
    assert door.waiting() == 4


def test_nothing_is_answered_well_before_it_is_stored(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Any:
        raise OSError("disk full")

    monkeypatch.setattr(Store, "begin", refuse)
    answer = door.events(event(1))
    assert (answer.status_code, answer.get_json()["code"], door.rung) == (500, "failed", [])
    assert "disk full" not in answer.text


def test_another_portal_and_an_unknown_connection_are_refused(ajar: Any) -> None:
    door = ajar()
    marketing = door.app.extensions["baton"].settings.marketing
    strict = ajar(marketing=marketing.model_copy(update={"organization_id": "62515"}))
    assert strict.events(event(1)).status_code == 200
    assert strict.events(event(1, portalId=1)).get_json()["code"] == "wrong_organization"
    assert door.events(event(1), path="/webhooks/hubspot/crm").status_code == 404
    closed = ajar(marketing=marketing.model_copy(update={"webhook_secret": type(marketing.token)("")}))
    assert closed.events(event(1)).get_json()["code"] == "no_secret"


def test_with_every_webhook_thrice_in_any_order_the_state_is_the_same(desk: Desk, door: Door) -> None:
    hooks = desk.portal.webhooks
    hooks.settings.target_url, hooks.settings.secret = PUBLIC + HUBSPOT, SECRET
    hooks.settings.shuffle = True
    hooks.subscribe("contact.creation")
    hooks.subscribe("contact.propertyChange", property_name="email")
    kept: list[OutgoingRequest] = []

    def deliver(request: OutgoingRequest) -> int:
        kept.append(request)
        return door.deliver(request)

    contacts = [desk.contact() for _ in range(3)]
    desk.portal.update("contacts", contacts[0].id, {"email": "new@firm.example.com"})
    desk.wait(seconds=30)
    hooks.pump(deliver)
    stored = door.waiting()
    assert (stored > 3, hooks.pending) == (True, 0)
    for request in random.Random(1).sample(kept * 3, len(kept) * 3):
        assert door.deliver(request) == 200
    assert door.waiting() == stored
    drain(desk.engine, RoundResult())
    assert door.waiting() == 0
    assert desk.mirrored(contacts[0]).fields["email"] == "new@firm.example.com"


# Salesforce


def test_a_message_is_acknowledged_after_it_is_stored(door: Door) -> None:
    answer = door.outbound(message("00Q000000000001AAA", "00Q000000000002"))
    assert answer.status_code == 200
    assert b"<Ack>true</Ack>" in answer.data
    assert (door.waiting(), door.rung) == (2, ["sync_round"])


def test_a_repeated_notification_is_acknowledged_and_stored_once(door: Door) -> None:
    door.outbound(message("00Q000000000001AAA"))
    again = door.outbound(message("00Q000000000001AAA"))
    assert (again.status_code, door.waiting(), door.rung) == (200, 1, ["sync_round"])


@pytest.mark.parametrize("body", [BOMB, b"", b"<a>", b"{}", message()[:-5]])
def test_entity_bombs_and_broken_xml_are_refused_and_not_acknowledged(door: Door, body: bytes) -> None:
    answer = door.outbound(body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed_message")
    assert b"Ack" not in answer.data
    assert door.waiting() == 0


def test_five_megabytes_of_xml_are_refused(door: Door) -> None:
    assert door.outbound(message() + b" " * 5_000_000).status_code == 413


def test_the_other_form_of_the_same_organisation_id_is_the_same(door: Door) -> None:
    assert door.outbound(message("00Q000000000001AAA", organization=ORGANIZATION[:15])).status_code == 200
    wrong = door.outbound(message("00Q000000000002AAA", organization="00D000000000009AAA"))
    assert (wrong.status_code, wrong.get_json()["code"]) == (403, "wrong_organization")


def test_without_the_secret_in_the_path_nothing_is_there(door: Door) -> None:
    for secret in ("wrong", PATH + "x", "%F0%9F%98%80"):
        assert door.outbound(message(), f"/webhooks/salesforce/crm/{secret}").status_code == 404
    assert door.outbound(message(), f"/webhooks/salesforce/marketing/{PATH}").status_code == 404
    assert door.waiting() == 0


def test_a_changed_lead_is_read_again_from_the_org_s_own_message(desk: Desk, ajar: Any) -> None:
    door = ajar()
    crm = door.app.extensions["baton"].settings.crm
    door = ajar(crm=crm.model_copy(update={"organization_id": desk.org.org_id}))
    desk.org.outbound.subscribe(Subscription("Lead", ("Id", "LastName"), PUBLIC + SALESFORCE))
    lead = desk.org.create("Lead", {"LastName": "王", "Company": "Acme", "Email": "w@acme.com"})
    assert desk.org.outbound.pump(door.deliver_message) == 1
    result = RoundResult()
    drain(desk.engine, result)
    assert result.of("crm", "Lead").changed == 1
    assert desk.rows("SELECT remote_id FROM mirror WHERE object = 'Lead'") == [(lead,)]


@pytest.mark.parametrize(
    ("short", "long"),
    [("001D000000IqhSL", "001D000000IqhSLIAZ"), ("00Q000000000001AAA", "00Q000000000001AAA"), ("", "")],
)
def test_a_short_record_id_gets_its_three_last_characters(short: str, long: str) -> None:
    assert long_id(short) == long


def test_every_subset_of_capitals_has_its_own_suffix() -> None:
    ids = ["".join(part) + "0" * 10 for part in itertools.product("aA", repeat=5)]
    assert len({long_id(id_)[15] for id_ in ids}) == 32
