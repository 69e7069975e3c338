"""How one made-up story looks in each of the two systems: what HubSpot notes of a lead, what Salesforce notes of a sale.

Everything happens at the clock's present time; `seed.py` moves the clock from deed to deed. Knows no HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connector.sandbox import words
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Source
from connector.sandbox.journeys import Deed, Firm, Journey
from connector.sandbox.people import Crew
from connector.sandbox.salesforce.lifecycle import Conversion
from connector.sandbox.salesforce.org import Org

SITE = "https://www.seller.example"
CNY_PER_USD = 7
"""Both systems of a new sandbox count in CNY."""

_SOURCES = {
    "organic search": ("ORGANIC_SEARCH", "Web"),
    "paid search": ("PAID_SEARCH", "Web"),
    "social": ("SOCIAL_MEDIA", "Web"),
    "referral": ("REFERRALS", "Partner Referral"),
    "email": ("EMAIL_MARKETING", "Web"),
    "event": ("OFFLINE", "Other"),
    "direct traffic": ("DIRECT_TRAFFIC", "Web"),
}
_INDUSTRIES = {
    "manufacturing": ("MACHINERY", "Manufacturing"),
    "retail": ("RETAIL", "Retail"),
    "software": ("COMPUTER_SOFTWARE", "Technology"),
    "logistics": ("LOGISTICS_AND_SUPPLY_CHAIN", "Transportation"),
    "healthcare": ("HOSPITAL_HEALTH_CARE", "Healthcare"),
    "education": ("EDUCATION_MANAGEMENT", "Education"),
}
_TALKED = {"hs_call_status": "COMPLETED", "hs_call_direction": "OUTBOUND", "hs_call_duration": "420000"}


@dataclass(slots=True)
class Marketing:
    """What marketing's portal gets to see."""

    portal: Portal
    crew: Crew
    forms: dict[str, str] = field(default_factory=dict)
    contacts: dict[int, str] = field(default_factory=dict)
    _companies: dict[str, str] = field(default_factory=dict)

    def open_forms(self) -> None:
        """Put the forms onto the web site."""
        for name, (title, _) in words.FORMS.items():
            self.forms[name] = self.portal.add_form(title).id

    def sdr(self, journey: Journey) -> str:
        """The owner id of the SDR who looks after that lead."""
        return self.crew.sdrs[journey.number % len(self.crew.sdrs)]

    def arrive(self, journey: Journey) -> None:
        """The person becomes known: a contact at a company, with source and owner."""
        values = person_values(journey)
        if journey.email:
            self.portal.submit_form(self.forms[_first_form(journey)], values, page_url=f"{SITE}/resources")
            contact = self.portal.get("contacts", journey.email, id_property="email").id
        else:
            contact = self.portal.create("contacts", values, source=self._by(journey)).id
        self.contacts[journey.number] = contact
        source = _SOURCES[journey.source][0]
        self.portal.calculate("contacts", contact, {"hs_analytics_source": source})
        facts = {
            "lifecyclestage": "lead",
            "hubspot_owner_id": self.sdr(journey),
            "hs_language": journey.language,
        }
        self.portal.update("contacts", contact, facts, source=self._by(journey))
        self.portal.associate(("contacts", contact), ("companies", self._company(journey.firm)))

    def _by(self, journey: Journey) -> Source:
        return Source.person(int(self.portal.owners[self.sdr(journey)]["userId"]))

    def _company(self, firm: Firm) -> str:
        held = self._companies.get(firm.domain)
        if held is not None:
            return held
        values = {"name": firm.name, "domain": firm.domain, "country": country(firm), "type": "PROSPECT"}
        values["industry"] = _INDUSTRIES[firm.industry][0]
        if firm.revenue is not None:
            values["annualrevenue"] = str(in_cny(firm, firm.revenue))
        if firm.employees is not None:
            values["numberofemployees"] = str(firm.employees)
        made = self._companies[firm.domain] = self.portal.create("companies", values).id
        return made

    def live_through(self, journey: Journey, deed: Deed) -> None:
        """One deed after the arrival."""
        contact = self.contacts[journey.number]
        if deed.kind == "page_view":
            self.portal.page_view(contact, f"{SITE}{deed.page}")
        elif deed.kind == "form" and journey.email:
            values = {"email": journey.email, "message": deed.text} if deed.text else {"email": journey.email}
            self.portal.submit_form(self.forms[deed.form], values, page_url=f"{SITE}/{deed.form}")
        elif deed.kind == "form":
            self.portal.log_activity("notes", contact, {"hs_note_body": deed.text}, source=self._by(journey))
        else:
            kind, values = spoken(deed.kind, deed.text)
            author = {"hubspot_owner_id": self.sdr(journey)} if kind == "calls" else {}
            self.portal.log_activity(kind, contact, values | author, source=self._by(journey))

    def advance(self, journey: Journey, stage: str) -> None:
        """Move the contact's life-cycle stage."""
        contact = self.contacts[journey.number]
        self.portal.update("contacts", contact, {"lifecyclestage": stage}, source=self._by(journey))


