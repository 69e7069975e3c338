"""What is known of one lead: the whole input of `decide`. Plain values, assembled by the store, never fetched by a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from connector.domain.assessment import Qualification, Review
from connector.domain.buying_cycle import BuyingCycle
from connector.domain.reassignment import Absence, Reassignment
from mappings.records import Account, Activity, Money, Opportunity, Person, RecordKey, SystemRole


class Step(StrEnum):
    """Life-cycle steps of a lead."""

    NEW = "new"
    MAL = "mal"
    MQL = "mql"
    HANDED_OFF = "handed_off"
    SAL = "sal"
    SQL = "sql"
    OPPORTUNITY = "opportunity"
    WON = "won"
    LOST = "lost"
    REJECTED = "rejected"
    RECYCLED = "recycled"
    DISQUALIFIED = "disqualified"


WITH_SALES = (Step.HANDED_OFF, Step.SAL, Step.SQL, Step.OPPORTUNITY, Step.WON, Step.LOST, Step.DISQUALIFIED)
"""Sales has the lead, or had it to the end: it keeps the value of its hand-off."""


class Answer(StrEnum):
    """What sales did with a hand-off so far."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for people, by id, rendered in the reader's language at the edge. Parameters are plain values, or
    further messages (`list` holds one per line); a parameter whose name ends in `_id` names something of the
    configuration (a stage, a reason) and is rendered too."""

    id: str
    params: Mapping[str, str | int | Message] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: `kind` is sdr, rep, manager, admin, crm, customer or baton; `id` an owner id where known."""

    kind: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The CRM status of a linked record, as its history states it (or as first seen, when it keeps none)."""

    at: datetime
    old: str
    new: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class LinkedRecord:
    """A record of this lead in one system. `answer` is its status in our words (see the mapping's value map):
    open, accepted, qualified, rejected, converted, disqualified; a word of theirs that nobody mapped is kept as it is.
    `read_at`: when it was last read as it stands."""

    key: RecordKey
    role: SystemRole
    person: Person
    answer: str = ""
    changes: tuple[StatusChange, ...] = ()
    by_baton: bool = False
    created_at: datetime | None = None
    read_at: datetime | None = None


class Finding(StrEnum):
    """Where the cause of a rejection lay, as a manager heard it from the customer. `rep`: the rejection does not hold."""

    LEAD = "lead"
    SDR = "sdr"
    REP = "rep"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Dispute:
    """What became of a rejection that somebody doubted (还原真相): an SDR's contest, a manager's finding, each with its
    note. `finding` empty: none yet."""

    contested_at: datetime | None = None
    contested_by: str = ""
    contest_note: str = ""
    finding: str = ""
    found_at: datetime | None = None
    found_by: str = ""
    found_note: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Sales' no. `rep_id` is the rep whose no it is, `said_by` the user who set it, empty when nobody knows. `reason` empty:
    none was given (*reason owed*). `until` is the rep's own date. `merged_at`: since then the lead is one with another."""

    at: datetime
    rep_id: str
    reason: str
    note: str = ""
    until: date | None = None
    return_to_me: bool = False
    annulled: bool = False
    said_by: str = ""
    dispute: Dispute = Dispute()
    merged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """One hand-off, from request to answer. `cell`, `value` and `versions` are frozen on it. `crm` is the record that sales
    answers on, `crm_gone_at` since when it is known to be deleted there, with no other record of the lead in its place.
    `reassignments` by time: `owner_id` is who has it now, `calendar` that rep's working time (see policies)."""

    id: str
    lead_id: str
    cycle: int
    requested_at: datetime
    requested_by: Actor
    confirmed_at: datetime | None = None
    owner_id: str = ""
    cell: str = ""
    value: Money | None = None
    explained: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    answer: Answer = Answer.OPEN
    answered_at: datetime | None = None
    rejection: Rejection | None = None
    stage_at: str = ""
    evidence_ids: tuple[str, ...] = ()
    crm: RecordKey | None = None
    crm_gone_at: datetime | None = None
    reassignments: tuple[Reassignment, ...] = ()
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class HandSet:
    """A stage, persona or role that a person set, with the reason; the computed one stays visible beside it."""

    value: str
    reason: str
    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """A person asked for a hand-off. `id` is the same for the same click (record and value of the request field)."""

    id: str
    at: datetime
    by: Actor
    source: RecordKey | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A manager lets a lead pass its cooldown once, with a reason. `used`: by the hand-off `handoff_id`."""

    at: datetime
    by: Actor
    reason: str
    used: bool = False
    handoff_id: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """What was decided before: the projection of the lead's history that the next decision rests on.

    `persona_differs_since`: since when the facts have spoken for `persona_candidate` without crossing the band by 10 %.
    """

    step: Step = Step.NEW
    step_since: datetime | None = None
    persona: str = ""
    persona_candidate: str = ""
    persona_differs_since: datetime | None = None
    stage: str = ""
    stage_since: datetime | None = None
    cycle: int = 1
    cycle_opened_at: datetime | None = None
    answered_requests: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The account with what surrounds it: rejections at its other leads, its open hand-off or opportunity, and when its
    other contacts were heard (`heard`, in order). `pool_since`: since when marketing knows one of the others."""

    account: Account | None = None
    other_episodes: tuple[Episode, ...] = ()
    owner_id: str = ""
    active_owner_id: str = ""
    heard: tuple[datetime, ...] = ()
    pool_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """All there is to know of one lead. `activities` come by time, `episodes` by request, its unit's `cycles` by number."""

    lead_id: str
    created_at: datetime
    person: Person
    records: tuple[LinkedRecord, ...] = ()
    account: AccountFacts = AccountFacts()
    activities: tuple[Activity, ...] = ()
    episodes: tuple[Episode, ...] = ()
    opportunities: tuple[Opportunity, ...] = ()
    requests: tuple[Request, ...] = ()
    overrides: tuple[Override, ...] = ()
    persona_set: HandSet | None = None
    stage_set: HandSet | None = None
    role_set: HandSet | None = None
    memory: Memory = Memory()
    cycles: tuple[BuyingCycle, ...] = ()
    sdrs: frozenset[str] = frozenset()
    reviews: tuple[Review, ...] = ()
    qualifications: tuple[Qualification, ...] = ()
    absences: tuple[Absence, ...] = ()
