"""What became of a lead's records: gone, merged, converted; and which of several in one object is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from connector.ports import RecordState
from connector.store import accounts, activities, handoffs, links, mirror, parked, recognition
from connector.store.engine import Tx
from connector.store.known import handed_over
from connector.store.links import Link
from connector.store.mirror import MirrorRow
from connector.store.recognition import NewLink
from connector.sync.engine import Engine
from connector.sync.merge_leads import join
from connector.sync.reading import objects_of
from mappings.fields import stated
from mappings.records import ObjectRole, Person, RecordKey

_LATEST = datetime.max.replace(tzinfo=UTC)
_WRITABLE = ("active", "duplicate")


def follow(engine: Engine, tx: Tx, rows: Sequence[MirrorRow], *, now: datetime) -> set[str]:
    """Close the links of records that are no more. Gives the leads concerned. Keys stay: whoever is made again under the
    same address is the same person, with the same history."""
    known = links.links(tx, [row.key for row in rows])
    touched: set[str] = set()
    for row in rows:
        link = known.get(row.key)
        if row.state in (RecordState.MERGED, RecordState.ARCHIVED, RecordState.DELETED):
            parked.resolve_key(tx, "merge", key=str(row.key), at=now)
        if row.state is RecordState.MERGED:
            touched |= _follow_merge(engine, tx, row, link, now=now)
        elif link is not None and row.state in (RecordState.ARCHIVED, RecordState.DELETED):
            links.set_link_state(tx, row.key, state="gone", at=now)
            touched.add(link.lead_id)
    return touched


def _follow_merge(engine: Engine, tx: Tx, row: MirrorRow, link: Link | None, *, now: datetime) -> set[str]:
    """The loser's link leads to the survivor's lead; two leads become one. Nothing is made again."""
    survivor = RecordKey(row.key.connection, row.key.object, row.merged_into)
    other = links.links(tx, [survivor]).get(survivor) if row.merged_into else None
    if link is None and other is None:
        return set()
    lead_id = link.lead_id if link is not None else other.lead_id if other is not None else ""
    role = engine.role(row.key.connection)
    new = [NewLink(row.key, lead_id, "merged")] if link is None or link.state != "merged" else []
    if other is None and row.merged_into:
        new.append(NewLink(survivor, lead_id))
    recognition.link_records(tx, new, role=role, at=now)
    activities.tie_many(tx, row.key.connection, leads={one.key.id: one.lead_id for one in new})
    if other is not None and link is not None and other.lead_id != link.lead_id:
        return {join(engine, tx, (other.lead_id, link.lead_id), now=now)}
    return {lead_id}


def follow_converted(
    engine: Engine, tx: Tx, read: Sequence[tuple[MirrorRow, Person]], *, now: datetime
) -> set[str]:
    """A converted lead's contact is the same lead, and so is what was sold to it. Gives the leads concerned."""
    touched: set[str] = set()
    for row, person in read:
        if row.state is RecordState.CONVERTED:
            touched |= _follow_conversion(engine, tx, row, person, now=now)
    return touched


def _follow_conversion(engine: Engine, tx: Tx, row: MirrorRow, person: Person, *, now: datetime) -> set[str]:
    own = links.links(tx, [row.key]).get(row.key)
    contact = _contact(engine, row, person)
    if own is None:
        return set()
    lead_id = own.lead_id
    if contact is not None:
        other = links.links(tx, [contact]).get(contact)
        if other is None:
            role = engine.role(contact.connection)
            recognition.link_records(tx, [NewLink(contact, lead_id)], role=role, at=now)
            activities.tie_many(tx, contact.connection, leads={contact.id: lead_id})
        elif other.lead_id != lead_id:
            lead_id = join(engine, tx, (lead_id, other.lead_id), now=now)
    deal = _deal(engine, row, person)
    if deal is not None:
        accounts.pick_lead(tx, deal, lead_id=lead_id, by="conversion")
    return {lead_id}


def _contact(engine: Engine, row: MirrorRow, person: Person) -> RecordKey | None:
    """The contact that the lead became: the other object of people in the same system."""
    others = [n for n in objects_of(engine, row.key.connection, ObjectRole.LEAD) if n != row.key.object]
    id_ = row.merged_into or person.converted_to
    return RecordKey(row.key.connection, others[0], id_) if id_ and others else None


def _deal(engine: Engine, row: MirrorRow, person: Person) -> RecordKey | None:
    """The deal that was opened in the same step, where the mapping reads it as `converted_opportunity`."""
    deals = objects_of(engine, row.key.connection, ObjectRole.OPPORTUNITY)
    id_ = person.properties.get("converted_opportunity")
    return RecordKey(row.key.connection, deals[0], id_) if deals and isinstance(id_, str) and id_ else None


def choose_written(engine: Engine, tx: Tx, lead_ids: Sequence[str], *, now: datetime) -> None:
    """Of several records of one object on one lead, the one that sales was handed last gets the writes, else the one made
    first; ids decide between equals. The others are duplicates: read, never written."""
    for lead_id, mine in links.links_of(tx, lead_ids).items():
        groups: dict[tuple[str, str], list[Link]] = {}
        for link in mine:
            if link.state in _WRITABLE:
                groups.setdefault((link.key.connection, link.key.object), []).append(link)
        for group in groups.values():
            if len(group) > 1 or group[0].state == "duplicate":
                _choose(engine, tx, group, held=_handed_over(tx, lead_id), now=now)


def _handed_over(tx: Tx, lead_id: str) -> tuple[RecordKey, ...]:
    """The records that sales was handed, the latest first, each as what it was merged into since."""
    keys = handed_over(handoffs.episodes_of(tx, [lead_id]).get(lead_id, ()))
    rows = mirror.mirrored(tx, keys)
    into = {key: rows[key].merged_into for key in keys if key in rows}
    return tuple(replace(key, id=into.get(key) or key.id) for key in keys)


def _choose(
    engine: Engine, tx: Tx, group: Sequence[Link], *, held: Sequence[RecordKey], now: datetime
) -> None:
    rows = mirror.mirrored(tx, [link.key for link in group])

    def rank(key: RecordKey) -> tuple[int, datetime, int, str]:
        place = held.index(key) if key in held else len(held)
        return place, _made(engine, key, rows), len(key.id), key.id

    first = min((link.key for link in group), key=rank)
    for link in group:
        state = "active" if link.key == first else "duplicate"
        if state != link.state:
            links.set_link_state(tx, link.key, state=state, at=now)


def _made(engine: Engine, key: RecordKey, rows: Mapping[RecordKey, MirrorRow]) -> datetime:
    row = rows.get(key)
    if row is None:
        return _LATEST
    side = engine.side(key.connection)
    text = stated(engine.mapping, side, key.object, "created_at", fields=row.fields)
    return datetime.fromisoformat(text) if isinstance(text, str) else _LATEST
