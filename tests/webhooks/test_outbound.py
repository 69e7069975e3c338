"""Outbound messages: what is taken from them, and what is refused."""

from __future__ import annotations

import pytest

from webhooks.outbound import MalformedMessageError, Notification, parse

ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
<notifications xmlns="http://soap.sforce.com/2005/09/outbound">{organization}{notification}</notifications>
</soapenv:Body></soapenv:Envelope>"""
ORGANIZATION = "<OrganizationId>00D000000000001AAA</OrganizationId>"
NOTIFICATION = """<Notification><Id>04l000000000001AAA</Id>
<sObject xsi:type="sf:Lead" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
<sf:Id>00Q000000000001AAA</sf:Id><sf:LastName>王</sf:LastName></sObject></Notification>"""


def message(organization: str = ORGANIZATION, notification: str = NOTIFICATION) -> bytes:
    return ENVELOPE.format(organization=organization, notification=notification).encode()


def test_ids_and_type_are_read() -> None:
    parsed = parse(message())
    assert parsed.organization_id == "00D000000000001AAA"
    assert parsed.notifications == (Notification("04l000000000001AAA", "Lead", "00Q000000000001AAA"),)


def test_a_record_deleted_before_sending_is_no_hint() -> None:
    empty = '<Notification><Id>04l</Id><sObject xsi:type="sf:Lead"/></Notification>'
    assert parse(message(notification=empty)).notifications == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff",
        b"<a>",
        b"<a/>",
        message(organization=""),
        message(notification="<Notification><Id>04l</Id></Notification>"),
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x SYSTEM "file:///etc/hostname"><x/>',
        b'<?xml version="1.0" encoding="no-such"?><x/>',
    ],
)
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedMessageError):
        parse(body)
