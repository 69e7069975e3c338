"""People: which lead a person's record is. One batch of pending rows is one transaction; every lead it touches is marked to
be decided again. What a row says of the lead beyond whose it is, is read when the lead is decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.domain.facts import Actor, Request
from connector.ports import RecordState
from connector.store import activities, dirty, identities, links, mirror, parked, recognition, requests
from connector.store.engine import Tx
from connector.store.links import Link
from connector.store.mirror import MirrorRow
from connector.store.recognition import NewLink
from connector.sync import lead_states, match_accounts
from connector.sync.engine import Engine
from connector.sync.merge_leads import EMPLOYER, join
from connector.sync.readable import read_rows
from connector.sync.recognise import (
    LONGEST_ID,
    Coming,
    Register,
    Verdict,
    changed_employer,
    coming_of,
    recheck,
    recognise,
)
from mappings.fields import read_person, stated
from mappings.identity import KeyKind
from mappings.people import join_name
from mappings.records import Person, RecordKey

LIVING = (RecordState.ACTIVE, RecordState.CONVERTED)
"""States in which a record still says who it is. A converted lead names its person like any other."""


def match_rows(engine: Engine, tx: Tx, connection: str, rows: Sequence[MirrorRow], *, now: datetime) -> int:
    """Match one batch of a person object. Gives how many rows were parked because they cannot be read."""
    side = engine.side(connection)
    region = engine.mapping.systems[side].region
    living = [row for row in rows if row.state in LIVING and row.fields]
    read, broken = read_rows(
        tx,
        living,
        lambda row: read_person(engine.mapping, side, row.key, row.fields, modified_at=row.modified_at),
        now=now,
    )
    coming = [coming_of(row, person, region) for row, person in read]
    linked = links.links(tx, [row.key for row in rows])
    register = Register(tx, coming, lambda keys: _names(engine, tx, keys))
    batch = _Batch(engine, tx, connection, now, register, linked)
    for one in coming:
        batch.match(one)
    batch.flush()
    speaking = {row.key for row in living}
    silent = [row for row in rows if row.key not in speaking]
    touched = batch.touched | lead_states.follow(engine, tx, silent, now=now)
    touched |= lead_states.follow_converted(engine, tx, read, now=now)
    live = {lead.merged_into or lead.id for lead in links.leads(tx, sorted(touched)).values()}
    lead_states.choose_written(engine, tx, sorted(live), now=now)
    dirty.mark(tx, sorted(live), reason="record", at=now)
    return broken


def _names(engine: Engine, tx: Tx, keys: Sequence[RecordKey]) -> Iterator[tuple[RecordKey, str]]:
    """What these records call their people; of one that cannot be read, nothing."""
    for key, row in mirror.mirrored(tx, keys).items():
        side = engine.side(key.connection)
        name, first, last = (
            value if isinstance(value, str) else ""
            for value in (
                stated(engine.mapping, side, key.object, word, fields=row.fields)
                for word in ("name", "first_name", "last_name")
            )
        )
        yield key, name or join_name(first, last)


@dataclass(slots=True)
class _Batch:
    """A batch under way: first everybody is recognised, then everything is stored."""

    engine: Engine
    tx: Tx
    connection: str
    now: datetime
    register: Register
    linked: dict[RecordKey, Link]
    touched: set[str] = field(default_factory=set)
    _begun: dict[str, datetime] = field(default_factory=dict)
    _links: list[NewLink] = field(default_factory=list)
    _known: list[tuple[Coming, str]] = field(default_factory=list)
    _verdicts: list[tuple[str, Verdict]] = field(default_factory=list)

    def match(self, one: Coming) -> None:
        """Say whose this record is."""
        link = self.linked.get(one.key)
        if link is None:
            verdict = recognise(self.register, one)
            lead_id = verdict.lead_id or self._begin(one)
        else:
            lead_id = link.lead_id
            verdict = recheck(self.register, one, lead_id)
        state = _state(one, link)
        if link is None or link.state != state:
            self._links.append(NewLink(one.key, lead_id, state))
        if verdict.hunches or verdict.same_as:
            self._verdicts.append((lead_id, verdict))
        if link is not None and changed_employer(self.register, one):
            trouble = parked.Trouble(EMPLOYER, str(one.key), "employer_changed")
            parked.park(self.tx, trouble, at=self.now)
        self.register.enter(one, lead_id)
        self._known.append((one, lead_id))
        self.touched.add(lead_id)

    def _begin(self, one: Coming) -> str:
        """A new lead. Where a record carries an id that Baton once gave, and Baton has lost it, the lead keeps it."""
        lead_id = next((value for kind, value in one.sure if kind == KeyKind.BATON_ID), "")
        if not lead_id or len(lead_id) > LONGEST_ID or not lead_id.isascii() or lead_id in self._begun:
            lead_id = self.engine.new_id()
        self._begun[lead_id] = min(one.person.created_at or self.now, self.now)
        return lead_id

    def flush(self) -> None:
        """Store what was recognised, the leads before what refers to them."""
        recognition.begin_leads(self.tx, self._begun)
        role = self.engine.role(self.connection)
        recognition.link_records(self.tx, self._links, role=role, at=self.now)
        self.register.flush(self.tx)
        people = [match_accounts.Placed(lead_id, one.person) for one, lead_id in self._known]
        match_accounts.place_leads(self.engine, self.tx, self.connection, people, now=self.now)
        self._tie()
        self._ask()
        for lead_id, verdict in self._verdicts:
            self._say(lead_id, verdict)

    def _tie(self) -> None:
        """Activities that came before their person."""
        new = {one.key.id: one.lead_id for one in self._links}
        activities.tie_many(self.tx, self.connection, leads=new)
        emails = {
            value: lead_id
            for one, lead_id in self._known
            for kind, value in one.sure
            if kind == KeyKind.EMAIL and self.register.holders((kind, value)) == [lead_id]
        }
        recognition.tie_emails(self.tx, emails)

    def _ask(self) -> None:
        """A request field is one request per value, however often it is read."""
        for one, lead_id in self._known:
            request = _request(one.key, one.person)
            if request is not None:
                requests.put_request(self.tx, request, lead_id=lead_id)

    def _say(self, lead_id: str, verdict: Verdict) -> None:
        if verdict.same_as is not None:
            join(self.engine, self.tx, (lead_id, verdict.same_as), now=self.now)
        for hunch in verdict.hunches:
            mine, other = links.live_lead(self.tx, lead_id), links.live_lead(self.tx, hunch.lead_id)
            if mine is not None and other is not None and mine != other:
                identities.suggest(
                    self.tx, (mine, other), reason=hunch.reason, score=hunch.score, at=self.now
                )


def _state(one: Coming, link: Link | None) -> str:
    if one.row.state is RecordState.CONVERTED:
        return "converted"
    return link.state if link is not None and link.state == "duplicate" else "active"


def _request(key: RecordKey, person: Person) -> Request | None:
    if person.requested_at is None:
        return None
    asked = person.requested_at.isoformat()
    return Request(f"{key}:{asked}", person.requested_at, Actor("sdr", person.owner_id), key)
