"""Reads what happened after a hand-off, event by event, into answers on it and steps that the lead took.

Facts are recorded here, never refused: a status set against the rules becomes a step with its violation named.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.domain.answer import named, rejection_of, with_reason
from connector.domain.decision import EpisodeAnswer
from connector.domain.events import (
    BYPASS,
    COOLDOWN,
    RANK,
    RECORD_GONE,
    REVERT,
    Answered,
    Dealt,
    Event,
    Resting,
    Said,
    Standing,
    Visit,
    revocable,
)
from connector.domain.facts import Actor, Answer, Episode, Rejection, Step
from connector.domain.policies import Outcome, PoliciesConfig
from connector.domain.recycling import cooldown_end


class Story:
    """Reads what happened after one hand-off, event by event, into answers and visits."""

    def __init__(
        self, policies: PoliciesConfig, episode: Episode, *, rejections: int, rests: Resting
    ) -> None:
        self.policies = policies
        self.rests = rests
        self.last = rejections + 1 >= policies.recycling.max_rejections
        self.episode = episode
        self.answers: list[EpisodeAnswer] = []
        self.visits: list[Visit] = []
        self.flags: set[str] = set()
        self.reopened = False
        if episode.confirmed_at:
            self._visit(Step.HANDED_OFF, episode.confirmed_at, episode.requested_by, "hand_off")
        if episode.rejection and episode.answer is Answer.REJECTED:
            self._rejected(episode.rejection)

    def read(self, event: Event) -> None:
        """Take one event in; events come in the order of their times."""
        if isinstance(event, Dealt):
            self._deal(event)
        elif isinstance(event, Answered):
            self._visit(
                event.step, event.at, event.actor, "accepted" if event.step is Step.SAL else "qualified"
            )
        elif self.episode.answer is Answer.REJECTED:
            self._said_after_rejection(event)
        elif event.actor.kind == "baton":
            return  # Baton's own writing is no answer; after a no it may be an automation under Baton's user
        elif event.word in ("rejected", "disqualified"):
            self._said_no(event)
        elif event.word != "open":
            self._said_yes(event)

    def end(self) -> None:
        """After the last event: a record that somebody in sales deleted is a no, whose reason is owed."""
        gone = self.episode.crm_gone_at
        if gone is None or self.episode.confirmed_at is None:
            return
        if self.episode.answer is not Answer.REJECTED:
            if self.visits and self.visits[-1].step in _DEAL_STEPS:
                return
            at = max(gone, self.episode.requested_at, *(visit.at for visit in self.visits))
            rejection = Rejection(at, self.episode.owner_id, "")
            self._answer_no(rejection, Actor("crm"))
            self._rejected(rejection, word=RECORD_GONE)
        if not self.reopened:
            self.flags.add(RECORD_GONE)

    def standing(self, earlier: tuple[Episode, ...]) -> Standing:
        over = self.episode.answer is Answer.REJECTED and not self.reopened
        return Standing(
            episodes=(*earlier, self.episode),
            answers=tuple(self.answers),
            visits=tuple(self.visits),
            held=not over,
            flags=tuple(sorted(self.flags)),
        )

    def _visit(self, step: Step, at: datetime, actor: Actor, cause: str) -> None:
        violation = self._violation(at) if self.reopened else ""
        if self.visits and RANK.get(step, 0) <= RANK.get(self.visits[-1].step, -1):
            return
        floor = self.visits[-1].at if self.visits else at
        self.visits.append(Visit(step, max(at, floor), actor, cause, violation))

    def _said_yes(self, event: Said) -> None:
        if self.episode.answer is Answer.OPEN:
            self.answers.append(EpisodeAnswer(self.episode.id, Answer.ACCEPTED, event.at, event.actor))
            self.episode = replace(self.episode, answer=Answer.ACCEPTED, answered_at=event.at)
        step = Step.SAL if event.word == "accepted" else Step.SQL
        self._visit(step, event.at, event.actor, event.word)

    def _said_no(self, event: Said) -> None:
        if self.visits and self.visits[-1].step in _DEAL_STEPS:
            return
        rejection = rejection_of(self.episode, event, self.policies)
        self._answer_no(rejection, event.actor)
        self._rejected(rejection, word=event.word)

    def _answer_no(self, rejection: Rejection, actor: Actor) -> None:
        self.answers.append(EpisodeAnswer(self.episode.id, Answer.REJECTED, rejection.at, actor, rejection))
        self.episode = replace(
            self.episode, answer=Answer.REJECTED, answered_at=rejection.at, rejection=rejection
        )

    def _rejected(self, rejection: Rejection, word: str = "rejected") -> None:
        rep = Actor("rep", rejection.rep_id)
        self._visit(Step.REJECTED, rejection.at, rep, rejection.reason or "reason_owed")
        after = Step.RECYCLED
        if not rejection.annulled and self._is_out(rejection, word):
            after = Step.DISQUALIFIED
        self.visits.append(Visit(after, rejection.at, Actor("baton"), rejection.reason or "reason_owed"))
        if not rejection.reason:
            self.flags.add("reason_owed")
        elif self.policies.reason(rejection.reason) is None:
            self.flags.add("reason_unknown")

    def _is_out(self, rejection: Rejection, word: str) -> bool:
        """Whether the lead leaves for good: by the reason, by its last chance, or by a status that says so while no
        reason says otherwise."""
        given = self.policies.reason(rejection.reason)
        if word == "disqualified" and given is None:
            self.flags.add("disqualified")
            return True
        return self.last or (given is not None and given.outcome in _CLOSING)

    def _said_after_rejection(self, event: Said) -> None:
        rejection = self.episode.rejection
        if rejection is None:
            return
        if event.at <= rejection.at and event.word in ("rejected", "disqualified"):
            rejection = self._named(event, rejection)
        if event.at < rejection.at:
            return
        if event.word in ("rejected", "disqualified"):
            self._no_again(event, rejection)
            self.flags.discard(REVERT)
        elif event.at > rejection.at:
            step = {"open": Step.HANDED_OFF, "accepted": Step.SAL}.get(event.word, Step.SQL)
            self._reopen(event, step, event.at)

    def _named(self, event: Said, rejection: Rejection) -> Rejection:
        """The no was seen on the record before its history told who set it: the same no, now with its author."""
        known = named(rejection, event.actor)
        if known != rejection:
            self._answer_no(known, event.actor)
        return known

    def _no_again(self, event: Said, rejection: Rejection) -> None:
        """The same no read again, completed by its reason, or the end of what was set back to work by hand."""
        self._reason_owed(event, rejection)
        if self.reopened:
            if self.visits[-1].step in _DEAL_STEPS:
                return
            self.reopened = False
            self.flags.discard(BYPASS)
            self.visits.append(Visit(Step.REJECTED, event.at, event.actor, event.word))
        out = self._is_out(self.episode.rejection or rejection, event.word)
        after = Step.DISQUALIFIED if out else Step.RECYCLED
        if self.visits[-1].step is not after:
            self.visits.append(Visit(after, event.at, event.actor, event.word))

    def _reason_owed(self, event: Said, rejection: Rejection) -> None:
        """A rep who gave no reason at first may add it on the record: the same rejection, now with its reason."""
        given = event.record.person.rejection_reason
        if rejection.reason or not given:
            return
        self.flags.discard("reason_owed")
        completed = with_reason(rejection, event.record.person, self.policies)
        self._answer_no(completed, event.actor)
        if self.policies.reason(given) is None:
            self.flags.add("reason_unknown")

    def _reopen(self, event: Said | Dealt, step: Step, at: datetime) -> None:
        """A record set back to work by hand. What can be undone is left to be undone, where the policies say so."""
        violation = self._violation(at)
        self.flags.add(f"violation:{violation}")
        if violation == COOLDOWN and self.policies.recycling.on_violation == "revert" and revocable(event):
            self.flags.add(REVERT)
            return
        self.flags.discard(REVERT)
        if isinstance(event, Said):
            actor, cause = event.actor, event.word
        else:
            actor, cause = Actor("rep", event.deal.owner_id), str(step)
        if not self.reopened:
            self.reopened = True
            self.visits.append(Visit(step, max(at, self.visits[-1].at), actor, cause, violation))
            self.flags.add(BYPASS)
        else:
            self._visit(step, at, actor, cause)

    def _violation(self, at: datetime) -> str:
        rejection = self.episode.rejection
        ends = cooldown_end(self.policies, rejection) if rejection else None
        return COOLDOWN if (ends and at < ends) or self.rests(at) else BYPASS

    def _deal(self, event: Dealt) -> None:
        actor = Actor("rep", event.deal.owner_id)
        rejection = self.episode.rejection
        if self.episode.answer is Answer.REJECTED and rejection and not self.reopened:
            if event.at > rejection.at or event.step is not Step.OPPORTUNITY:
                self._reopen(event, event.step, max(event.at, rejection.at))
            return
        self._visit(event.step, event.at, actor, str(event.step))


_DEAL_STEPS = frozenset({Step.OPPORTUNITY, Step.WON, Step.LOST})
_CLOSING = frozenset({Outcome.DISQUALIFY, Outcome.CLOSE_PERSON})
