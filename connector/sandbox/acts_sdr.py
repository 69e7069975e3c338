"""What people of marketing do in HubSpot: ask for a hand-off, call, meet, write notes, correct facts."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from connector.sandbox.hubspot.values import iso
from connector.sandbox.people import Act, ActError, Cast, Done, hubspot, salesforce
from connector.sandbox.salesforce.values import wire_time

REQUESTED = {"hubspot": "baton_handoff_requested", "salesforce": "Baton_Handoff_Requested__c"}


class RequestHandOff(Act):
    """An SDR asks for a hand-off, by setting *Hand-off requested* to the present time."""

    lead: str = Field(description="id or e-mail of the contact, in Salesforce of the lead or contact")
    system: Literal["hubspot", "salesforce"] = "hubspot"

    def perform(self, cast: Cast) -> list[Done]:
        now, name = cast.portal.world.clock.now(), REQUESTED[self.system]
        if self.system == "hubspot":
            if not cast.portal.schemas["contacts"].known(name):
                raise ActError(f"HubSpot's contacts have no property {name}: run `baton provision` first")
            found = cast.contact(self.lead)
            source = cast.marketer(self.who)
            cast.portal.update("contacts", found.id, {name: iso(now)}, source=source)
            return [hubspot("contacts", found.id)]
        kind, row = cast.sales_person(self.lead)
        if not cast.has_field(kind, name):
            raise ActError(f"Salesforce's {kind} has no field {name}: run `baton provision` first")
        user = cast.rep(self.who, row)
        cast.org.update(kind, row["Id"], {name: wire_time(now)}, as_user=user, auto_assign=False)
        return [salesforce(kind, row["Id"])]


class LogCall(Act):
    """An SDR logs a call in HubSpot; one that nobody answered is no contact."""

    lead: str = Field(description="id or e-mail of the contact")
    answered: bool = True
    text: str = ""
    minutes: int = Field(default=6, ge=0)

    def perform(self, cast: Cast) -> list[Done]:
        spent = self.minutes * 60_000 if self.answered else 0
        values = {
            "hs_call_title": "Call",
            "hs_call_body": self.text,
            "hs_call_direction": "OUTBOUND",
            "hs_call_status": "COMPLETED" if self.answered else "NO_ANSWER",
            "hs_call_duration": str(spent),
        }
        return _logged(cast, "calls", self, values)


class LogMeeting(Act):
    """An SDR logs a meeting that has just taken place, or that the customer missed."""

    lead: str = Field(description="id or e-mail of the contact")
    answered: bool = Field(default=True, description="whether the customer came")
    text: str = ""

    def perform(self, cast: Cast) -> list[Done]:
        now = iso(cast.portal.world.clock.now())
        values = {
            "hs_meeting_title": "Meeting",
            "hs_meeting_body": self.text,
            "hs_meeting_start_time": now,
            "hs_meeting_end_time": now,
            "hs_meeting_outcome": "COMPLETED" if self.answered else "NO_SHOW",
        }
        return _logged(cast, "meetings", self, values)


class WriteNote(Act):
    """Somebody of marketing writes a note on a contact."""

    lead: str = Field(description="id or e-mail of the contact")
    text: str

    def perform(self, cast: Cast) -> list[Done]:
        return _logged(cast, "notes", self, {"hs_note_body": self.text})


class EditContact(Act):
    """Somebody of marketing corrects properties of a contact: name, e-mail, anything that people may write."""

    lead: str = Field(description="id or e-mail of the contact")
    values: dict[str, str]

    def perform(self, cast: Cast) -> list[Done]:
        found = cast.contact(self.lead)
        cast.portal.update("contacts", found.id, self.values, source=cast.marketer(self.who))
        return [hubspot("contacts", found.id)]


class EditCompany(Act):
    """Somebody of marketing corrects facts of the company that a contact belongs to, such as revenue or head count."""

    lead: str = Field(description="id or e-mail of a contact of the company")
    values: dict[str, str]

    def perform(self, cast: Cast) -> list[Done]:
        found = cast.contact(self.lead)
        company = found.properties.get("associatedcompanyid")
        if not company:
            raise ActError(f"contact {found.id} belongs to no company")
        cast.portal.update("companies", company, self.values, source=cast.marketer(self.who))
        return [hubspot("companies", company)]


class CreateContact(Act):
    """Somebody of marketing enters a contact by hand, where wanted at a new company."""

    values: dict[str, str]
    company: dict[str, str] = Field(default_factory=dict, description="properties of a new company")

    def perform(self, cast: Cast) -> list[Done]:
        source = cast.marketer(self.who)
        made = cast.portal.create("contacts", self.values, source=source)
        # HubSpot states by itself where a contact came from; one typed in came from no site (not verified: a calculated
        # property that no write can set).
        cast.portal.calculate("contacts", made.id, {"hs_analytics_source": "OFFLINE"})
        if not self.company:
            return [hubspot("contacts", made.id)]
        firm = cast.portal.create("companies", self.company, source=source)
        cast.portal.associate(("contacts", made.id), ("companies", firm.id), source=source)
        return [hubspot("contacts", made.id), hubspot("companies", firm.id)]


def _logged(cast: Cast, kind: str, act: Any, values: dict[str, str]) -> list[Done]:
    found, owner = cast.contact(act.lead), cast.owner(act.who)
    source = cast.marketer(act.who)
    values = values | {"hubspot_owner_id": owner["id"]}
    made = cast.portal.log_activity(kind, found.id, values, source=source)
    return [hubspot(kind, made.id), hubspot("contacts", found.id)]


ACTS: dict[str, type[Act]] = {
    "request_hand_off": RequestHandOff,
    "log_call": LogCall,
    "log_meeting": LogMeeting,
    "write_note": WriteNote,
    "edit_contact": EditContact,
    "edit_company": EditCompany,
    "create_contact": CreateContact,
}
