"""Links between records and what follows from them: primary company, a lead's contact, leads left alone.

The lowest layer of the portal's state: shelves, associations, webhooks. Knows no properties' rules and no HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from connector.sandbox.hubspot.associations import AssociationBook
from connector.sandbox.hubspot.catalog import OBJECT_TYPES, ObjectType
from connector.sandbox.hubspot.records import HUBSPOT, Moment, Record, Shelf, Source, keep_for
from connector.sandbox.hubspot.values import iso, to_ms
from connector.sandbox.hubspot.webhooks import Webhooks
from connector.sandbox.world import World

PRIMARY_COMPANY = 1
LEAD_TO_PRIMARY_CONTACT = 578


class LinkStore:
    """Shelves of records and the associations between them."""

    def __init__(self, world: World, *, portal_id: int) -> None:
        self.world = world
        self.portal_id = portal_id
        self.shelves = {kind.name: Shelf(kind) for kind in OBJECT_TYPES}
        self.associations = AssociationBook()
        self.webhooks = Webhooks(world, portal_id)

    def now_ms(self) -> int:
        """Sandbox time in epoch milliseconds."""
        return to_ms(self.world.clock.now())

    def moment(self, late: timedelta | None = None) -> Moment:
        """A new write stamp; readers see its effect after `late`, else after the world's commit delay."""
        switches = self.world.switches
        now = self.world.clock.stamp()
        delay = late if late is not None else timedelta(seconds=switches.commit_delay_seconds)
        ms = to_ms(now)
        visible = ms + int(delay / timedelta(milliseconds=1))
        return Moment(iso(now), ms, visible, keep_for(switches.search_lag_seconds))

    def link(
        self,
        left: tuple[str, int],
        right: tuple[str, int],
        type_id: int | None = None,
        *,
        moment: Moment,
        source: Source,
    ) -> None:
        """Associate two records; the first company of a contact becomes its primary one."""
        types = [type_id] if type_id is not None else []
        for one, other in ((left, right), (right, left)):
            if (one[0], other[0]) == ("contacts", "companies") and not self._primary_of(one[1]):
                types.append(PRIMARY_COMPANY if one is left else 2)
                self.shelves["contacts"].records[one[1]].properties["associatedcompanyid"] = str(other[1])
        if type_id == LEAD_TO_PRIMARY_CONTACT and left[0] == "leads":
            self.shelves["leads"].records[left[1]].properties["hs_primary_contact_id"] = str(right[1])
        for new in self.associations.join(left, right, types):
            self.webhooks.linked(left, right, new, removed=False, moment=moment, source=source)

    def _primary_of(self, contact: int) -> int | None:
        for company, labels in self.associations.of("contacts", contact, "companies"):
            if any(label.type_id == PRIMARY_COMPANY for label in labels):
                return company
        return None

    def forget_primary(self, left: tuple[str, int], right: tuple[str, int]) -> None:
        """After an unlinking: a contact no longer names a company it has no primary link with."""
        for one in (left, right):
            if one[0] == "contacts" and self._primary_of(one[1]) is None:
                self.shelves["contacts"].records[one[1]].properties.pop("associatedcompanyid", None)

    def link_company(self, kind: ObjectType, record: Record, *, moment: Moment) -> None:
        """Tie a new contact to the company with its e-mail's domain, where the portal is set to do so."""
        domain = record.properties.get("hs_email_domain")
        if kind.name != "contacts" or not domain or not self.world.switches.hubspot_auto_associates_company:
            return
        for company in self.shelves["companies"].records.values():
            if company.properties.get("domain") == domain and not company.archived:
                ends = ("contacts", record.key), ("companies", company.key)
                self.link(*ends, moment=moment, source=HUBSPOT)
                return

    def drop_orphans(self, leads: Iterable[int]) -> None:
        """Delete the leads among these that have no primary contact left (HubSpot's leads guide)."""
        shelf = self.shelves["leads"]
        for key in leads:
            lead = shelf.records[key]
            linked = self.associations.of("leads", key, "contacts")
            held = any(label.type_id == LEAD_TO_PRIMARY_CONTACT for _, labels in linked for label in labels)
            if held or lead.archived:
                continue
            moment = self.moment()
            shelf.before_write(lead, moment)
            shelf.archive(lead, moment.iso)
            self.associations.drop("leads", key)
            self.webhooks.note(shelf.kind, "deletion", key, moment=moment, source=HUBSPOT)
