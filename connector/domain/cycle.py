"""Buying cycles: which one a lead is in, what belongs to it, and when the next one opens.

One purchase by one account: opened by the first evidence of any contact, closed for all of them by won, lost or long
silence. A lead that sales holds stays in its cycle until sales has answered. Knows no stage and no CRM.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from connector.domain.buying_cycle import BuyingCycle
from connector.domain.facts import Answer, Known, Step
from connector.domain.policies import CyclePolicy
from connector.domain.purchases import SILENCE, WON, named_opportunities, past_cycles, settled
from mappings.records import Activity, Direction, Opportunity

CLOSED = frozenset({Step.WON, Step.LOST})
_WITH_SALES = frozenset({Step.HANDED_OFF, Step.SAL, Step.SQL, Step.OPPORTUNITY})
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cycle:
    """The cycle that a decision is about. Only facts later than `after` count in it, and evidence later than
    `evidence_after`, the close of the one before. `is_new`: the lead was in an earlier one until now. `opens`: it opens if
    there is evidence; `otherwise` is in force if there is none. `changes_at` is when the next one may open by itself, `rows`
    the account's cycles as they are to be known from now on, this one's row among them unless it is not open yet."""

    number: int
    opened_at: datetime | None
    after: datetime | None = None
    evidence_after: datetime | None = None
    is_new: bool = False
    opens: bool = False
    otherwise: Cycle | None = None
    changes_at: datetime | None = None
    rows: tuple[BuyingCycle, ...] = ()

    @property
    def closed(self) -> BuyingCycle | None:
        """The row of this cycle, once it is closed."""
        return next((row for row in self.rows if row.number == self.number and row.closed_at), None)


def current_cycle(known: Known, policy: CyclePolicy, now: datetime) -> Cycle:
    """The cycle in force: the account's latest, or the next when fresh evidence came after its end."""
    before = known.cycles or _remembered(known) or past_cycles(known.opportunities, policy)
    if not before:
        return Cycle(known.memory.cycle, None)
    rows = (*before[:-1], settled(before[-1], known.opportunities))
    if _sales_holds(known) or _has_a_past(known):
        return _in(known, rows, known.memory.cycle)
    happened = sorted(a.occurred_at for a in known.activities if speaks(a) and a.occurred_at <= now)
    if rows[-1].closed_at is None:
        return _after_silence(
            known, rows, policy, [*happened, *(at for at in known.account.heard if at <= now)]
        )
    return _after_close(known, rows, policy, now=now, happened=happened)


def _remembered(known: Known) -> tuple[BuyingCycle, ...]:
    """The lead's own cycle, where its unit has none."""
    memory = known.memory
    closed = memory.step_since if memory.step in CLOSED else None
    opened = memory.cycle_opened_at or closed
    return (BuyingCycle(memory.cycle, opened, closed, str(memory.step) if closed else ""),) if opened else ()


def _sales_holds(known: Known) -> bool:
    memory = known.memory
    if memory.step in CLOSED:
        return False
    open_ones = [e for e in known.episodes if e.cycle == memory.cycle and e.answer is not Answer.REJECTED]
    return memory.step in _WITH_SALES or bool(open_ones)


def _has_a_past(known: Known) -> bool:
    """A purchase that names the lead and was over before the lead was ever decided is read as its first cycle."""
    return not known.memory.persona and any(deal.is_closed for deal in named_opportunities(known))


def _in(known: Known, rows: tuple[BuyingCycle, ...], number: int) -> Cycle:
    """The cycle of that number, as the account has it."""
    row = next((row for row in rows if row.number == number), None)
    opened = row.opened_at if row else known.memory.cycle_opened_at
    before = max((row for row in rows if row.number < number), key=lambda row: row.number, default=None)
    after = opened - INSTANT if opened and number > 1 else None
    return Cycle(
        number,
        opened,
        after=after,
        evidence_after=(before.closed_at if before else None) or after,
        is_new=_is_new(known, number),
        rows=rows,
    )


def _is_new(known: Known, number: int) -> bool:
    return number > known.memory.cycle and known.memory.step is not Step.NEW


