"""Two records that become one, and people who ask to be forgotten. On top of the record store; no HTTP."""

from __future__ import annotations

from datetime import timedelta

from connector.sandbox.hubspot import rules
from connector.sandbox.hubspot.catalog import ObjectType
from connector.sandbox.hubspot.drafts import PERSON, kind_of, make_record
from connector.sandbox.hubspot.errors import invalid, missing
from connector.sandbox.hubspot.objects import ObjectStore
from connector.sandbox.hubspot.records import Moment, Record, Shelf, Source

MAX_MERGED = 250
"""Identities one record can have absorbed (HubSpot facts §3: 414 beyond)."""


class MergingStore(ObjectStore):
    """A record store that can also merge and erase."""

    def merge(
        self,
        object_type: str,
        primary_id: str,
        merged_id: str,
        *,
        source: Source = PERSON,
        late: timedelta | None = None,
    ) -> Record:
        """Merge the second into the first and return the survivor, which has a new id when the switch says so."""
        with self.world.lock:
            kind = kind_of(object_type)
            primary, other = self._find(kind, primary_id, None), self._find(kind, merged_id, None)
            if primary is None or other is None or primary.archived or other.archived:
                raise missing(kind.name, primary_id if primary is None or primary.archived else merged_id)
            if primary is other:
                raise invalid("A record cannot be merged with itself")
            moment, shelf = self.moment(late), self.shelves[kind.name]
            moved = rules.survivor_values(primary.properties, other.properties)
            merged = self._merged_ids(primary, other, new_id=self.world.switches.merge_makes_new_id)
            self._retire(shelf, other, moment)
            survivor = self._survivor(shelf, primary, moment)
            extra = moved | {"hs_merged_object_ids": ";".join(merged)}
            if kind.name == "contacts":
                extra |= self._addresses(shelf, survivor, other, main=moved.get("email"))
                extra["hs_calculated_merged_vids"] = ";".join(f"{id_}:{moment.ms}" for id_ in merged)
            self._apply(shelf, survivor, extra, moment=moment, source=source)
            self._touch(shelf, survivor, moment)
            for gone in {primary.key, other.key} - {survivor.key}:
                self._point(kind, gone, survivor.key)
            self._tell_merge(kind, (primary, other, survivor), moved=len(moved), moment=moment, source=source)
            return survivor

    @staticmethod
    def _merged_ids(primary: Record, other: Record, *, new_id: bool) -> list[str]:
        earlier = [record.properties.get("hs_merged_object_ids", "") for record in (primary, other)]
        ids = [id_ for text in earlier for id_ in text.split(";") if id_]
        own = [primary.id] if new_id else []
        return [*ids, *own, other.id][:MAX_MERGED]

    def _retire(self, shelf: Shelf, record: Record, moment: Moment) -> None:
        """A merged-away record is gone from every list, the archived one included."""
        shelf.before_write(record, moment)
        shelf.release(record)
        shelf.vanish(record, moment)

    def _survivor(self, shelf: Shelf, primary: Record, moment: Moment) -> Record:
        if not self.world.switches.merge_makes_new_id:
            shelf.before_write(primary, moment)
            return primary
        key = shelf.new_key()
        created = primary.properties[shelf.kind.created]
        survivor = make_record(
            shelf.kind, key, dict(primary.properties), moment=moment, source=primary.source
        )
        survivor.properties[shelf.kind.created] = survivor.created_at = created
        survivor.versions = primary.versions
        self._retire(shelf, primary, moment)
        shelf.add(survivor, moment)
        self._claim(shelf, survivor, survivor.properties)
        return survivor

    def _addresses(
        self, shelf: Shelf, survivor: Record, other: Record, *, main: str | None
    ) -> dict[str, str]:
        """The other's e-mail becomes an additional one of the survivor, and stays taken."""
        texts = [
            survivor.properties.get("hs_additional_emails"),
            other.properties.get("email"),
            other.properties.get("hs_additional_emails"),
        ]
        found = dict.fromkeys(one for text in texts if text for one in text.split(";"))
        found.pop(main or survivor.properties.get("email", ""), None)
        for address in found:
            shelf.claim("email", address, survivor.key)
        return {"hs_additional_emails": ";".join(found)} if found else {}

    def _point(self, kind: ObjectType, old: int, new: int) -> None:
        aliases = self.shelves[kind.name].aliases
        for earlier, target in list(aliases.items()):
            if target == old:
                aliases[earlier] = new
        aliases[old] = new
        self.associations.repoint(kind.name, old, new)

    def _tell_merge(
        self,
        kind: ObjectType,
        records: tuple[Record, Record, Record],
        *,
        moved: int,
        moment: Moment,
        source: Source,
    ) -> None:
        primary, other, survivor = records
        extra = {
            "primaryObjectId": primary.key,
            "mergedObjectIds": [other.key],
            "newObjectId": survivor.key,
            "numberOfPropertiesMoved": moved,
        }
        self.webhooks.note(kind, "merge", survivor.key, moment=moment, source=source, extra=extra)

    def gdpr_delete(self, id_: str, *, id_property: str | None = None, source: Source = PERSON) -> None:
        """Erase a contact for privacy, history and associations included. An unknown address is blocked for later."""
        with self.world.lock:
            kind = kind_of("contacts")
            shelf, moment = self.shelves["contacts"], self.moment()
            record = self._find(kind, id_, id_property)
            address = id_.strip().lower() if id_property == "email" else None
            if record is not None:
                address = record.properties.get("email", address)
                shelf.purge(record)
                self.associations.drop("contacts", record.key)
                for what in ("privacyDeletion", "deletion"):
                    self.webhooks.note(kind, what, record.key, moment=moment, source=source)
            if address and self.world.switches.hubspot_gdpr_blocks_email:
                self.blocked_emails.add(address)
