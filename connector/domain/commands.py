"""What people ask Baton to do, checked: carried out with these effects, or refused with every reason.

Facts from a CRM do not come through here: they are never refused. What doubts a rejection is checked in dispute.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast

from connector.domain.assess import Judge, Qualify, judge, qualify
from connector.domain.assessment import Qualification, Review
from connector.domain.decide import decide
from connector.domain.decision import Deed, EpisodeAnswer, HandOffVerdict
from connector.domain.dispute import MANAGERS, Contest, Contested, Found, Settle, contest, settle
from connector.domain.facts import Actor, Answer, Episode, Known, Message, Override, Rejection, Request, Step
from connector.domain.recycling import is_two_way
from connector.domain.rules import Rules
from connector.domain.survey import survey
from mappings.records import Activity, RecordKey


@dataclass(frozen=True, slots=True)
class HandOff:
    """An SDR clicks *Hand off*. `id` is the same for the same click, however often it arrives."""

    by: Actor
    id: str
    at: datetime
    source: RecordKey | None = None


@dataclass(frozen=True, slots=True)
class Accept:
    """The rep takes the lead."""

    by: Actor


@dataclass(frozen=True, slots=True)
class Reject:
    """The rep says no, with a reason of the list. `recent` is how many this rep rejected within the last hour. A manager
    may say it in the rep's stead: it stays the rep's no."""

    by: Actor
    reason: str
    note: str = ""
    until: date | None = None
    return_to_me: bool = False
    recent: int = 0


@dataclass(frozen=True, slots=True)
class Recontact:
    """Somebody logs that they spoke with the customer. `activity` is what is to be stored."""

    by: Actor
    activity: Activity


@dataclass(frozen=True, slots=True)
class LiftCooldown:
    """A manager lets the lead pass its cooldown once."""

    by: Actor
    reason: str


Command = HandOff | Accept | Reject | Recontact | LiftCooldown | Contest | Settle | Judge | Qualify
Effect = Request | EpisodeAnswer | Activity | Override | Contested | Found | Review | Qualification
"""What is to be stored for a command that is carried out."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The command holds: store the effects, then decide the lead again. `handoff` is the verdict of a hand-off."""

    effects: tuple[Effect, ...]
    handoff: HandOffVerdict | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The command does not hold, and every reason why. `ask_manager`: it would with a manager's word."""

    messages: tuple[Message, ...]
    ask_manager: bool = False
    eligible_from: datetime | None = None


Outcome = Accepted | Refused


def check_command(command: Command, known: Known, rules: Rules, now: datetime) -> Outcome:
    """Check what somebody asks. The same command, facts and moment give the same answer."""
    check = cast("Callable[[Command, Known, Rules, datetime], Outcome]", _CHECKS[type(command)])
    return check(command, known, rules, now)


def _hand_off(command: HandOff, known: Known, rules: Rules, now: datetime) -> Outcome:
    if command.id in known.memory.answered_requests:
        return _clicked_again(known, rules, now)
    request = Request(command.id, command.at, command.by, command.source)
    others = tuple(earlier for earlier in known.requests if earlier.id != request.id)
    decision = decide(replace(known, requests=(*others, request)), rules, now)
    if decision.handoff.deed is Deed.HAND_OFF:
        return Accepted((request,), decision.handoff)
    asks = "strong_evidence_in_cooldown" in decision.flags
    return Refused(decision.handoff.refusals, ask_manager=asks, eligible_from=decision.handoff.eligible_from)


def _clicked_again(known: Known, rules: Rules, now: datetime) -> Outcome:
    """The same click once more: what it led to stands; it never hands off a second time."""
    decision = decide(known, rules, now)
    here, _ = survey(known, rules, now)
    if here.standing.held:
        return Accepted((), decision.handoff)
    answered = Message("refusal.click_answered")
    return Refused((*decision.handoff.refusals, answered), eligible_from=decision.handoff.eligible_from)


def _with_sales(known: Known, rules: Rules, now: datetime) -> tuple[Episode | None, tuple[Message, ...]]:
    """The hand-off that sales can answer, or why there is none."""
    here, _ = survey(known, rules, now)
    episode = here.episode
    if episode is None or not here.standing.held:
        return None, (Message("command.not_with_sales"),)
    if any(visit.step in _DEALT for visit in here.standing.visits):
        return None, (Message("command.already_opportunity"),)
    return episode, ()


