"""Who works and who buys in a sandbox: finds people and records by what one calls them, so that acts can be told in words.

Knows both systems' state, no HTTP. The acts themselves stand in acts_*.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from connector.sandbox import words
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record, Source
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.table import Row

PERSON_OBJECTS = ("Lead", "Contact")
_LEAD, _CONTACT, _OPPORTUNITY = "00Q", "003", "006"


class ActError(ValueError):
    """What was asked for cannot be done in this sandbox; the message says why and what there is instead."""


class NobodyError(ActError):
    """No record or person goes by that name."""


@dataclass(frozen=True, slots=True)
class Done:
    """One record that an act made or changed."""

    system: str
    object: str
    id: str

    def wire(self) -> dict[str, str]:
        """For the control API."""
        return {"system": self.system, "object": self.object, "id": self.id}


@dataclass(frozen=True, slots=True)
class Crew:
    """The staff: owner ids of SDRs and manager in HubSpot, user ids of reps (by group) and manager in Salesforce."""

    sdrs: tuple[str, ...]
    marketing_manager: str
    reps: dict[str, tuple[str, ...]]
    sales_manager: str


def hire(portal: Portal, org: Org) -> Crew:
    """Give the staff of words.py their accounts; who has one keeps it. A rep has none in marketing's system."""
    sdrs = tuple(_owner(portal, name, login) for name, login in words.SDRS)
    manager = _owner(portal, *words.MANAGER)
    reps: dict[str, tuple[str, ...]] = {}
    for name, login, group in words.REPS:
        reps[group] = (*reps.get(group, ()), _user(org, name, login))
    return Crew(sdrs, manager, reps, _user(org, *words.MANAGER))


def _owner(portal: Portal, name: str, login: str) -> str:
    email = words.staff_email(login)
    held = next((id_ for id_, owner in portal.owners.items() if owner["email"] == email), None)
    first, last = words.parted(name)
    return held or portal.add_owner(email, first=first, last=last)


def _user(org: Org, name: str, login: str) -> str:
    email = words.staff_email(login)
    held = org.tables["User"].holders("Email", email)
    return next(iter(held), None) or org.add_user(*words.parted(name), email)


