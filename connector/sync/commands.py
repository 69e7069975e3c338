"""What people ask of Baton, carried out: checked by the rules, stored, decided anew - in one local transaction.

Nothing remote happens here; jobs deliver what follows. Refusals are answers, with every reason, and are recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from connector.domain import commands as domain
from connector.domain.assess import Judge, Qualify
from connector.domain.assessment import Qualification, Review
from connector.domain.commands import Accepted, Command, Effect, Refused
from connector.domain.decision import EpisodeAnswer
from connector.domain.dispute import Contest, Contested, Found, Settle
from connector.domain.facts import Actor, Known, Override, Request
from connector.errors import BatonError
from connector.store import (
    activities,
    assessments,
    decisions,
    dirty,
    handoffs,
    links,
    owners,
    rejections,
    requests,
)
from connector.store.decisions import Refusal
from connector.store.engine import Tx
from connector.store.known import known_of
from connector.sync.engine import Engine
from connector.sync.outcome import recent
from connector.sync.place import place_lead
from connector.sync.readers import readers_for
from mappings.records import Activity, Direction, Kind, RecordKey

TOLD = "told"
"""The object under which activities live that were told to Baton itself."""


class UnknownLeadError(BatonError):
    """No lead has this id or record."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command. `code` is `done`, `already`, `refused` or `ask_manager`; `messages` are rendered."""

    accepted: bool
    code: str
    messages: tuple[str, ...]
    lead_id: str
    handoff_id: str = ""
    eligible_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewRejection:
    """What a rep says no with."""

    reason: str
    note: str = ""
    until: date | None = None
    return_to_me: bool = False


@dataclass(frozen=True, slots=True)
class NewContact:
    """A conversation with the customer that somebody logs."""

    kind: Kind
    text: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether marketing accepts a lead for sales, and what it says."""

    accepted: bool
    note: str = ""


def hand_off(engine: Engine, lead: str, *, actor: Actor, request_id: str, locale: str | None = None) -> Reply:
    """Ask that the lead passes to sales. The same request answers with the same hand-off, however often it comes."""

    def command(tx: Tx) -> Command:
        requests.wait_again(tx, request_id)  # what it led to failed: the same click asks once more
        return domain.HandOff(actor, request_id, engine.now())

    return _run(engine, lead, command, name="hand_off", locale=locale)


def accept(engine: Engine, lead: str, *, actor: Actor, locale: str | None = None) -> Reply:
    """Sales takes the lead."""
    return _run(engine, lead, lambda _: domain.Accept(actor), name="accept", locale=locale)


def reject(
    engine: Engine, lead: str, *, actor: Actor, rejection: NewRejection, locale: str | None = None
) -> Reply:
    """Sales says no, with a reason of the list."""

    def command(tx: Tx) -> Command:
        by = _owner(engine, tx, actor)
        rep_id = by.id if by.id and by.kind == "rep" else _holder(tx, resolve(tx, lead))
        return domain.Reject(
            by=by,
            reason=rejection.reason,
            note=rejection.note,
            until=rejection.until,
            return_to_me=rejection.return_to_me,
            recent=rejections.count_of_rep(tx, rep_id, since=recent(engine.now())),
        )

    return _run(engine, lead, command, name="reject", locale=locale)


def _owner(engine: Engine, tx: Tx, actor: Actor) -> Actor:
    """Who says no, by an id that the CRM knows: any other id would be nobody whom the lead must not go back to."""
    known = {rep.owner_id for rep in owners.reps(tx, engine.crm.connection)}
    return actor if actor.id in known else Actor(actor.kind)


def _holder(tx: Tx, lead_id: str) -> str:
    """The rep who has the lead's latest hand-off."""
    mine = handoffs.handoffs_of(tx, [lead_id]).get(lead_id, [])
    return mine[-1].owner_id if mine else ""


def recontact(
    engine: Engine, lead: str, *, actor: Actor, contact: NewContact, locale: str | None = None
) -> Reply:
    """Somebody spoke with the customer again."""
    now = engine.now()
    activity = Activity(
        key=RecordKey("", TOLD, engine.new_id()),
        kind=contact.kind,
        occurred_at=contact.occurred_at,
        recorded_at=now,
        learned_at=now,
        direction=Direction.IN,
        text=contact.text,
        author_id=actor.id,
        two_way=True,
    )
    return _run(engine, lead, lambda _: domain.Recontact(actor, activity), name="recontact", locale=locale)


def review(engine: Engine, lead: str, *, actor: Actor, judged: Judged, locale: str | None = None) -> Reply:
    """Marketing accepts the lead for sales in its own system, or does not and says why."""
    command = Judge(actor, judged.accepted, judged.note)
    return _run(engine, lead, lambda _: command, name="review", locale=locale)


