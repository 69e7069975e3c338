"""Sales' no as the CRM's record states it, and what becomes known of it later: who set it, and the reason that was owed."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.events import Said
from connector.domain.facts import Actor, Episode, Rejection
from connector.domain.policies import PoliciesConfig
from mappings.records import Person


def rejection_of(episode: Episode, event: Said, policies: PoliciesConfig) -> Rejection:
    """The rejection as the CRM's record states it; the rep is who set it, where that was a rep."""
    person = event.record.person
    return Rejection(
        at=event.at,
        rep_id=event.actor.id if event.actor.kind == "rep" and event.actor.id else episode.owner_id,
        reason=_reason_id(policies, person.rejection_reason),
        note=person.rejection_note,
        until=person.rejection_until,
        return_to_me=person.return_to_me,
        said_by=event.actor.id,
    )


def named(rejection: Rejection, by: Actor) -> Rejection:
    """The no with its author, where it was seen before the history told who set it."""
    if rejection.said_by or not by.id or by.kind == "baton":
        return rejection
    return replace(rejection, said_by=by.id, rep_id=by.id if by.kind == "rep" else rejection.rep_id)


def with_reason(rejection: Rejection, person: Person, policies: PoliciesConfig) -> Rejection:
    """The no with the reason that its rep added on the record."""
    return replace(
        rejection,
        reason=_reason_id(policies, person.rejection_reason),
        note=person.rejection_note or rejection.note,
        until=person.rejection_until or rejection.until,
    )


def _reason_id(policies: PoliciesConfig, text: str) -> str:
    """The reason's id; a text that the list does not have is kept as it is, never guessed."""
    known = policies.reason(text)
    return known.id if known else text.strip()
