"""Where sales stands with a lead: its hand-offs, the CRM's statuses and the opportunities read as one story.

Two changes between two polls are two events. Knows no cell and decides no hand-off.
"""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter

from connector.domain.cycle import Cycle, own_opportunities, pool_since
from connector.domain.events import BYPASS, RANK, Answered, Dealt, Event, Said, Standing, Visit
from connector.domain.facts import Actor, Answer, Episode, Known, LinkedRecord, Step
from connector.domain.policies import PoliciesConfig
from connector.domain.recycling import rejected
from connector.domain.story import Story
from mappings.records import Opportunity, SystemRole

CRM = Actor("crm")


def read_standing(known: Known, policies: PoliciesConfig, cycle: Cycle) -> Standing:
    """Sales' side of the lead in this cycle, from its hand-offs, the CRM's statuses and the opportunities."""
    episodes = tuple(e for e in known.episodes if e.cycle == cycle.number)
    said = _said(known, policies, cycle)
    deals = own_opportunities(known, cycle)
    if not episodes:
        return _without_hand_off(known, policies, cycle, said=said, deals=deals)
    said_no = sum(rejected(episode) is not None for episode in episodes[:-1])
    story = Story(policies, episodes[-1], rejections=said_no)
    for event in _in_order(_of_hand_off(said, known, episodes[-1]), deals, episodes[-1]):
        story.read(event)
    story.end()
    return story.standing(episodes[:-1])


def _of_hand_off(said: list[Said], known: Known, episode: Episode) -> list[Said]:
    """What answers this hand-off: said after its request, and after what was answered before, for a remote clock ahead of
    ours must not answer the next hand-off as well. A history of whole seconds says of a quick answer the second of the
    request; what was said in that second could as well answer an earlier hand-off, so only the first is read that way."""
    asked = episode.requested_at
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
            if (word := policies.answer_word(change.new)) and change.actor.kind != "baton"
        ]
        word = policies.answer_word(record.answer) or ("converted" if record.person.converted_to else "")
        if word and not record.changes:
            found.append(Said(_seen_at(known, record, word), word, CRM, record))
    return [event for event in found if cycle.after is None or event.at > cycle.after]


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


def _in_order(said: list[Said], deals: tuple[Opportunity, ...], episode: Episode) -> list[Event]:
    events: list[Event] = [*said, *_dealt(deals, episode.requested_at)]
    if episode.answer is Answer.ACCEPTED:
        rep = Actor("rep", episode.owner_id)
        events.append(Answered(episode.answered_at or episode.requested_at, rep))
    return sorted(events, key=attrgetter("at"))


def _without_hand_off(
    known: Known, policies: PoliciesConfig, cycle: Cycle, *, said: list[Said], deals: tuple[Opportunity, ...]
) -> Standing:
    """Sales at work on a lead that was never handed over: facts all the same. What began after the lead entered
    marketing's pool is a bypass; what was there before is only history."""
    floor = max(filter(None, (pool_since(known), cycle.after, policies.records_since)))
    events: list[Said | Dealt] = [event for event in said if event.word != "open"]
    events += _dealt(deals, _EPOCH)
    visits = _made_by_reps(known, floor)
    for event in sorted(events, key=attrgetter("at")):
        violation = BYPASS if event.at > floor else ""
        if isinstance(event, Dealt):
            rep = Actor("rep", event.deal.owner_id)
            _go_on(visits, Visit(event.step, event.at, rep, str(event.step), violation))
        elif event.word in ("rejected", "disqualified"):
            _give_up(visits, event)
        else:
            step = Step.SAL if event.word == "accepted" else Step.SQL
            _go_on(visits, Visit(step, event.at, event.actor, event.word, violation))
    held = bool(visits) and visits[-1].step is not Step.RECYCLED
    bypassed = held and any(visit.violation for visit in visits)
    return Standing(visits=tuple(visits), held=held, flags=(BYPASS,) if bypassed else ())


def _go_on(visits: list[Visit], visit: Visit) -> None:
    last = visits[-1].step if visits else Step.RECYCLED
    if last is Step.RECYCLED or RANK[visit.step] > RANK[last]:
        visits.append(visit)


def _give_up(visits: list[Visit], event: Said) -> None:
    """A rep who had the lead without a hand-off and gave it up returns it to marketing; there is nothing to answer."""
    if visits and RANK.get(visits[-1].step, 0) in range(1, RANK[Step.REJECTED]):
        visits.append(Visit(Step.REJECTED, event.at, event.actor, event.word))
        visits.append(Visit(Step.RECYCLED, event.at, event.actor, event.word))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _made_by_reps(known: Known, floor: datetime) -> list[Visit]:
    """The CRM record that a person made for a lead of marketing's pool puts it into sales' pool, worked or not."""
    made = [
        created
        for record in known.records
        if record.role is SystemRole.CRM and not record.by_baton
        and (created := record.created_at or record.person.created_at) and created > floor
    ]  # fmt: skip
    return [Visit(Step.HANDED_OFF, min(made), CRM, BYPASS, BYPASS)] if made else []
