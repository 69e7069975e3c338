"""What should be true of one lead now: the whole output of `decide`. A value; whoever carries it out acts at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from connector.domain.buying_cycle import BuyingCycle
from connector.domain.facts import Actor, Answer, HandSet, Message, Rejection, Request, Step
from connector.domain.reassignment import Reassign
from mappings.records import Money

FieldValue = str | int | bool | datetime | Money | Message | None
"""A wanted value of one of Baton's own fields, before the mapping renders it for a system."""


@dataclass(frozen=True, slots=True)
class PersonaVerdict:
    """The matrix row. `fallback` names the fact that decided in place of an absent one. `candidate` and
    `differs_since` carry hysteresis to the next decision."""

    id: str
    computed: str
    fallback: str = ""
    candidate: str = ""
    differs_since: datetime | None = None
    hand_set: HandSet | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a signal found in an activity. `strength` as it counts in this row; `expires_at` when it leaves its window.
    `reported_by` is the author of a note or call that it was read from."""

    signal: str
    stage: str
    strength: str
    activity_id: str
    at: datetime
    expires_at: datetime
    reported_by: str = ""
    counts: bool = True


@dataclass(frozen=True, slots=True)
class StageVerdict:
    """The matrix column, the computed one beside a hand-set one. `since` is when its evidence first sufficed.
    `points` counts evidence inside the column (strong 2, supporting 1), for hand-off points inside a column.
    `flags` are the alerts of the signals document that hold, `notify` among them."""

    id: str
    computed: str
    since: datetime | None = None
    points: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    hand_set: HandSet | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateResult:
    """One condition of the gate, by name, passed or not, with what to tell the SDR."""

    name: str
    passed: bool
    why: Message | None = None


class Deed(StrEnum):
    """What is to be done about handing off."""

    NOTHING = "nothing"
    HAND_OFF = "hand_off"
    SUGGEST = "suggest"
    REFUSE = "refuse"
    ASK_MANAGER = "ask_manager"


@dataclass(frozen=True, slots=True)
class Preferred:
    """An owner who comes before the turn of the others, and why."""

    owner_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class HandOffVerdict:
    """Whether the lead passes to sales now. `refusals` say every reason against it, whether or not anybody asked;
    `eligible_from` when the last dated one ends. `request` is the click that this answers, `settles` the ids of all
    clicks that are answered with it (five clicks are one wish)."""

    deed: Deed
    mode: str
    refusals: tuple[Message, ...] = ()
    eligible_from: datetime | None = None
    not_to: tuple[str, ...] = ()
    prefer: tuple[Preferred, ...] = ()
    pool: str = ""
    request: Request | None = None
    cause: str = ""
    settles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of the life cycle to be recorded. `implied`: nobody recorded it there, but what followed requires it."""

    old: Step
    new: Step
    occurred_at: datetime
    actor: Actor
    cause: str
    implied: bool = False
    violation: str = ""


@dataclass(frozen=True, slots=True)
class EpisodeAnswer:
    """What a CRM's facts say about an open hand-off, to be recorded on it."""

    handoff_id: str
    answer: Answer
    at: datetime
    actor: Actor
    rejection: Rejection | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """Time that runs, or ran, for somebody: `owner_id` the rep, empty for marketing's own. `breached`: not met when it was
    due, whether or not it was met later."""

    name: str
    owner_id: str
    since: datetime
    due_at: datetime
    met_at: datetime | None = None
    breached: bool = False

    @property
    def missed(self) -> bool:
        """Whether it is over and still not met."""
        return self.breached and self.met_at is None


@dataclass(frozen=True, slots=True)
class CashValue:
    """Lead cash value with the arithmetic that makes it: `amount` = round(rate x price), half up, in minor units.
    `rate` is kept as a fraction in text ("3/50" or a decimal) so that anybody can repeat the sum."""

    amount: Money
    rate: str
    price: Money
    wins: int
    leads: int
    matured: str
    low: str
    high: str
    assumed: bool
    table_version: int
    cell: str


@dataclass(frozen=True, slots=True)
class Versions:
    """Under which versions of configuration, value table and code a decision was taken."""

    matrix: int = 0
    signals: int = 0
    policies: int = 0
    mapping: int = 0
    value: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. Between two inputs it does not change before `reconsider_at` (None: never by itself).

    `wanted` holds Baton's own fields by our names (see `mappings/defaults`), the same for every system. `cycle` is the
    buying cycle that the decision is about; it differs from the memory's when fresh evidence, the lead's or a colleague's,
    opened another. `cycles` are those of the account that this decision opened, closed or corrected.
    `role_computed` is what the title says, beside a role set by hand. `reassign`: the lead goes to another rep within
    its hand-off.
    """

    persona: PersonaVerdict
    role: str
    stage: StageVerdict
    cell: str
    evidence: tuple[Evidence, ...]
    step: Step
    gate: tuple[GateResult, ...]
    handoff: HandOffVerdict
    value: CashValue | None
    transitions: tuple[Transition, ...] = ()
    answers: tuple[EpisodeAnswer, ...] = ()
    cooldown_until: datetime | None = None
    rejections: int = 0
    next_action: Message | None = None
    wanted: Mapping[str, FieldValue] = field(default_factory=lambda: MappingProxyType({}))
    versions: Versions = Versions()
    reconsider_at: datetime | None = None
    flags: tuple[str, ...] = ()
    cycle: int = 1
    cycle_opened_at: datetime | None = None
    cycles: tuple[BuyingCycle, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    reassign: Reassign | None = None
    role_computed: str = ""
    role_set: HandSet | None = None