def _accept(command: Accept, known: Known, rules: Rules, now: datetime) -> Outcome:
    episode, why = _with_sales(known, rules, now)
    if episode is None:
        return Refused(why)
    if episode.answer is Answer.ACCEPTED:
        return Accepted(())
    return Accepted((EpisodeAnswer(episode.id, Answer.ACCEPTED, now, command.by),))


def _reject(command: Reject, known: Known, rules: Rules, now: datetime) -> Outcome:
    policies = rules.policies
    episode, why = _with_sales(known, rules, now)
    reason = policies.reason(command.reason)
    messages = list(why)
    if not command.reason.strip():
        messages.append(Message("command.reason_required"))
    elif reason is None:
        messages.append(Message("command.reason_unknown", {"reason": command.reason}))
    if command.until and policies.midnight(command.until) <= now:
        messages.append(Message("command.date_passed", {"until": command.until.isoformat()}))
    if messages or episode is None or reason is None:
        return Refused(tuple(messages))
    limit = policies.recycling.ask_manager_over_per_hour
    if command.recent >= limit and command.by.kind not in MANAGERS:
        return Refused((Message("command.too_many_rejections", {"limit": limit}),), ask_manager=True)
    rejection = _no_of(command, episode, reason=reason.id, now=now)
    return Accepted((EpisodeAnswer(episode.id, Answer.REJECTED, now, command.by, rejection),))


def _no_of(command: Reject, episode: Episode, *, reason: str, now: datetime) -> Rejection:
    by = command.by
    return Rejection(
        at=now,
        rep_id=by.id if by.id and by.kind == "rep" else episode.owner_id,
        reason=reason,
        note=command.note,
        until=command.until,
        return_to_me=command.return_to_me,
        said_by=by.id,
    )


def _recontact(command: Recontact, known: Known, rules: Rules, now: datetime) -> Outcome:
    activity, messages = command.activity, []
    if not is_two_way(activity, rules.policies.recycling):
        messages.append(Message("command.not_two_way"))
    if activity.occurred_at > now:
        messages.append(Message("command.in_future"))
    if not (activity.text.strip() or activity.subject.strip()):
        messages.append(Message("command.text_required"))
    return Refused(tuple(messages)) if messages else Accepted((activity,))


def _lift(command: LiftCooldown, known: Known, rules: Rules, now: datetime) -> Outcome:
    here, _ = survey(known, rules, now)
    messages = []
    if command.by.kind not in MANAGERS:
        messages.append(Message("command.manager_only"))
    if not command.reason.strip():
        messages.append(Message("command.reason_required"))
    if not here.blocking:
        messages.append(Message("command.no_cooldown"))
    if messages == [Message("command.no_cooldown")] and _lifted_already(command, known):
        return Accepted(())
    return Refused(tuple(messages)) if messages else Accepted((Override(now, command.by, command.reason),))


def _lifted_already(command: LiftCooldown, known: Known) -> bool:
    """The same manager's same word, sent again before it was used."""
    said = (command.by, command.reason)
    return any((one.by, one.reason) == said for one in known.overrides if not one.used)


def _judge(command: Judge, known: Known, rules: Rules, now: datetime) -> Outcome:
    checked = judge(command, known, rules, now)
    return Accepted((checked,)) if isinstance(checked, Review) else Refused(checked)


def _qualify(command: Qualify, known: Known, rules: Rules, now: datetime) -> Outcome:
    why, effects = qualify(command, known, rules, now)
    return Refused(why) if why else Accepted(effects)


def _contest(command: Contest, known: Known, rules: Rules, now: datetime) -> Outcome:
    return _disputed(contest(command, known, now))


def _settle(command: Settle, known: Known, rules: Rules, now: datetime) -> Outcome:
    return _disputed(settle(command, known, now))


def _disputed(checked: Contested | Found | tuple[Message, ...] | None) -> Outcome:
    if isinstance(checked, tuple):
        return Refused(checked)
    return Accepted((checked,) if checked else ())


_DEALT = frozenset({Step.OPPORTUNITY, Step.WON, Step.LOST})
_CHECKS: Mapping[type[Command], object] = {
    HandOff: _hand_off,
    Accept: _accept,
    Reject: _reject,
    Recontact: _recontact,
    LiftCooldown: _lift,
    Contest: _contest,
    Settle: _settle,
    Judge: _judge,
    Qualify: _qualify,
}
