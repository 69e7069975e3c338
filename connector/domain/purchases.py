"""What the opportunities say of an account's buying cycles, and which opportunities speak of a lead.

A win or a loss closes the cycle it falls into, for every contact. Rows only move one way - open, lost, won - unless the
opportunity that closed one is corrected, so that leads that see different opportunities agree in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connector.domain.buying_cycle import BuyingCycle
from connector.domain.facts import Known
from connector.domain.policies import CyclePolicy
from mappings.records import Opportunity, SystemRole

WON, LOST, SILENCE, JOINED = "won", "lost", "silence", "joined"
"""What closes a cycle. `joined`: two companies turned out to be one, and the other one's cycle was further on."""


def settled(row: BuyingCycle, deals: Iterable[Opportunity]) -> BuyingCycle:
    """The account's latest cycle as the opportunities have it: the first win closes it, else the loss of the last one."""
    seen = [deal for deal in deals if _placed(deal, row.opened_at)]
    row = _reopened(row, seen)
    wins = [(at, deal) for deal in seen if deal.is_won and (at := closing_of(deal))]
    if wins:
        at, deal = min(wins, key=lambda win: (win[0], win[1].key))
        earlier = row.closed_by != WON or row.closed_at is None or at < row.closed_at
        return replace(row, closed_at=at, closed_by=WON, deal=str(deal.key)) if earlier else row
    losses = [(at, deal) for deal in seen if not deal.is_won and (at := closing_of(deal))]
    if row.closed_by == WON or not losses or len(losses) < len(seen):
        return row
    at, deal = max(losses, key=lambda loss: (loss[0], loss[1].key))
    later = row.closed_by != LOST or row.closed_at is None or at > row.closed_at
    return replace(row, closed_at=at, closed_by=LOST, deal=str(deal.key)) if later else row


def _placed(deal: Opportunity, opened: datetime) -> bool:
    """A deal belongs to the cycle in which it closed; while it is open, to the one in which it began."""
    at = closing_of(deal) or deal.created_at
    return at is not None and at >= opened


def closing_of(deal: Opportunity) -> datetime | None:
    """When a closed deal closed, as far as anybody knows."""
    return (deal.closed_at or deal.modified_at or deal.created_at) if deal.is_closed else None


def _reopened(row: BuyingCycle, seen: Iterable[Opportunity]) -> BuyingCycle:
    """A CRM that corrects itself: the deal that closed the cycle says otherwise now. One that vanished corrects nothing."""
    said = next((deal for deal in seen if str(deal.key) == row.deal), None)
    if said is None or (said.is_closed and said.is_won == (row.closed_by == WON)):
        return row
    return replace(row, closed_at=None, closed_by="", deal="")


def past_cycles(deals: Sequence[Opportunity], policy: CyclePolicy) -> tuple[BuyingCycle, ...]:
    """The cycles that an account went through before Baton knew it: each win closed one, orders soon after a win belong to
    it, and what came after the last win is the latest."""
    wait = timedelta(days=policy.after_won_days)
    wins = sorted((at, deal.key, deal) for deal in deals if deal.is_won and (at := closing_of(deal)))
    rows: list[BuyingCycle] = []
    for at, key, deal in wins:
        closed = rows[-1].closed_at if rows else None
        if closed is None or at > closed + wait:
            opened = max(filter(None, (min(at, deal.created_at or at), closed)))
            rows.append(BuyingCycle(len(rows) + 1, opened, at, WON, str(key)))
    last = rows[-1].closed_at if rows else None
    begun = [at for deal in deals if (at := closing_of(deal) or deal.created_at)]
    rest = [at for at in begun if last is None or at > last + wait]
    if rest:
        rows.append(settled(BuyingCycle(len(rows) + 1, min(rest)), deals))
    return tuple(rows)


def joined(rows: Sequence[BuyingCycle], others: Sequence[BuyingCycle]) -> tuple[BuyingCycle, ...]:
    """The cycles of two units that turned out to be one, number by number: opened with the first, open while one of the two
    is; all but the latest are closed."""
    by_number: dict[int, BuyingCycle] = {}
    for row in (*rows, *others):
        known = by_number.setdefault(row.number, row)
        first = min(known.opened_at, row.opened_at)
        by_number[row.number] = replace(max(known, row, key=_closed_last), opened_at=first)
    found: list[BuyingCycle] = []
    for number in sorted(by_number):
        row = by_number[number]
        if found:
            row = replace(row, opened_at=max(row.opened_at, found[-1].opened_at))
            found[-1] = _closed_by(found[-1], row.opened_at)
        found.append(row)
    return tuple(found)


def _closed_last(row: BuyingCycle) -> tuple[bool, datetime]:
    return row.closed_at is None, row.closed_at or row.opened_at


def _closed_by(row: BuyingCycle, opening: datetime) -> BuyingCycle:
    if row.closed_at is None:
        return replace(row, closed_at=opening, closed_by=JOINED)
    return replace(row, closed_at=min(row.closed_at, opening))


def named_opportunities(known: Known) -> tuple[Opportunity, ...]:
    """The opportunities that name one of the lead's records."""
    ids = {record.key.id for record in known.records} | {
        record.person.converted_to for record in known.records
    }
    ids |= {known.person.key.id, known.person.converted_to}
    return tuple(deal for deal in known.opportunities if not ids.isdisjoint(deal.person_ids))


def own_opportunities(known: Known, *, cycle: int, after: datetime | None) -> tuple[Opportunity, ...]:
    """The opportunities that speak of this lead: those that name one of its records, and those that name nobody but
    came after its hand-off, or after it entered marketing's pool while no colleague was with sales."""
    named = {deal.key for deal in named_opportunities(known)}
    since = _claims_since(known, cycle, after)
    return tuple(
        deal
        for deal in known.opportunities
        if (
            deal.key in named
            if deal.person_ids
            else since is not None and deal.created_at is not None and deal.created_at > since
        )
    )


def _claims_since(known: Known, cycle: int, after: datetime | None) -> datetime | None:
    own = [e.requested_at for e in known.episodes if e.cycle == cycle]
    if own:
        return min(own)
    if any(episode.confirmed_at for episode in known.account.other_episodes):
        return None
    return max(filter(None, (pool_since(known), after)))


def pool_since(known: Known) -> datetime:
    """Since when marketing works on the lead: its first record there, else that of a colleague at the account, else when it
    was first known. A lead that only sales ever had is in nobody's pool but theirs."""
    times = [r.created_at or r.person.created_at for r in known.records if r.role is SystemRole.MARKETING]
    if not times and known.records and known.account.pool_since is None:
        return _NEVER
    first = known.account.pool_since or known.person.created_at or known.created_at
    return min((t for t in times if t), default=first)


_NEVER = datetime.max.replace(tzinfo=UTC)
