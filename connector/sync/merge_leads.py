"""Joins leads that are one person, and parts a record from a lead that was two: by what the systems did, by keys, or because
a person said so."""

from __future__ import annotations

from datetime import datetime

from connector.errors import BatonError
from connector.store import dirty, identities, links, merging, mirror, parked, recognition
from connector.store.engine import Tx
from connector.sync.engine import Engine
from mappings.records import RecordKey

EMPLOYER = "employer"
"""The kind under which a record is parked whose person seems to work elsewhere now."""


class UnknownSuggestionError(BatonError):
    """There is no such suggestion, or it was answered before."""


class UnknownRecordError(BatonError):
    """The record is no lead's."""


def join(engine: Engine, tx: Tx, pair: tuple[str, str], *, now: datetime) -> str:
    """Make one lead of two, inside the caller's transaction; gives its id. The one that was handed off survives, else the
    older: so it is the same whichever of the two was heard of first. A pair that a person called two stays two."""
    first, second = (links.live_lead(tx, one) or one for one in pair)
    if first == second or identities.refused_pairs(tx, [first, second]) & {(first, second), (second, first)}:
        return first
    survivor, loser = _order(tx, first, second)
    for key in merging.merge_leads(tx, survivor, loser=loser, at=now):
        parked.park(tx, parked.Trouble("merge", str(key), "two_records_with_sales"), at=now)
    dirty.mark(tx, [survivor], reason="merged", at=now)
    return survivor


def _order(tx: Tx, first: str, second: str) -> tuple[str, str]:
    known = links.leads(tx, [first, second])
    handed = merging.handed_off(tx, [first, second])
    ranked = sorted((first, second), key=lambda one: (one not in handed, known[one].created_at, one))
    return ranked[0], ranked[1]


def split(engine: Engine, key: RecordKey, *, by: str, moved: bool = False) -> str:
    """Part one record from its lead: it becomes a lead of its own, with its keys and activities, and the two are never
    joined by themselves again. With `moved` the person went to a new employer: what happened so far stays with the old
    lead, and the new one finds its account anew. Gives the new lead's id. Raises UnknownRecordError."""
    now = engine.now()
    with engine.store.begin() as tx:
        link = links.links(tx, [key]).get(key)
        if link is None:
            raise UnknownRecordError(f"{key} is no lead's record")
        lead_id = engine.new_id()
        old = links.leads(tx, [link.lead_id])[link.lead_id]
        recognition.begin_leads(tx, {lead_id: now})
        if moved:
            merging.part_record(tx, key, lead_id=lead_id)
            mirror.match_again(tx, key)
        else:
            recognition.set_accounts(tx, {lead_id: old.account_id})
            merging.split_record(tx, key, lead_id=lead_id)
        parked.resolve_key(tx, EMPLOYER, key=str(key), at=now)
        links.set_link_state(tx, key, state="active", at=now)
        merging.refuse_pair(tx, (old.id, lead_id), reason="split", at=now, by=by)
        dirty.mark(tx, [old.id, lead_id], reason="split", at=now)
    return lead_id


def answer_suggestion(engine: Engine, suggestion_id: int, *, same: bool, by: str) -> str:
    """Take a person's answer: the two are one (merged at once), or two for good. Gives the lead that stands for both, or
    the first of the two. Raises UnknownSuggestionError."""
    now = engine.now()
    with engine.store.begin() as tx:
        found = identities.suggestion(tx, suggestion_id)
        state = "merged" if same else "refused"
        if found is None or not identities.answer_suggestion(tx, suggestion_id, state=state, at=now, by=by):
            raise UnknownSuggestionError(f"suggestion {suggestion_id} does not wait for an answer")
        if same:
            return join(engine, tx, (found.lead_a, found.lead_b), now=now)
        return found.lead_a
