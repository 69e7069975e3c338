"""Outbound messages: what is sent, until when, and in what shape."""

from __future__ import annotations

from datetime import timedelta

import pytest
from defusedxml import ElementTree
from werkzeug.wrappers import Request, Response

from connector.sandbox.http import WireApp, serve
from connector.sandbox.salesforce.outbound import OutgoingCall, Subscription, post

ACK = (
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    b"</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)
NS = {"o": "http://soap.sforce.com/2005/09/outbound", "sf": "urn:sobject.enterprise.soap.sforce.com"}


class Receiver:
    """Keeps what arrives and answers as it is told."""

    def __init__(self) -> None:
        self.calls: list[OutgoingCall] = []
        self.answer: tuple[int, bytes] = (200, ACK)

    def __call__(self, call: OutgoingCall) -> tuple[int, bytes]:
        self.calls.append(call)
        return self.answer

    def ids(self) -> list[str]:
        """Notification ids in the order of arrival."""
        trees = [ElementTree.fromstring(call.body) for call in self.calls]
        return [found.text for tree in trees for found in tree.iterfind(".//o:Notification/o:Id", NS)]


@pytest.fixture
def receiver(org) -> Receiver:
    wanted = ("Company", "LastName", "Status", "Title")
    org.outbound.subscribe(Subscription("Lead", wanted, "http://127.0.0.1/hook", when=("Status",)))
    return Receiver()


def test_a_change_of_a_watched_field_is_sent_once_and_acknowledged(org, lead, receiver):
    record_id = lead(Title="R & D")
    org.update("Lead", record_id, {"Title": "<b>"})
    assert org.outbound.pump(receiver) == 1
    assert org.outbound.pump(receiver) == 0
    body = ElementTree.fromstring(receiver.calls[0].body).find(".//o:notifications", NS)
    children = [child.tag.rpartition("}")[2] for child in body]
    assert children == [
        "OrganizationId",
        "ActionId",
        "SessionId",
        "EnterpriseUrl",
        "PartnerUrl",
        "Notification",
    ]
    assert body.find("o:OrganizationId", NS).text == org.org_id
    assert body.find("o:SessionId", NS).text is None
    assert body.find(".//sf:Id", NS).text == record_id
    assert body.find(".//sf:Title", NS).text == "<b>", "the state at the time of sending"
    assert receiver.ids()[0].startswith("04l")


@pytest.mark.parametrize(
    "answer", [(500, b""), (0, b""), (200, b"ok"), (200, ACK.replace(b"true", b"false"))]
)
def test_without_an_acknowledgement_it_comes_again_with_doubled_waits(org, lead, receiver, world, answer):
    lead()
    receiver.answer = answer
    org.outbound.pump(receiver)
    org.outbound.pump(receiver)
    assert len(receiver.calls) == 1
    waits = []
    for _ in range(3):
        wait = 0
        while org.outbound.queue[0].due > world.clock.now():
            world.clock.advance(timedelta(seconds=15))
            wait += 15
        waits.append(wait)
        org.outbound.pump(receiver)
    assert waits == [15, 30, 60]
    assert len(set(receiver.ids())) == 1
    receiver.answer = (200, ACK)
    world.clock.advance(timedelta(hours=2))
    assert org.outbound.pump(receiver) == 1


def test_after_a_day_it_is_dropped_and_listed(org, lead, receiver, world):
    lead()
    world.clock.advance(timedelta(hours=24))
    assert org.outbound.pump(receiver) == 0
    assert receiver.calls == []
    assert len(org.outbound.failed) == 1


def test_at_most_100_in_one_message(org, receiver, lead):
    for _ in range(120):
        lead()
    org.outbound.pump(receiver)
    assert [call.body.count(b"<Notification>") for call in receiver.calls] == [100, 20]


def test_a_deleted_record_is_sent_empty(org, receiver, lead):
    org.delete("Lead", lead())
    org.outbound.pump(receiver)
    assert ElementTree.fromstring(receiver.calls[0].body).find(".//sf:LastName", NS) is None


def test_duplicates_and_disorder_come_by_switch(org, receiver, lead):
    for _ in range(2):
        lead()
    order = [notice.notice_id for notice in org.outbound.queue]
    org.world.switches.salesforce_outbound_duplicates = True
    org.world.switches.salesforce_outbound_disorder = True
    org.outbound.pump(receiver)
    assert receiver.ids() == [order[1], order[1], order[0], order[0]]


def test_a_muted_user_and_a_refused_write_send_nothing(org, receiver, lead):
    org.outbound.subscriptions[0].muted_users.add(org.api_user_id)
    record_id = lead()
    org.outbound.subscriptions[0].muted_users.clear()
    org.forbid("Lead", "Status = 'Bad'", "no")
    with pytest.raises(Exception, match="no"):
        org.update("Lead", record_id, {"Status": "Bad"})
    assert org.outbound.pump(receiver) == 0


def test_a_message_is_posted_for_real_and_a_dead_address_is_status_0(org, lead, world):
    arrived: list[bytes] = []

    def hook(request: Request) -> Response:
        arrived.append(request.get_data())
        return Response(ACK, mimetype="text/xml")

    listener = WireApp(world.faults)
    listener.route("POST", "/hook", hook)
    server = serve(listener)
    org.outbound.subscribe(Subscription("Lead", ("Company",), f"{server.url}/hook"))
    lead()
    assert org.outbound.pump() == 1
    assert b"<sf:Company>Acme</sf:Company>" in arrived[0]
    server.stop()
    lead()
    assert org.outbound.pump() == 0
    assert post(org.outbound.message(org.outbound.queue)) == (0, b"")
