"""The policies document: when a lead passes to sales, what the gate asks, what each reason of rejection entails.

Shapes, defaults and look-ups only; what they mean for a lead is decided in gate, recycling, handoff and routing.
"""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from connector.domain.assessment_config import QualificationPolicy, Shape
from connector.domain.document import Id, Section, Texts, Zone, repeated
from connector.domain.sla_config import Sla
from connector.domain.working_time import WorkingTime
from connector.domain.working_time_config import WorkingTimePolicy
from mappings.records import Kind

Days = Annotated[int, Field(ge=0, le=3650)]
Cell = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*/[a-z0-9][a-z0-9_-]*$")]
FactName = Literal["name", "company", "mobile", "phone", "email", "wecom_id", "source", "campaign", "title"]


class Mode(StrEnum):
    """Who starts a hand-off in a cell."""

    AUTOMATIC = "automatic"
    ON_CLICK = "on_click"
    SUGGEST = "suggest"
    NEVER = "never"


class Outcome(StrEnum):
    """What becomes of a lead that sales rejected."""

    RECYCLE = "recycle"
    CLOSE_PERSON = "close_person"
    MERGE = "merge"
    REROUTE = "reroute"
    DISQUALIFY = "disqualify"


class Scope(StrEnum):
    """Whom a cooldown holds back: everybody at the account, or the rejected person."""

    ACCOUNT = "account"
    PERSON = "person"


class HandOffPoint(Section):
    """The first stage at which a persona's leads pass to sales. Inside a column: `points` of its evidence (strong 2,
    supporting 1), or one piece of evidence from `next_stage` although that stage is not reached."""

    stage: Id
    points: Annotated[int, Field(ge=0, le=100)] = 0
    signals: tuple[str, ...] = ()
    next_stage: Id | None = None


class HandOffPolicy(Section):
    """Points per persona (or group of rows), modes per cell; `default_mode` where a cell has none."""

    default_mode: Mode = Mode.ON_CLICK
    points: dict[Id, HandOffPoint] = Field(default_factory=dict)
    modes: dict[Cell, Mode] = Field(default_factory=dict)
    default_shape: Shape = Shape.DIRECT
    shapes: dict[Cell, Shape] = Field(default_factory=dict)


class PartnerRule(StrEnum):
    """What a partner's own record may do. The method: the end customer is the lead, the partner its source."""

    END_CUSTOMER = "end_customer"
    ALLOW = "allow"


class GatePolicy(Section):
    """What the gate asks. An entry of `required` is a field, or several of which one is enough."""

    required: tuple[FactName | tuple[FactName, ...], ...] = (
        "name",
        "company",
        ("mobile", "email", "wecom_id"),
        "source",
    )
    consent: Literal["not_refused", "given"] = "not_refused"
    competitor_domains: tuple[str, ...] = ()
    competitor_kinds: tuple[str, ...] = ("competitor",)
    customer_kinds: tuple[str, ...] = ("customer",)
    partner_kinds: tuple[str, ...] = ("partner", "reseller")
    partner: PartnerRule = PartnerRule.END_CUSTOMER


class Demand(StrEnum):
    """What a resubmission needs once the cooldown is over."""

    RECONTACT = "recontact"
    SOMETHING_NEW = "something_new"
    NEW_CHANNEL = "new_channel"


class Reason(Section):
    """A reason of rejection. `rep_date_wins`: the date that the rep gave ends the cooldown. `words`: further spellings
    by which a CRM's picklist may state it. `hint`: what the SDR should look for, which no rule can check."""

    id: Id
    label: Texts
    cooldown_days: Days = 0
    outcome: Outcome = Outcome.RECYCLE
    scope: Scope = Scope.PERSON
    rep_date_wins: bool = False
    hint: Literal["", "another_contact"] = ""
    demands: tuple[Demand, ...] = ()
    words: tuple[str, ...] = ()


class RecyclingPolicy(Section):
    """What a rejection entails beyond its reason. `on_violation`: what to do about a CRM record that somebody set back
    to work during its cooldown."""

    demands: tuple[Demand, ...] = (Demand.RECONTACT, Demand.SOMETHING_NEW)
    max_rejections: Annotated[int, Field(ge=1, le=100)] = 3
    ask_manager_over_per_hour: Annotated[int, Field(ge=1, le=10_000)] = 20
    on_violation: Literal["flag", "revert"] = "flag"
    two_way_when_inbound: tuple[Kind, ...] = (Kind.EMAIL_REPLY, Kind.CHAT, Kind.MESSAGE, Kind.CALL)
    held: tuple[str, ...] = ("held", "completed", "connected", "answered")