def spoken(kind: str, text: str) -> tuple[str, dict[str, str]]:
    """HubSpot's object and properties for something that a customer said: in an e-mail, a call, a message."""
    if kind == "email_reply":
        properties = {"hs_email_direction": "INCOMING_EMAIL", "hs_email_status": "SENT"}
        return "emails", properties | {"hs_email_subject": "Re:", "hs_email_text": text}
    if kind == "call":
        return "calls", _TALKED | {"hs_call_title": "Call", "hs_call_body": text}
    channel = {"hs_communication_channel_type": "WHATS_APP", "hs_communication_logged_from": "CRM"}
    return "communications", channel | {"hs_communication_body": text}


def _first_form(journey: Journey) -> str:
    return next((deed.form for deed in journey.deeds if deed.kind == "form"), "newsletter")


def person_values(journey: Journey) -> dict[str, str]:
    """What a person states of themselves, as HubSpot names it; only what is not empty."""
    values = {
        "email": journey.email,
        "firstname": journey.first_name,
        "lastname": journey.last_name,
        "company": journey.firm.name,
        "jobtitle": journey.title,
        "mobilephone": journey.mobile,
    }
    return {name: value for name, value in values.items() if value}


def country(firm: Firm) -> str:
    """The country in words."""
    return {"CN": "China", "US": "United States"}[firm.country]


def in_cny(firm: Firm, amount: int) -> int:
    """An amount of the firm's currency in CNY."""
    return amount if firm.currency == "CNY" else amount * CNY_PER_USD


@dataclass(slots=True)
class Sale:
    """Which records of Salesforce belong to one story."""

    rep: str
    lead: str = ""
    opportunity: str = ""


@dataclass(slots=True)
class Sales:
    """What sales' org gets to see."""

    org: Org
    crew: Crew
    sales: dict[int, Sale] = field(default_factory=dict)
    _accounts: dict[str, str] = field(default_factory=dict)

    def receive(self, journey: Journey) -> None:
        """The lead is entered into the CRM, in the name of the integration, and given to a rep."""
        group = "key-accounts" if journey.firm.size == "enterprise" else "field"
        group = "telesales" if journey.firm.size == "small" else group
        reps = self.crew.reps[group]
        sale = self.sales[journey.number] = Sale(reps[journey.number % len(reps)])
        values = lead_values(journey) | {"OwnerId": sale.rep}
        sale.lead = self.org.create("Lead", values, auto_assign=False)

    def _write(self, journey: Journey, object_name: str, record_id: str, values: dict[str, Any]) -> None:
        rep = self.sales[journey.number].rep
        self.org.update(object_name, record_id, values, as_user=rep, auto_assign=False)

    def accept(self, journey: Journey) -> None:
        """The rep takes the lead on and calls."""
        sale = self.sales[journey.number]
        self._write(journey, "Lead", sale.lead, {"Status": "Working - Contacted"})
        call = {
            "Subject": "Call",
            "TaskSubtype": "Call",
            "CallType": "Outbound",
            "CallDurationInSeconds": 300,
        }
        self.org.log_task(call | {"WhoId": sale.lead, "OwnerId": sale.rep}, as_user=sale.rep)

    def reject(self, journey: Journey) -> None:
        """The rep gives the lead back; Baton's own fields do not exist yet, so the reason stands in the description."""
        values = {"Status": "Closed - Not Converted", "Description": journey.outcome.reason.replace("-", " ")}
        self._write(journey, "Lead", self.sales[journey.number].lead, values)

    def convert(self, journey: Journey) -> None:
        """The rep makes an account, a contact and an opportunity of the lead; colleagues share the account."""
        sale, firm = self.sales[journey.number], journey.firm
        choice = Conversion(
            account_id=self._accounts.get(firm.domain), opportunity_name=f"{firm.name} - Baton"
        )
        made = self.org.convert(sale.lead, choice, as_user=sale.rep)
        self._accounts[firm.domain] = str(made["accountId"])
        sale.opportunity = str(made["opportunityId"])
        amount = in_cny(firm, journey.outcome.amount or 50_000)
        self._write(
            journey, "Opportunity", sale.opportunity, {"Amount": amount, "StageName": "Needs Analysis"}
        )

    def propose(self, journey: Journey) -> None:
        """The rep sends a proposal."""
        values = {"StageName": "Proposal/Price Quote"}
        self._write(journey, "Opportunity", self.sales[journey.number].opportunity, values)

    def close(self, journey: Journey) -> None:
        """The opportunity ends, won or lost, today."""
        values: dict[str, Any] = {
            "StageName": "Closed Won" if journey.outcome.kind == "won" else "Closed Lost",
            "CloseDate": self.org.world.clock.now().date().isoformat(),
        }
        self._write(journey, "Opportunity", self.sales[journey.number].opportunity, values)


def lead_values(journey: Journey) -> dict[str, Any]:
    """A story's person as a new Salesforce lead; a name that is missing is spelled out, as the CRM insists."""
    firm = journey.firm
    values = {
        "FirstName": journey.first_name,
        "LastName": journey.last_name or "[not given]",
        "Company": firm.name,
        "Title": journey.title,
        "Email": journey.email,
        "MobilePhone": journey.mobile,
        "LeadSource": _SOURCES[journey.source][1],
        "Industry": _INDUSTRIES[firm.industry][1],
        "Country": country(firm),
        "Website": f"https://{firm.domain}",
        "AnnualRevenue": in_cny(firm, firm.revenue) if firm.revenue is not None else None,
        "NumberOfEmployees": firm.employees,
    }
    return {name: value for name, value in values.items() if value not in ("", None)}
