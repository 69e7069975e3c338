"""What sales does in Salesforce: accept, reject, qualify, convert, win, lose, work past everybody, leave the company."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from connector.sandbox.people import Act, ActError, Cast, Done, salesforce
from connector.sandbox.salesforce import writes
from connector.sandbox.salesforce.lifecycle import Conversion
from connector.sandbox.salesforce.values import wire_time

OPEN, WORKING, REJECTED = "Open - Not Contacted", "Working - Contacted", "Closed - Not Converted"


class _OnLead(Act):
    lead: str = Field(description="id or e-mail of the open lead")

    def write(self, cast: Cast, values: dict[str, Any]) -> list[Done]:
        """Change the lead as the rep."""
        row = cast.lead(self.lead)
        user = cast.rep(self.who, row)
        cast.org.update("Lead", row["Id"], values, as_user=user, auto_assign=False)
        return [salesforce("Lead", row["Id"])]


class Accept(_OnLead):
    """The rep accepts a lead: its status becomes *Working - Contacted*."""

    def perform(self, cast: Cast) -> list[Done]:
        return self.write(cast, {"Status": WORKING})


class Qualify(_OnLead):
    """The rep finds the lead qualified; the status *Qualified* is used, whether or not the org lists it."""

    def perform(self, cast: Cast) -> list[Done]:
        return self.write(cast, {"Status": "Qualified"})


class Reject(_OnLead):
    """The rep gives a lead back. Reason, note and the rest are written where Baton's fields exist."""

    reason: str = Field(default="", description="a value of *Rejection reason*, such as no_budget")
    note: str = ""
    until: date | None = Field(default=None, description="try again from that day")
    return_to_me: bool = False

    def perform(self, cast: Cast) -> list[Done]:
        said = {
            "Baton_Rejection_Reason__c": self.reason or None,
            "Baton_Rejection_Note__c": self.note or None,
            "Baton_Rejection_Until__c": self.until.isoformat() if self.until else None,
            "Baton_Return_To_Me__c": self.return_to_me,
        }
        known = {name: value for name, value in said.items() if cast.has_field("Lead", name)}
        if (self.reason or self.note) and "Baton_Rejection_Reason__c" not in known:
            raise ActError(
                "the Lead has no rejection fields yet: run `baton provision`, or reject without a reason"
            )
        return self.write(cast, {"Status": REJECTED, **known})


class Convert(_OnLead):
    """The rep converts a lead into account, contact and opportunity, at the firm's account if there is one."""

    amount: float | None = None
    opportunity: bool = Field(default=True, description="whether an opportunity is made")
    name: str | None = Field(default=None, description="the opportunity's name")

    def perform(self, cast: Cast) -> list[Done]:
        row = cast.lead(self.lead)
        user = cast.rep(self.who, row)
        held = sorted(cast.org.tables["Account"].holders("Name", row.get("Company")))
        live = [id_ for id_ in held if not cast.org.tables["Account"].rows[id_].get("IsDeleted")]
        choice = Conversion(
            account_id=live[0] if live else None,
            opportunity_name=self.name,
            create_opportunity=self.opportunity,
        )
        made = cast.org.convert(row["Id"], choice, as_user=user)
        deal = made["opportunityId"]
        if deal and self.amount is not None:
            cast.org.update("Opportunity", deal, {"Amount": self.amount}, as_user=user, auto_assign=False)
        ends = (("Account", "accountId"), ("Contact", "contactId"), ("Opportunity", "opportunityId"))
        return [salesforce("Lead", row["Id"]), *(salesforce(o, str(made[k])) for o, k in ends if made[k])]


class _OnOpportunity(Act):
    opportunity: str = Field(description="id of the opportunity, or e-mail or id of its person")

    def write(self, cast: Cast, values: dict[str, Any]) -> list[Done]:
        """Change the opportunity as the rep."""
        row = cast.opportunity(self.opportunity)
        user = cast.rep(self.who, row)
        cast.org.update("Opportunity", row["Id"], values, as_user=user, auto_assign=False)
        return [salesforce("Opportunity", row["Id"])]


class Win(_OnOpportunity):
    """The customer signs: *Closed Won*, today."""

    amount: float | None = None

    def perform(self, cast: Cast) -> list[Done]:
        values: dict[str, Any] = {"StageName": "Closed Won", "CloseDate": _today(cast)}
        return self.write(cast, values if self.amount is None else values | {"Amount": self.amount})


class Lose(_OnOpportunity):
    """The customer does not buy: *Closed Lost*, today."""

    def perform(self, cast: Cast) -> list[Done]:
        return self.write(cast, {"StageName": "Closed Lost", "CloseDate": _today(cast)})


class MoveOpportunity(_OnOpportunity):
    """The rep moves an opportunity to another stage."""

    stage: str

    def perform(self, cast: Cast) -> list[Done]:
        return self.write(cast, {"StageName": self.stage})


