"""Hand-offs as the value KPI reads them: by unit (account, or lead without one) and buying cycle, in a stream; and what was
won from the units."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, case, func, select

from connector.domain.kpi import HandedOff, Refused, Win
from connector.store import tables
from connector.store.engine import Tx
from connector.store.handoffs import FAILED
from connector.store.types import UtcDateTime, money_from


def handed_off_cycles(tx: Tx) -> Iterator[tuple[HandedOff, ...]]:
    """Every buying cycle that sales got a hand-off of, with its hand-offs by time; by unit and cycle. The unit is where the
    lead is today, so that leads and accounts found to be one are one."""
    rows = tx.execute(_handed_off().execution_options(yield_per=2000))
    for _, cycle in groupby(rows, key=lambda row: (row.unit_id, row.cycle)):
        yield tuple(map(_fact, cycle))


def _handed_off() -> Select[Any]:
    t, r, lead = tables.handoff, tables.rejection, tables.lead
    live = lead.alias("live")
    # A hand-off that sales answered before its last step was confirmed was with sales by then.
    at = func.coalesce(t.c.confirmed_at, t.c.answered_at, type_=UtcDateTime).label("at")
    unit = func.coalesce(live.c.account_id, live.c.id).label("unit_id")
    facts = (t.c.id, t.c.cycle, t.c.cell, t.c.value_minor, t.c.value_currency, t.c.owner_id, t.c.source)
    # Hand-offs of earlier releases do not name the SDR of record, only who asked.
    asking = case((t.c.actor_kind == "sdr", t.c.actor_id), else_="")
    sdr = case((t.c.sdr_id != "", t.c.sdr_id), else_=asking).label("sdr_id")
    answer = (t.c.answer, t.c.answered_at)
    no = (r.c.at.label("refused_at"), r.c.reason, r.c.annulled, r.c.finding, r.c.found_at, r.c.merged_at)
    query = (
        select(unit, live.c.id.label("live_id"), at, *facts, t.c.campaign, sdr, *answer, *no)
        .join(lead, lead.c.id == t.c.lead_id)
        .join(live, live.c.id == func.coalesce(lead.c.merged_into, lead.c.id))
        .outerjoin(r, r.c.handoff_id == t.c.id)
    )
    return query.where(t.c.point != FAILED, at.is_not(None)).order_by(unit, t.c.cycle, at, t.c.id)


def _fact(row: Any) -> HandedOff:
    return HandedOff(
        id=row.id,
        lead_id=row.live_id,
        unit=row.unit_id,
        cycle=row.cycle,
        at=row.at,
        cell=row.cell,
        value=money_from(row.value_minor, row.value_currency),
        owner_id=row.owner_id,
        source=row.source,
        campaign=row.campaign,
        sdr_id=row.sdr_id,
        refused=_refused(row) if row.refused_at is not None else None,
    )


def _refused(row: Any) -> Refused:
    if row.answer == "rejected":
        return Refused(row.refused_at, row.reason, row.annulled, row.finding, row.found_at, row.merged_at)
    # Sales took its no back: what it said last is its answer.
    return Refused(row.refused_at, row.reason, annulled=True, found_at=row.answered_at)


def wins_since(tx: Tx, since: datetime) -> Iterator[Win]:
    """What was won from that instant on, by unit and time, opportunities made past Baton left out. One that names several
    units counts for one."""
    t, named, lead = tables.opportunity_link, tables.opportunity_lead, tables.lead
    live = lead.alias("live")
    keys = ("connection", "object", "remote_id")
    same = and_(*(named.c[key] == t.c[key] for key in keys))
    unit = func.coalesce(t.c.account_id, func.min(func.coalesce(live.c.account_id, live.c.id))).label(
        "unit_id"
    )
    query = (
        select(unit, t.c.won_at, t.c.amount_minor, t.c.amount_currency)
        .outerjoin(named, same)
        .outerjoin(lead, lead.c.id == named.c.lead_id)
        .outerjoin(live, live.c.id == func.coalesce(lead.c.merged_into, lead.c.id))
        .where(t.c.won_at >= since, t.c.bypass.is_(False))
        .group_by(*(t.c[key] for key in keys))
    )
    for row in tx.execute(query.order_by(unit, t.c.won_at).execution_options(yield_per=2000)):
        if row.unit_id is not None:
            yield Win(row.unit_id, row.won_at, money_from(row.amount_minor, row.amount_currency))