class CyclePolicy(Section):
    """When a buying cycle ends and the next may open."""

    after_won_days: Days = 30
    after_lost_days: Days = 90
    silence_days: Annotated[int, Field(ge=30, le=3650)] = 365


class Pool(Section):
    """Where a cell's leads go when no owner is given: a group of reps, or a queue of the CRM."""

    group: str = ""
    queue: str = ""

    @model_validator(mode="after")
    def _one(self) -> Pool:
        if bool(self.group) == bool(self.queue):
            raise ValueError("name a group or a queue, one of them")
        return self


class RoutingPolicy(Section):
    """Pools per cell or per persona, and how many new leads a rep takes a day."""

    pools: dict[str, Pool] = Field(default_factory=dict)
    capacity: Annotated[int, Field(ge=0, le=1000)] = 3
    manager_id: str = ""


class PoliciesConfig(Section):
    """The `policies` document. `status_words` say what a CRM's status means where its value map does not;
    `records_since`: what reps created before that instant is no bypass (the day Baton began)."""

    time_zone: Zone = "Asia/Shanghai"
    working_time: WorkingTimePolicy = Field(default_factory=WorkingTimePolicy)
    handoff: HandOffPolicy = Field(default_factory=HandOffPolicy)
    gate: GatePolicy = Field(default_factory=GatePolicy)
    qualification: QualificationPolicy = Field(default_factory=QualificationPolicy)
    reasons: Annotated[tuple[Reason, ...], Field(min_length=1)]
    recycling: RecyclingPolicy = Field(default_factory=RecyclingPolicy)
    cycle: CyclePolicy = Field(default_factory=CyclePolicy)
    sla: Sla = Field(default_factory=Sla)
    routing: RoutingPolicy = Field(default_factory=RoutingPolicy)
    status_words: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    records_since: datetime | None = None

    @model_validator(mode="after")
    def _unique(self) -> PoliciesConfig:
        if problems := repeated((reason.id for reason in self.reasons), "reasons"):
            raise ValueError("; ".join(problems))
        if unknown := sorted(set(self.status_words) - set(ANSWER_WORDS)):
            raise ValueError(f"status_words: {unknown} are none of {sorted(ANSWER_WORDS)}")
        return self

    def reason(self, text: str) -> Reason | None:
        """The reason by id, label or other spelling, whatever its case or hyphens; None where the list has none."""
        wanted = _folded(text)
        return next((r for r in self.reasons if wanted in _names_of(r)), None)

    def longest(self) -> Reason:
        """The reason with the longest cooldown: it stands in where a rep gave none."""
        return max(self.reasons, key=lambda reason: reason.cooldown_days)

    def answer_word(self, status: str) -> str:
        """A CRM status in our words (see ANSWER_WORDS); empty when it says nothing."""
        wanted = status.strip().casefold()
        if wanted in ANSWER_WORDS:
            return wanted
        spelt = {s.casefold(): word for word, statuses in self.status_words.items() for s in statuses}
        return spelt.get(wanted, "")

    def working(self, calendar: str = "") -> WorkingTime:
        """The working time of a named calendar; of the firm for none, or for one that the policies do not have."""
        return self.working_time.of(calendar, default_zone=self.time_zone)

    def midnight(self, day: date) -> datetime:
        """The first instant of that day in the business time zone."""
        return datetime.combine(day, time(), ZoneInfo(self.time_zone))

    def when(self, instant: datetime) -> str:
        """An instant in the business time zone, `2026-11-22 14:20`, or the day alone when it is its first minute."""
        local = instant.astimezone(ZoneInfo(self.time_zone))
        return f"{local:%Y-%m-%d}" if local.time() < time(0, 1) else f"{local:%Y-%m-%d %H:%M}"


ANSWER_WORDS = frozenset({"open", "accepted", "qualified", "rejected", "converted", "disqualified"})
"""What a CRM status can say of a hand-off."""


def _names_of(reason: Reason) -> frozenset[str]:
    return frozenset(map(_folded, (reason.id, *reason.label.values(), *reason.words)))


def _folded(text: str) -> str:
    return text.strip().casefold().replace("-", "_").replace(" ", "_")
