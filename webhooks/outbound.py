"""Reads a Salesforce outbound message: a SOAP envelope with up to 100 notifications. Refuses DTDs and entities.

A message is a hint: only the organisation and the record ids are taken from it, the records are read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)
"""The only answer after which Salesforce does not send the message again."""


class MalformedMessageError(ValueError):
    """Not an outbound message: broken XML, an entity or DTD, or a missing part. The text says which."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification: its own id (the same on every repeat) and the record that it hints at."""

    id: str
    object: str
    record_id: str


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """A parsed message."""

    organization_id: str
    notifications: tuple[Notification, ...]


def parse(body: bytes) -> OutboundMessage:
    """Read a message. Raises MalformedMessageError."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as exc:
        raise MalformedMessageError("document type or entity declarations are refused") from exc
    except (ParseError, ValueError, LookupError) as exc:
        raise MalformedMessageError("not well-formed XML") from exc
    message = root.find(f"{SOAP}Body/{OUTBOUND}notifications")
    if message is None:
        raise MalformedMessageError("no notifications element")
    organization = message.findtext(f"{OUTBOUND}OrganizationId") or ""
    if not organization:
        raise MalformedMessageError("no OrganizationId")
    return OutboundMessage(organization, tuple(_notifications(message)))


def _notifications(message: Element) -> list[Notification]:
    found = []
    for element in message.iterfind(f"{OUTBOUND}Notification"):
        record = element.find(f"{OUTBOUND}sObject")
        own_id = element.findtext(f"{OUTBOUND}Id") or ""
        if record is None or not own_id:
            raise MalformedMessageError("a notification without Id or sObject")
        record_id = next((child.text or "" for child in record if child.tag.rpartition("}")[2] == "Id"), "")
        if record_id:  # A record deleted before sending comes without content: nothing to hint at.
            found.append(Notification(own_id, record.get(TYPE, "").rpartition(":")[2], record_id))
    return found
