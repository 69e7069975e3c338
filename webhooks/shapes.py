"""The shapes of the JSON API: what may be asked, strictly, and what is answered. The OpenAPI document is made from them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from connector.domain.facts import Actor
from mappings.records import Kind
from webhooks.problems import InvalidBodyError

LONGEST_TEXT = 100_000
MOST_ACTIVITIES = 1000


def _storable(text: str) -> str:
    """No database keeps a NUL in text."""
    if "\x00" in text:
        raise PydanticCustomError("nul", "has a NUL character")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Id = Annotated[Text, Field(min_length=1, max_length=200)]
Line = Annotated[Text, Field(max_length=2000)]
Long = Annotated[Text, Field(max_length=LONGEST_TEXT)]
Value = Text | int | float | bool | None
Day = date


class Body(BaseModel):
    """A body: strict (no number for a text, no text for a yes), nothing unknown in it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Self:
        """Read decoded JSON by JSON's strict rules, under which a text may be a time but a number may not. Raises
        InvalidBodyError, which is answered in the reader's language."""
        try:
            return cls.model_validate_json(orjson.dumps(obj), strict=True)
        except ValidationError as exc:
            raise InvalidBodyError(exc) from exc


class ActorShape(Body):
    """Who asks, as the calling machine vouches for it. `id` is an owner id of the CRM where there is one."""

    kind: Literal["sdr", "rep", "manager", "admin"]
    id: Annotated[Text, Field(max_length=200)] = ""

    def actor(self) -> Actor:
        """In Baton's own words."""
        return Actor(self.kind, self.id)


class CommandBody(Body):
    """What every command may say. `actor` is ignored in a request that HubSpot signed: there the user is known."""

    actor: ActorShape | None = None


class HandOffBody(CommandBody):
    """Ask that the lead passes to sales. `request_id` is the same for the same click, however often it is sent; the
    header `Idempotency-Key` says the same."""

    request_id: Id | None = None


class AcceptBody(CommandBody):
    """Sales takes the lead."""


class RejectBody(CommandBody):
    """Sales says no. `reason` is an id of the reasons list; `until` the day from which it makes sense again."""

    reason: Annotated[Text, Field(max_length=200)]
    note: Long = ""
    until: date | None = None
    return_to_me: bool = False


class RecontactBody(CommandBody):
    """Somebody spoke with the customer, in both directions. `occurred_at` has an offset."""

    kind: Kind = Kind.CALL
    text: Long
    occurred_at: AwareDatetime


class OverrideBody(CommandBody):
    """A manager lets the lead pass its cooldown once."""

    reason: Long


class ReviewBody(CommandBody):
    """Marketing accepts the lead for sales in its own system, or does not and says why."""

    accepted: bool
    note: Long = ""


class QualifyBody(CommandBody):
    """A rep says that the lead is sales qualified: a text per criterion. What was stated before need not be said again."""

    need: Long = ""
    process_fit: Long = ""
    timeline: Long = ""
    budget: Long = ""
    key_role: Long = ""


class ContestBody(CommandBody):
    """An SDR doubts sales' latest no, or that of `hand_off`."""

    note: Long
    hand_off: Annotated[Text, Field(max_length=64)] = ""


class SetBody(CommandBody):
    """A person knows better: `value` is an id of a row, a column or a role."""

    what: Literal["persona", "stage", "role"]
    value: Id
    reason: Long


class UnsetBody(CommandBody):
    """What was set by hand ends; the computed one counts again."""

    what: Literal["persona", "stage", "role"]
    reason: Long


class FindingBody(CommandBody):
    """What a manager heard from the customer about sales' latest no, or that of `hand_off`. `rep`: it does not hold;
    `lead`, `sdr`, `unclear`: it stands."""

    finding: Literal["lead", "sdr", "rep", "unclear"]
    note: Long
    hand_off: Annotated[Text, Field(max_length=64)] = ""


class PersonShape(Body):
    """Who it was: any of these; the first that Baton knows counts, in the order in which they stand here."""

    record: Annotated[Text, Field(max_length=300, description="connection:object:id")] = ""
    lead_id: Annotated[Text, Field(max_length=64, description="Baton's own id")] = ""
    wecom_id: Annotated[Text, Field(max_length=200)] = ""
    mobile: Annotated[Text, Field(max_length=100)] = ""
    email: Annotated[Text, Field(max_length=320)] = ""