class EditRecord(Act):
    """The rep edits fields of any Salesforce record."""

    object: str = "Lead"
    record: str = Field(description="id, or e-mail where the object has one")
    values: dict[str, Any]

    def perform(self, cast: Cast) -> list[Done]:
        row = cast.record(self.object, self.record)
        user = cast.rep(self.who, row)
        cast.org.update(self.object, row["Id"], self.values, as_user=user, auto_assign=False)
        return [salesforce(self.object, row["Id"])]


class CreateLead(Act):
    """A rep enters a lead of their own, past marketing and Baton."""

    values: dict[str, Any] = Field(description="fields of the lead; LastName and Company are required")

    def perform(self, cast: Cast) -> list[Done]:
        user = cast.rep(self.who)
        values = {"OwnerId": user, **self.values}
        return [salesforce("Lead", cast.org.create("Lead", values, as_user=user, auto_assign=False))]


class CreateOpportunity(Act):
    """A rep opens an opportunity of their own: with a contact at an account, both made where they do not exist."""

    email: str
    company: str
    name: str = "Own deal"
    amount: float | None = None

    def perform(self, cast: Cast) -> list[Done]:
        user, org = cast.rep(self.who), cast.org
        account = _held(cast, "Account", "Name", self.company)
        if account is None:
            account = org.create("Account", {"Name": self.company}, as_user=user, auto_assign=False)
        contact = _held(cast, "Contact", "Email", self.email)
        if contact is None:
            person = {"LastName": self.email.partition("@")[0], "Email": self.email, "AccountId": account}
            contact = org.create("Contact", person, as_user=user, auto_assign=False)
        values = {"Name": self.name, "AccountId": account, "StageName": "Prospecting", "Amount": self.amount}
        made = org.create(
            "Opportunity", values | {"CloseDate": _today(cast)}, as_user=user, auto_assign=False
        )
        role = {"OpportunityId": made, "ContactId": contact, "IsPrimary": True}
        org.create("OpportunityContactRole", role, as_user=user, auto_assign=False)
        return [
            salesforce("Opportunity", made),
            salesforce("Contact", contact),
            salesforce("Account", account),
        ]


class LogSalesCall(Act):
    """The rep logs a call on a lead or contact."""

    lead: str = Field(description="id or e-mail of the lead or contact")
    answered: bool = True
    text: str = ""

    def perform(self, cast: Cast) -> list[Done]:
        _, row = cast.sales_person(self.lead)
        user = cast.rep(self.who, row)
        values = {
            "Subject": "Call",
            "Description": self.text or None,
            "TaskSubtype": "Call",
            "CallType": "Outbound",
            "CallDurationInSeconds": 300 if self.answered else 0,
            "CallDisposition": "Connected" if self.answered else "No answer",
        }
        task = cast.org.log_task(values | {"WhoId": row["Id"], "OwnerId": user}, as_user=user)
        return [salesforce("Task", task)]


class Leave(Act):
    """Somebody leaves sales: the user becomes inactive; open leads stay where they are."""

    active: bool = Field(default=False, description="true: comes back")

    def perform(self, cast: Cast) -> list[Done]:
        if not self.who:
            raise ActError("say who leaves")
        user = cast.rep(self.who)
        row = cast.org.live("User", user)
        stamp = wire_time(cast.org.world.clock.stamp().replace(microsecond=0))
        changed = {**row, "IsActive": self.active, "LastModifiedDate": stamp, "SystemModstamp": stamp}
        cast.org.put("User", changed, cast.org.caller())
        return [salesforce("User", user)]


class BulkStatus(Act):
    """Somebody sets the status of many leads in one go, from a list view."""

    leads: list[str]
    status: str = REJECTED

    def perform(self, cast: Cast) -> list[Done]:
        rows = [cast.lead(key) for key in self.leads]
        caller = cast.org.caller(cast.rep(self.who), auto_assign=False)
        with cast.org.transaction():
            for row in rows:
                writes.update(cast.org, "Lead", row["Id"], {"Status": self.status}, caller=caller)
        return [salesforce("Lead", row["Id"]) for row in rows]


def _today(cast: Cast) -> str:
    return cast.org.world.clock.now().date().isoformat()


def _held(cast: Cast, object_name: str, field: str, value: str) -> str | None:
    table = cast.org.tables[object_name]
    return next((i for i in sorted(table.holders(field, value)) if not table.rows[i].get("IsDeleted")), None)


ACTS: dict[str, type[Act]] = {
    "accept": Accept,
    "reject": Reject,
    "qualify": Qualify,
    "convert": Convert,
    "win": Win,
    "lose": Lose,
    "move_opportunity": MoveOpportunity,
    "edit_record": EditRecord,
    "create_lead": CreateLead,
    "create_opportunity": CreateOpportunity,
    "log_sales_call": LogSalesCall,
    "leave": Leave,
    "bulk_status": BulkStatus,
}
