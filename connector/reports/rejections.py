"""The digest of rejections, for both teams: what sales said no to in a day or a week, why, to whom's leads, and what was
really said. Rows out; how they are shown is decided elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from connector.domain.conversation import sdr_of_record
from connector.domain.facts import Known
from connector.domain.floods import HOUR, Flood, floods
from connector.domain.policies import PoliciesConfig
from connector.domain.recycling import cooldown_end, rule_of
from connector.domain.timeline import Line, timeline
from connector.store import rejected
from connector.store.engine import Tx
from connector.store.handoffs import HandOff
from connector.store.rejected import Rejected

Length = Literal["day", "week"]


@dataclass(frozen=True, slots=True)
class Period:
    """A day, or a week from Monday, in the business time zone: `start <= t < end`."""

    length: Length
    start: datetime
    end: datetime
    time_zone: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One rejection with what a reader needs to judge it. `pair` is (rep, SDR)."""

    told: Rejected
    lead_id: str
    record: str
    person: str
    company: str
    source: str
    rep_id: str
    sdr_id: str
    outcome: str
    cooldown_until: datetime | None
    timeline: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """The rejections of a period, counted; and what of earlier ones is open: contests, reasons owed. `findings` are those
    of the period, `floods` users who rejected too many within an hour of it."""

    period: Period
    entries: tuple[Entry, ...]
    counts: Mapping[str, tuple[tuple[tuple[str, ...], int], ...]]
    contests: tuple[Entry, ...]
    findings: tuple[Entry, ...]
    owed: tuple[Entry, ...]
    floods: tuple[Flood, ...]


Knowing = Callable[[Sequence[str]], Iterable[Known]]
"""All that is known of these leads."""


def period_of(length: Length, day: date | None, *, now: datetime, time_zone: str) -> Period:
    """The period that holds `day`; without a day the last one that is over."""
    zone = ZoneInfo(time_zone)
    span = timedelta(days=1 if length == "day" else 7)
    first = day or now.astimezone(zone).date() - span
    if length == "week":
        first -= timedelta(days=first.weekday())
    midnight = datetime.min.time()
    start, end = (datetime.combine(one, midnight, zone) for one in (first, first + span))
    return Period(length, start, end, time_zone)


def digest(tx: Tx, period: Period, policies: PoliciesConfig, *, knowing: Knowing) -> Digest:
    """The digest of a period. Rejections count by when Baton learned of them, so that each is in one day's digest."""
    told = rejected.learned_between(tx, period.start, end=period.end)
    open_ones, owed = rejected.contested(tx), rejected.owed(tx)
    found = rejected.found_between(tx, period.start, end=period.end)
    everyone = {one.handoff.lead_id for one in (*told, *open_ones, *owed, *found)}
    clerk = _Clerk(
        known={one.lead_id: one for one in knowing(sorted(everyone))},
        policies=policies,
    )
    entries = clerk.entries(told)
    return Digest(
        period=period,
        entries=entries,
        counts=counted(entries),
        contests=clerk.entries(open_ones),
        findings=clerk.entries(found),
        owed=clerk.entries(owed),
        floods=_floods(tx, told, policies),
    )


def counted(entries: Sequence[Entry]) -> dict[str, tuple[tuple[tuple[str, ...], int], ...]]:
    """How many rejections by each dimension, the most first. Annulled ones were none."""
    held = [one for one in entries if not one.told.rejection.annulled]
    keys: dict[str, Callable[[Entry], tuple[str, ...]]] = {
        "reason": lambda one: (one.told.rejection.reason,),
        "cell": lambda one: (one.told.handoff.cell,),
        "source": lambda one: (one.source,),
        "rep": lambda one: (one.rep_id,),
        "sdr": lambda one: (one.sdr_id,),
        "pair": lambda one: (one.rep_id, one.sdr_id),
    }
    found = {name: Counter(key(one) for one in held) for name, key in keys.items()}
    return {
        name: tuple(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
        for name, counter in found.items()
    }


def _floods(tx: Tx, told: Sequence[Rejected], policies: PoliciesConfig) -> tuple[Flood, ...]:
    if not told:
        return ()
    times = [one.rejection.at for one in told]
    said = rejected.said_by(tx, {one.by for one in told}, start=min(times) - HOUR, end=max(times) + HOUR)
    return floods(said, policies.recycling.ask_manager_over_per_hour)


@dataclass(frozen=True, slots=True)
class _Clerk:
    """Writes entries."""

    known: Mapping[str, Known]
    policies: PoliciesConfig

    def entries(self, several: Iterable[Rejected]) -> tuple[Entry, ...]:
        return tuple(self._entry(one) for one in several)

    def _entry(self, one: Rejected) -> Entry:
        handoff, no = one.handoff, one.rejection
        known = self.known.get(handoff.lead_id)
        heard = known.activities if known else ()
        account = known.account.account if known else None
        person = known.person if known else None
        asked = handoff.requested_at
        return Entry(
            told=one,
            lead_id=handoff.lead_id,
            record=str(person.key) if person else "",
            person=person.name if person else "",
            company=(person.company if person else "") or (account.name if account else ""),
            source=person.source if person else "",
            rep_id=no.rep_id,
            sdr_id=self._sdr(handoff, known),
            outcome=rule_of(self.policies, no).outcome.value,
            cooldown_until=cooldown_end(self.policies, no),
            timeline=timeline(heard, handoff.evidence_ids, start=asked, end=no.at),
        )

    def _sdr(self, handoff: HandOff, known: Known | None) -> str:
        """Who asked for the hand-off, else the SDR of record at that time."""
        asked_by = handoff.requested_by
        if asked_by.kind == "sdr" and asked_by.id:
            return asked_by.id
        return sdr_of_record(known, self.policies.recycling, handoff.requested_at) if known else ""