class ActivityShape(Body):
    """One thing that happened. Kind, time and person are judged one by one: what cannot be taken is parked with its
    reason, and the others are kept."""

    id: Id
    kind: Annotated[Text, Field(max_length=64, description="One of: " + ", ".join(Kind))]
    at: Annotated[Text, Field(max_length=64, description="ISO 8601 with an offset")]
    person: PersonShape
    direction: Annotated[Text, Field(max_length=16, description="in (the customer) or out (our side)")] = ""
    subject: Line = ""
    text: Long = ""
    url: Annotated[Text, Field(max_length=4000)] = ""
    author_id: Annotated[Text, Field(max_length=200)] = ""
    two_way: bool = False
    properties: dict[Annotated[Text, Field(max_length=200)], Value] = Field(default_factory=dict)


class ActivitiesBody(Body):
    """What a source tells. Told again, it changes nothing."""

    source: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    activities: Annotated[list[ActivityShape], Field(min_length=1, max_length=MOST_ACTIVITIES)]


class Problem(BaseModel):
    """Why a request was not served: `code` for machines, `message` in the reader's language. `fields` names what is wrong
    with a body (`field`, `message`); `id` is what to give to whoever runs Baton."""

    code: str
    message: str
    fields: list[dict[str, str]] | None = None
    id: str | None = None


class ReplyShape(BaseModel):
    """The answer to a command. `code` is `done`, `already`, `refused` or `ask_manager`; a refused one has status 409
    and every reason in `messages`."""

    accepted: bool
    code: Literal["done", "already", "refused", "ask_manager"]
    messages: list[str]
    lead_id: str
    handoff_id: str
    eligible_from: datetime | None


class ToldShape(BaseModel):
    """What became of one activity. `code` and `message` say why it was refused."""

    id: str
    outcome: Literal["kept", "known", "waiting", "refused"]
    lead_id: str
    code: str
    message: str


class ToldList(BaseModel):
    """One answer per activity, in the order of the request."""

    activities: list[ToldShape]


class PlayShape(BaseModel):
    """What to do in a cell, in the reader's language."""

    cell: str
    website: str
    offline: str
    talk: str


class LeadShape(BaseModel):
    """One lead as the panel shows it and `baton lead show --json` prints it; keys are only ever added."""

    model_config = ConfigDict(extra="allow")

    id: str
    cell: str
    person: dict[str, Any]
    persona: dict[str, Any]
    role: str
    role_computed: str
    role_set_by_hand: dict[str, Any] | None
    stage: dict[str, Any]
    evidence: list[dict[str, Any]]
    lifecycle: dict[str, Any]
    gate: list[dict[str, Any]]
    hand_off: dict[str, Any]
    value: dict[str, Any] | None
    cooldown_until: str | None
    reconsider_at: str | None


class MatrixShape(BaseModel):
    """The matrix under the published value table, as `baton value --json` prints it."""

    model_config = ConfigDict(extra="allow")

    version: int
    published_at: datetime | None
    currency: str
    cells: list[dict[str, Any]]
    unplaced: int


class DigestQuery(Body):
    """Which digest: a `day`, or a `week` from Monday, that holds `date`; without a date the last one that is over."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)  # `locale` stands beside it

    period: Literal["day", "week"] = "day"
    date: Day | None = None


class DigestShape(BaseModel):
    """Rejections of a period as `baton digest --json` prints them."""

    model_config = ConfigDict(extra="allow")

    period: Literal["day", "week"]
    total: int
    annulled: int
    counts: dict[str, list[dict[str, Any]]]
    rejections: list[dict[str, Any]]
    contests: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    owed: list[dict[str, Any]]
    floods: list[dict[str, Any]]


class AskList(BaseModel):
    """Open questions, the oldest first, each as `baton asks list --json` prints it."""

    asks: list[dict[str, Any]]


class SlaQuery(BaseModel):
    """Which part of the lists."""

    rep: Annotated[str, Field(max_length=64)] = ""
    kind: Literal["breach", "no_activity"] | None = None


class SlaShape(BaseModel):
    """Who is late, as `baton sla list --json` prints it."""

    model_config = ConfigDict(extra="allow")

    as_of: datetime
    calendar_known_until: date | None
    rows: list[dict[str, Any]]


class StatusShape(BaseModel):
    """How Baton fares, as `baton status --json` prints it: counts and times, no personal data."""

    model_config = ConfigDict(extra="allow")

    now: datetime
    leads: int
    leads_due: int
    inbox: int
    read: list[dict[str, Any]]
    outbox: list[dict[str, Any]]
    parked: list[dict[str, Any]]
    runs: list[dict[str, Any]]