def qualify(
    engine: Engine, lead: str, *, actor: Actor, criteria: Mapping[str, str], locale: str | None = None
) -> Reply:
    """A rep says that the lead is sales qualified, with a text per criterion."""
    return _run(engine, lead, lambda _: Qualify(actor, criteria), name="qualify", locale=locale)


def override(engine: Engine, lead: str, *, actor: Actor, reason: str, locale: str | None = None) -> Reply:
    """A manager lets the lead pass its cooldown once."""
    return _run(engine, lead, lambda _: domain.LiftCooldown(actor, reason), name="override", locale=locale)


def contest(
    engine: Engine, lead: str, *, actor: Actor, note: str, handoff_id: str = "", locale: str | None = None
) -> Reply:
    """An SDR says that sales' no does not hold; a manager is to call the customer."""
    doubt = Contest(actor, note, handoff_id)
    return _run(engine, lead, lambda _: doubt, name="contest", locale=locale)


def settle(engine: Engine, lead: str, *, finding: Settle, locale: str | None = None) -> Reply:
    """A manager says where the cause of sales' no lay. With the rep, the lead goes to another one."""
    return _run(engine, lead, lambda _: finding, name="finding", locale=locale)


def resolve(tx: Tx, lead: str) -> str:
    """The lead that an id or `connection:object:id` stands for today. Raises UnknownLeadError."""
    lead_id: str | None = lead
    if ":" in lead:
        try:
            key = RecordKey.parse(lead)
        except ValueError as exc:
            raise UnknownLeadError("no lead is linked to that record") from exc
        found = links.links(tx, [key]).get(key)
        lead_id = found.lead_id if found else None
    live = links.live_lead(tx, lead_id) if lead_id else None
    if live is None:
        raise UnknownLeadError("no lead is linked to that record")
    return live


def _run(engine: Engine, lead: str, make: Callable[[Tx], Command], *, name: str, locale: str | None) -> Reply:
    now = engine.now()
    with engine.store.begin() as tx:
        lead_id = resolve(tx, lead)
        command = make(tx)
        known = known_of(tx, [lead_id], readers_for(engine, tx), now=now)[0]
        outcome = domain.check_command(command, known, engine.rules(tx), now)
        if isinstance(outcome, Refused):
            record_refused(tx, lead_id, outcome, Attempt(command.by, name, now))
            return refused_reply(engine, lead_id, outcome, locale)
        for effect in outcome.effects:
            _store(tx, known, effect, now=now)
        place_lead(engine, tx, lead_id, now=now)
        return _done(tx, lead_id, outcome)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who tried what, when."""

    by: Actor
    name: str
    at: datetime


def record_refused(tx: Tx, lead_id: str, outcome: Refused, attempt: Attempt) -> None:
    refusal = Refusal(lead_id, attempt.at, attempt.by, attempt.name, outcome.messages)
    decisions.add_refusal(tx, refusal)


def refused_reply(engine: Engine, lead_id: str, outcome: Refused, locale: str | None) -> Reply:
    said = tuple(engine.render(message, locale or engine.locale) for message in outcome.messages)
    code = "ask_manager" if outcome.ask_manager else "refused"
    return Reply(False, code, said, lead_id, eligible_from=outcome.eligible_from)


def _done(tx: Tx, lead_id: str, outcome: Accepted) -> Reply:
    mine = handoffs.handoffs_of(tx, [lead_id]).get(lead_id, [])
    current = mine[-1].id if mine else ""
    return Reply(True, "done" if outcome.effects else "already", (), lead_id, handoff_id=current)


def _store(tx: Tx, known: Known, effect: Effect, *, now: datetime) -> None:
    match effect:
        case Request():
            requests.put_request(tx, effect, lead_id=known.lead_id)
        case EpisodeAnswer():
            handoffs.record_answer(tx, effect, learned_at=now)
            _look_at_colleagues(tx, known, now=now)
        case Activity():
            activities.keep_activities(tx, [_of_lead(effect, known)])
        case Review() | Qualification():
            assessments.keep(tx, known.lead_id, effect)
        case Override():
            requests.grant_override(tx, known.lead_id, override=effect)
        case Contested():
            rejections.contest(tx, effect)
        case Found():
            rejections.find(tx, effect)
            _look_at_colleagues(tx, known, now=now)


def _look_at_colleagues(tx: Tx, known: Known, *, now: datetime) -> None:
    """An answer may hold for the whole account: its other leads are decided again."""
    account_id = links.leads(tx, [known.lead_id])[known.lead_id].account_id
    dirty.mark_accounts(tx, [account_id] if account_id else [], reason="answer", at=now)


def _of_lead(activity: Activity, known: Known) -> Activity:
    """The activity as one of the lead's own record, which is how activities are tied to people."""
    person = known.person.key
    key = replace(activity.key, connection=person.connection)
    return replace(activity, key=key, person_ids=(person.id,))
