"""What people do to whole records: merge, delete, take back, erase."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from connector.sandbox.people import Act, Cast, Done, hubspot, salesforce

System = Literal["hubspot", "salesforce"]


class MergeContacts(Act):
    """Somebody merges two HubSpot contacts."""

    winner: str = Field(description="id or e-mail of the contact that stays")
    loser: str = Field(description="id or e-mail of the contact that goes")

    def perform(self, cast: Cast) -> list[Done]:
        winner, loser = cast.contact(self.winner), cast.contact(self.loser)
        made = cast.portal.merge("contacts", winner.id, loser.id, source=cast.marketer(self.who))
        return [hubspot("contacts", made.id)]


class MergeLeads(Act):
    """Somebody merges two Salesforce records of one object."""

    object: Literal["Lead", "Contact", "Account"] = "Lead"
    winner: str = Field(description="id or e-mail of the record that stays")
    loser: str = Field(description="id or e-mail of the record that goes")

    def perform(self, cast: Cast) -> list[Done]:
        winner, loser = cast.record(self.object, self.winner), cast.record(self.object, self.loser)
        cast.org.merge(self.object, winner["Id"], [loser["Id"]], as_user=cast.rep(self.who, winner))
        return [salesforce(self.object, winner["Id"])]


class Delete(Act):
    """Somebody deletes a record; it can be taken back."""

    system: System
    object: str = Field(description="contacts, companies, Lead, Contact...")
    record: str = Field(description="id or e-mail")

    def perform(self, cast: Cast) -> list[Done]:
        if self.system == "hubspot":
            id_ = cast.contact(self.record).id if self.object == "contacts" else self.record
            id_ = cast.portal.get(self.object, id_).id
            cast.portal.archive(self.object, id_, source=cast.marketer(self.who))
            return [hubspot(self.object, id_)]
        row = cast.record(self.object, self.record)
        cast.org.delete(self.object, row["Id"], as_user=cast.rep(self.who, row))
        return [salesforce(self.object, row["Id"])]


class Restore(Act):
    """Somebody takes a deleted record back, by its id."""

    system: System
    object: str
    record: str = Field(description="id")

    def perform(self, cast: Cast) -> list[Done]:
        if self.system == "hubspot":
            cast.portal.restore_record(self.object, self.record, source=cast.marketer(self.who))
            return [hubspot(self.object, self.record)]
        cast.org.undelete(self.object, self.record, as_user=cast.rep(self.who))
        return [salesforce(self.object, self.record)]


class Forget(Act):
    """A person asks to be forgotten: the HubSpot contact is erased for good."""

    lead: str = Field(description="id or e-mail of the contact")

    def perform(self, cast: Cast) -> list[Done]:
        found = cast.contact(self.lead)
        cast.portal.gdpr_delete(found.id, source=cast.marketer(self.who))
        return [hubspot("contacts", found.id)]


ACTS: dict[str, type[Act]] = {
    "merge_contacts": MergeContacts,
    "merge_leads": MergeLeads,
    "delete": Delete,
    "restore": Restore,
    "forget": Forget,
}
