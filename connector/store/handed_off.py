"""Hand-offs as the value KPI reads them: by unit (account, or lead without one) and buying cycle, in a stream; and what was
won from the units."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from connector.domain.kpi import HandedOff, Refused, Win
from connector.store import tables
from connector.store.engine import Tx
from connector.store.handoffs import FAILED
from connector.store.types import UtcDateTime, money_from


def handed_off_cycles(tx: Tx, since: datetime, until: datetime) -> Iterator[tuple[HandedOff, ...]]:
    """Every buying cycle that sales got a hand-off of, with its hand-offs by time; by unit and cycle. Only of units with
    which something happened, or that won something, in `since <= at < until`; of these, all of it. The unit is where the
    lead is today, so that leads and accounts found to be one are one."""
    won = _wins().where(_O.c.won_at >= since, _O.c.won_at < until).subquery()
    moved = or_(_UNIT.in_(_touched(since, until)), _UNIT.in_(select(won.c.unit_id)))
    rows = tx.execute(_handed_off().where(moved).execution_options(yield_per=2000))
    for _, cycle in groupby(rows, key=lambda row: (row.unit_id, row.cycle)):
        yield tuple(map(_fact, cycle))


_T, _R, _LEAD, _O = tables.handoff, tables.rejection, tables.lead, tables.opportunity_link
_LIVE = _LEAD.alias("live")
_UNIT = func.coalesce(_LIVE.c.account_id, _LIVE.c.id)
# A hand-off that sales answered before its last step was confirmed was with sales by then.
_AT = func.coalesce(_T.c.confirmed_at, _T.c.answered_at, type_=UtcDateTime)


def _with_sales(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .join_from(_T, _LEAD, _LEAD.c.id == _T.c.lead_id)
        .join(_LIVE, _LIVE.c.id == func.coalesce(_LEAD.c.merged_into, _LEAD.c.id))
        .outerjoin(_R, _R.c.handoff_id == _T.c.id)
        .where(_T.c.point != FAILED, _AT.is_not(None))
    )


def _touched(since: datetime, until: datetime) -> Select[Any]:
    times = (_AT, _T.c.answered_at, _R.c.at, _R.c.found_at, _R.c.merged_at)
    return _with_sales(_UNIT).where(or_(*(and_(at >= since, at < until) for at in times))).distinct()


def _handed_off() -> Select[Any]:
    # Hand-offs of earlier releases do not name the SDR of record, only who asked.
    asking = case((_T.c.actor_kind == "sdr", _T.c.actor_id), else_="")
    sdr = case((_T.c.sdr_id != "", _T.c.sdr_id), else_=asking).label("sdr_id")
    facts = (
        _T.c.id,
        _T.c.cycle,
        _T.c.cell,
        _T.c.value_minor,
        _T.c.value_currency,
        _T.c.owner_id,
        _T.c.source,
    )
    answer = (_T.c.campaign, _T.c.answer, _T.c.answered_at)
    no = (
        _R.c.at.label("refused_at"),
        _R.c.reason,
        _R.c.annulled,
        _R.c.finding,
        _R.c.found_at,
        _R.c.merged_at,
    )
    unit, at = _UNIT.label("unit_id"), _AT.label("at")
    query = _with_sales(unit, _LIVE.c.id.label("live_id"), at, *facts, sdr, *answer, *no)
    return query.order_by(unit, _T.c.cycle, at, _T.c.id)


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
    query = _wins().where(_O.c.won_at >= since).order_by("unit_id", _O.c.won_at)
    for row in tx.execute(query.execution_options(yield_per=2000)):
        if row.unit_id is not None:
            yield Win(row.unit_id, row.won_at, money_from(row.amount_minor, row.amount_currency))


def _wins() -> Select[Any]:
    named, keys = tables.opportunity_lead, ("connection", "object", "remote_id")
    unit = func.coalesce(_O.c.account_id, func.min(_UNIT)).label("unit_id")
    return (
        select(unit, _O.c.won_at, _O.c.amount_minor, _O.c.amount_currency)
        .join_from(_O, named, and_(*(named.c[key] == _O.c[key] for key in keys)), isouter=True)
        .outerjoin(_LEAD, _LEAD.c.id == named.c.lead_id)
        .outerjoin(_LIVE, _LIVE.c.id == func.coalesce(_LEAD.c.merged_into, _LEAD.c.id))
        .where(_O.c.bypass.is_(False))
        .group_by(*(_O.c[key] for key in keys))
    )
