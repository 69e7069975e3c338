"""Where sales stands with a lead: its hand-offs, the CRM's statuses and the opportunities read as one story.

Two changes between two polls are two events. Knows no cell and decides no hand-off.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from operator import attrgetter

from connector.domain.cycle import Cycle
from connector.domain.events import Answered, Dealt, Event, Said, Standing
from connector.domain.facts import Actor, Answer, Episode, Known, LinkedRecord, Step
from connector.domain.policies import PoliciesConfig
from connector.domain.purchases import own_opportunities, pool_since
from connector.domain.recycling import rejected, rests_at
from connector.domain.story import Story
from connector.domain.unasked import CRM, Unasked
from mappings.records import Opportunity, SystemRole

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_standing(known: Known, policies: PoliciesConfig, cycle: Cycle) -> Standing:
    """Sales' side of the lead in this cycle, from its hand-offs, the CRM's statuses and the opportunities."""
    episodes = tuple(e for e in known.episodes if e.cycle == cycle.number)
    said = _said(known, policies, cycle)
    deals = own_opportunities(known, cycle=cycle.number, after=cycle.after)
    rests = partial(rests_at, policies, known)
    if not episodes:
        floor = max(filter(None, (pool_since(known), cycle.after, policies.records_since)))
        # Of Baton's own writing only its undoing of what broke a cooldown says something here.
        told = [one for one in said if one.actor.kind != "baton" or one.word == "rejected"]
        events: list[Said | Dealt] = [*told, *_dealt(deals, _EPOCH)]
        return Unasked(known, policies, floor=floor, rests=rests).standing(events)
    earlier, latest = _with_sales_last(episodes)
    said_no = sum(rejected(episode) is not None for episode in earlier)
    story = Story(policies, latest, rejections=said_no, rests=rests)
    spoken = _of_hand_off(said, known, latest)
    for event in _in_order(spoken, deals, latest, known):
        story.read(event)
    story.end()
    return story.standing(earlier)


def _with_sales_last(episodes: tuple[Episode, ...]) -> tuple[tuple[Episode, ...], Episode]:
    """The hand-off that stands, after the others: the latest, but of two leads that were merged the one that sales did
    not reject."""
    standing = [episode for episode in episodes if episode.answer is not Answer.REJECTED]
    latest = standing[-1] if standing else episodes[-1]
    return tuple(episode for episode in episodes if episode is not latest), latest


def _of_hand_off(said: list[Said], known: Known, episode: Episode) -> list[Said]:
    """What answers this hand-off: said after its request, and after what was answered before, for a remote clock ahead of
    ours must not answer the next hand-off as well. A history of whole seconds says of a quick answer the second of the
    request; what was said in that second could as well answer an earlier hand-off, so only the first is read that way."""
    asked = episode.requested_at
    elsewhere = {e.crm for e in known.episodes if e.crm and e.crm != episode.crm and e.requested_at > asked}
    said = [one for one in said if one.record.key not in elsewhere]
    earlier = [e for e in known.episodes if e.requested_at < asked]
    if not earlier:
        return [one for one in said if one.at >= asked.replace(microsecond=0)]
    heard = [at for e in earlier for at in (e.answered_at, e.rejection.at if e.rejection else None) if at]
    return [one for one in said if one.at > max([asked, *heard])]


def _said(known: Known, policies: PoliciesConfig, cycle: Cycle) -> list[Said]:
    found = []
    for record in known.records:
        if record.role is not SystemRole.CRM:
            continue
        found += [
            Said(change.at, word, change.actor, record)
            for change in record.changes
            if (word := policies.answer_word(change.new)) and (change.actor.kind != "baton" or word != "open")
        ]
        if (first := _at_creation(known, policies, record)) is not None:
            found.append(first)
        word = policies.answer_word(record.answer) or ("converted" if record.person.converted_to else "")
        if word and not record.changes:
            found.append(Said(_seen_at(known, record, word), word, CRM, record))
    return [event for event in found if cycle.after is None or event.at > cycle.after]


def _at_creation(known: Known, policies: PoliciesConfig, record: LinkedRecord) -> Said | None:
    """What the status of a record made since sales' last no said at first: a history begins with its first change."""
    no = known.episodes[-1].rejection if known.episodes else None
    if no is None or not record.changes or record.created_at is None or record.created_at <= no.at:
        return None
    word = policies.answer_word(record.changes[0].old)
    return Said(record.created_at, word, CRM, record) if word and not record.by_baton else None


def _seen_at(known: Known, record: LinkedRecord, word: str) -> datetime:
    """When a status without a history was set, as far as anybody knows. A no that still stands from an earlier hand-off
    is that no, however late the record was touched."""
    earlier = [e.rejection.at for e in known.episodes if e.rejection]
    if earlier and word in ("rejected", "disqualified"):
        return earlier[-1]
    return record.person.modified_at or record.created_at or known.created_at


def _dealt(deals: tuple[Opportunity, ...], floor: datetime) -> list[Dealt]:
    """The deals as steps. A cycle is lost only when its last deal is; one win wins it."""
    found = [Dealt(_opened(deal, floor), deal, Step.OPPORTUNITY) for deal in deals]
    found += [Dealt(_closed(d, floor), d, Step.WON) for d in deals if d.is_closed and d.is_won]
    lost = [d for d in deals if d.is_closed and not d.is_won]
    if deals and len(lost) == len(deals):
        last = max(lost, key=lambda deal: _closed(deal, floor))
        found.append(Dealt(_closed(last, floor), last, Step.LOST))
    return found


def _opened(deal: Opportunity, floor: datetime) -> datetime:
    return max(floor, deal.created_at or deal.closed_at or deal.modified_at or floor)


def _closed(deal: Opportunity, floor: datetime) -> datetime:
    return max(_opened(deal, floor), deal.closed_at or deal.modified_at or floor)


def _in_order(
    said: list[Said], deals: tuple[Opportunity, ...], episode: Episode, known: Known
) -> list[Event]:
    events: list[Event] = [*said, *_dealt(deals, episode.requested_at)]
    if episode.answer is Answer.ACCEPTED:
        rep = Actor("rep", episode.owner_id)
        events.append(Answered(episode.answered_at or episode.requested_at, rep))
    events += [
        Answered(one.at, one.by, Step.SQL) for one in known.qualifications if one.handoff_id == episode.id
    ]
    return sorted(events, key=attrgetter("at"))