def _after_close(
    known: Known,
    rows: tuple[BuyingCycle, ...],
    policy: CyclePolicy,
    *,
    now: datetime,
    happened: list[datetime],
) -> Cycle:
    last, same = rows[-1], _in(known, rows, rows[-1].number)
    closed = last.closed_at or last.opened_at
    if not any(at > closed for at in happened):
        return same
    opens = reopening(last, policy)
    if now < opens:
        return replace(same, changes_at=opens)
    return _candidate(known, rows, closed, otherwise=same)


def reopening(row: BuyingCycle, policy: CyclePolicy) -> datetime:
    """From when on fresh evidence may open the cycle after this one."""
    wait = policy.after_won_days if row.closed_by == WON else policy.after_lost_days
    return (row.closed_at or row.opened_at) + timedelta(days=wait)


def _after_silence(
    known: Known, rows: tuple[BuyingCycle, ...], policy: CyclePolicy, heard: Iterable[datetime]
) -> Cycle:
    """The account's latest cycle, or the next after the last pause in which nobody there was heard for so long."""
    last, same = rows[-1], _in(known, rows, rows[-1].number)
    silence = timedelta(days=policy.silence_days)
    times = sorted({last.opened_at, *heard})
    pauses = [
        (early, late) for early, late in pairwise(times) if late - early > silence and late > last.opened_at
    ]
    if not pauses or _selling(known, last):
        return same
    early, late = pauses[-1]
    ended = replace(last, closed_at=early + silence, closed_by=SILENCE)
    return _candidate(known, (*rows[:-1], ended), late - INSTANT, otherwise=same)


def _selling(known: Known, row: BuyingCycle) -> bool:
    return any(
        not deal.is_closed and deal.created_at and deal.created_at >= row.opened_at
        for deal in known.opportunities
    )


def _candidate(known: Known, rows: tuple[BuyingCycle, ...], after: datetime, *, otherwise: Cycle) -> Cycle:
    number = rows[-1].number + 1
    return Cycle(
        number,
        None,
        after=after,
        evidence_after=after,
        is_new=_is_new(known, number),
        opens=True,
        otherwise=otherwise,
        rows=rows,
    )


def opened(cycle: Cycle, opening: datetime) -> Cycle:
    """The cycle with its first evidence known, as it will be remembered; one that is open already opened then if that is
    earlier (a colleague's activity was read late)."""
    if cycle.opened_at is not None and opening >= cycle.opened_at:
        return cycle
    mine = next((row for row in cycle.rows if row.number == cycle.number), None)
    row = replace(mine, opened_at=opening) if mine else BuyingCycle(cycle.number, opening)
    rows = (*(one for one in cycle.rows if one.number != cycle.number), row)
    after = opening - INSTANT if cycle.number > 1 else None
    return replace(
        cycle,
        opened_at=opening,
        after=after,
        rows=tuple(sorted(rows, key=lambda one: one.number)),
        opens=False,
    )


def speaks(activity: Activity) -> bool:
    """Whether an activity shows the customer's interest or a conversation: what we sent or plan does not."""
    return not activity.planned and (activity.direction is not Direction.OUT or activity.two_way)


def within(known: Known, cycle: Cycle) -> Known:
    """What is known, reduced to this cycle: earlier activities and a stage set by hand earlier do not count in it."""
    return _since(known, cycle.after)


def evidence_within(known: Known, cycle: Cycle) -> Known:
    """The same for evidence: what came since the close of the cycle before, which is what opened this one."""
    start = cycle.evidence_after
    reduced = _since(known, start)
    opened_at = start + INSTANT if start else None
    memory = replace(known.memory, cycle=cycle.number, cycle_opened_at=opened_at)
    return replace(reduced, memory=memory)


def _since(known: Known, start: datetime | None) -> Known:
    if start is None:
        return known
    stage_set = known.stage_set if known.stage_set and known.stage_set.at > start else None
    return replace(
        known,
        activities=tuple(a for a in known.activities if a.occurred_at > start),
        opportunities=tuple(o for o in known.opportunities if not _over_before(o, start)),
        stage_set=stage_set,
    )


def _over_before(opportunity: Opportunity, start: datetime) -> bool:
    closed = opportunity.closed_at or opportunity.modified_at or opportunity.created_at
    return opportunity.is_closed and (closed is None or closed <= start)