class Cast:
    """Everybody and everything that can be named in one sandbox."""

    def __init__(self, portal: Portal, org: Org) -> None:
        self.portal = portal
        self.org = org

    # ---- staff -----------------------------------------------------------------------------------------------

    def marketer(self, who: str) -> Source:
        """The HubSpot user of that name, e-mail, login or id as the author of changes; the first SDR when `who` is empty."""
        return Source.person(int(self.owner(who)["userId"]))

    def owner(self, who: str) -> dict[str, Any]:
        """The HubSpot owner of that name, e-mail, login or id; the first one when `who` is empty."""
        owners = list(self.portal.owners.values())
        named = {one["id"]: (one["email"], f"{one['firstName']} {one['lastName']}") for one in owners}
        return self.portal.owners[_named(who, named, "in HubSpot")]

    def rep(self, who: str, record: Row | None = None) -> str:
        """The Salesforce user of that name, e-mail, login or id; without `who` the record's owner, else the first rep."""
        users = self.org.tables["User"].rows
        if not who:
            owner = str((record or {}).get("OwnerId", ""))
            if owner in users and users[owner].get("IsActive"):
                return owner
            who = words.REPS[0][1]
        named = {id_: (str(row["Email"]), str(row["Name"])) for id_, row in users.items()}
        return _named(who, named, "in Salesforce")

    # ---- records ---------------------------------------------------------------------------------------------

    def contact(self, key: str) -> Record:
        """The HubSpot contact of that id or e-mail. Raises NobodyError."""
        records = self.portal.read_many("contacts", [key], id_property="email" if "@" in key else None)[0]
        if not records:
            raise NobodyError(
                f"HubSpot has no contact {key!r}: give the id or the e-mail of one that is not deleted"
            )
        return records[0]

    def lead(self, key: str) -> Row:
        """The open Salesforce lead of that id or e-mail, the newest of several. Raises NobodyError."""
        found = [row for row in self._rows("Lead", key) if not row.get("IsConverted")]
        if not found:
            raise NobodyError(f"Salesforce has no open lead {key!r}: give the id or the e-mail of one")
        return found[-1]

    def sales_person(self, key: str) -> tuple[str, Row]:
        """The open lead of that id or e-mail, else the contact, as (object, row). Raises NobodyError."""
        for name in PERSON_OBJECTS:
            found = [row for row in self._rows(name, key) if not row.get("IsConverted")]
            if found:
                return name, found[-1]
        raise NobodyError(f"Salesforce has no open lead and no contact {key!r}: give an id or an e-mail")

    def opportunity(self, key: str) -> Row:
        """The opportunity of that id, or the newest open one of the person with that e-mail or id. Raises NobodyError."""
        if key.startswith(_OPPORTUNITY):
            found = self._rows("Opportunity", key)
        else:
            people = self._rows("Contact", key) or self._converted(key)
            found = [row for person in people for row in self._opportunities(person["Id"])]
            found = [row for row in found if not row.get("IsClosed")]
        if not found:
            raise NobodyError(
                f"Salesforce has no open opportunity of {key!r}: give its id, or the person's e-mail"
            )
        return max(found, key=lambda row: str(row["CreatedDate"]))

    def record(self, object_name: str, key: str) -> Row:
        """A live Salesforce record of an object by id or, where it has one, by e-mail. Raises NobodyError."""
        found = self._rows(object_name, key)
        if not found:
            raise NobodyError(f"Salesforce has no {object_name} {key!r}")
        return found[-1]

    def has_field(self, object_name: str, field: str) -> bool:
        """Whether the org has that field: Baton's own ones exist only after provisioning."""
        return field in self.org.schema[object_name].fields

    def _converted(self, key: str) -> list[Row]:
        contacts = [row.get("ConvertedContactId") for row in self._rows("Lead", key)]
        return [row for id_ in contacts if id_ for row in self._rows("Contact", str(id_))]

    def _opportunities(self, contact_id: str) -> Iterator[Row]:
        for role_id in self.org.tables["OpportunityContactRole"].holders("ContactId", contact_id):
            role = self.org.tables["OpportunityContactRole"].rows[role_id]
            if not role.get("IsDeleted"):
                yield from self._rows("Opportunity", role["OpportunityId"])

    def _rows(self, object_name: str, key: str) -> list[Row]:
        table = self.org.tables.get(object_name)
        if table is None:
            raise ActError(f"Salesforce has no object {object_name!r}")
        ids = table.holders("Email", key) if "@" in key else table.holders("Id", self.org.full_id(key))
        rows = [table.rows[id_] for id_ in ids]
        return sorted((row for row in rows if not row.get("IsDeleted")), key=lambda row: str(row["Id"]))


def _named(who: str, known: dict[str, tuple[str, str]], where: str) -> str:
    if not who and known:
        return next(iter(known))
    asked = who.casefold()
    for id_, (email, name) in known.items():
        if asked in (id_.casefold(), email.casefold(), email.partition("@")[0].casefold(), name.casefold()):
            return id_
    logins = ", ".join(email.partition("@")[0] for email, _ in known.values())
    raise NobodyError(f"nobody {where} goes by {who!r}; there are: {logins}")


class Act(BaseModel):
    """One thing that somebody does. `who` is a name, login or e-mail; empty: whoever usually does it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    who: str = ""

    def perform(self, cast: Cast) -> list[Done]:
        """Do it; the records made or changed, the main one first. Raises ActError, or the refusal of the system."""
        raise NotImplementedError


def hubspot(kind: str, id_: str) -> Done:
    """A record of the portal."""
    return Done("hubspot", kind, id_)


def salesforce(object_name: str, id_: str) -> Done:
    """A record of the org."""
    return Done("salesforce", object_name, id_)
