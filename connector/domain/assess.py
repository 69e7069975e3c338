"""Commands about what people judge: marketing reviews a lead, a rep qualifies one. Checked; refused with every reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.domain.assessment import Qualification, Review, missing_criteria, shape_of
from connector.domain.assessment_config import Shape
from connector.domain.decision import EpisodeAnswer
from connector.domain.facts import Actor, Answer, Episode, Known, Message, Step
from connector.domain.rules import Rules
from connector.domain.situation import Situation
from connector.domain.survey import survey

SQL_OR_FURTHER = frozenset({Step.SQL, Step.OPPORTUNITY, Step.WON, Step.LOST})
_REVIEWERS = frozenset({"sdr", "manager", "admin"})


@dataclass(frozen=True, slots=True)
class Judge:
    """Marketing accepts the lead for sales, or does not."""

    by: Actor
    accepted: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Qualify:
    """A rep says that the lead is sales qualified, and why: a text per criterion."""

    by: Actor
    criteria: Mapping[str, str]


def judge(command: Judge, known: Known, rules: Rules, now: datetime) -> tuple[Message, ...] | Review:
    """The review to be stored, or every reason against it."""
    here, _ = survey(known, rules, now)
    messages = []
    if here.standing.held:
        messages.append(Message("command.with_sales_already"))
    elif shape_of(rules.policies.handoff, here.cell, rules.matrix.names(here.persona.id)) is Shape.DIRECT:
        messages.append(Message("command.no_review", {"cell_id": here.cell}))
    if command.by.kind not in _REVIEWERS:
        messages.append(Message("command.marketing_only"))
    if not command.accepted and not command.note.strip():
        messages.append(Message("command.reason_required"))
    return tuple(messages) or Review(now, command.by, command.accepted, command.note)


def qualify(
    command: Qualify, known: Known, rules: Rules, now: datetime
) -> tuple[tuple[Message, ...], tuple[EpisodeAnswer | Qualification, ...]]:
    """Every reason against it, and what is to be stored where there is none: who qualifies a lead has taken it."""
    here, _ = survey(known, rules, now)
    episode = here.episode
    if episode is None or not here.standing.held:
        return (Message("command.not_with_sales"),), ()
    stated = {**_stated(known, episode), **{n: t for n, t in command.criteria.items() if t.strip()}}
    missing = [*missing_criteria(rules.policies.qualification, stated, here.role)]
    if missing:
        return tuple(Message("command.criterion_missing", {"criterion_id": name}) for name in missing), ()
    said = Qualification(episode.id, now, command.by, stated)
    if episode.answer is Answer.ACCEPTED:
        return (), (said,)
    return (), (EpisodeAnswer(episode.id, Answer.ACCEPTED, now, command.by), said)


def _stated(known: Known, episode: Episode) -> Mapping[str, str]:
    found = next((one for one in known.qualifications if one.handoff_id == episode.id), None)
    return found.criteria if found else {}


def owed(here: Situation) -> tuple[str, ...]:
    """What SQL asks for and nobody stated, of a hand-off that sales took that far in its own system."""
    episode = here.episode
    if episode is None or not any(visit.step in SQL_OR_FURTHER for visit in here.standing.visits):
        return ()
    return tuple(missing_criteria(here.policies.qualification, _stated(here.known, episode), here.role))
