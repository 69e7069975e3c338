"""The value KPI: one credit per buying cycle, at its first hand-off, worth what was frozen on it.

A credit stays where it was booked. When the lead turns out to have been none, it is reversed by an entry of that later day;
when a manager finds against the rep who said so, it is booked back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mappings.records import Money


@dataclass(frozen=True, slots=True)
class Refused:
    """Sales' no on one hand-off. `reason` by its id, empty where none was given; `annulled`: it does not hold since
    `found_at`. `merged_at`: since when the lead is one with another."""

    at: datetime
    reason: str
    annulled: bool = False
    finding: str = ""
    found_at: datetime | None = None
    merged_at: datetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """Since when it says nothing of the lead any more: annulled, or of a duplicate that is none since the merge."""
        return self.found_at if self.annulled else self.merged_at


@dataclass(frozen=True, slots=True)
class HandedOff:
    """One hand-off that sales got, with what was frozen on it. `unit` is the account, or the lead without one; `at` when
    sales had it. `owner_id` is the rep who has it, `sdr_id` the SDR of record at the time."""

    id: str
    lead_id: str
    unit: str
    cycle: int
    at: datetime
    cell: str
    value: Money | None
    owner_id: str = ""
    source: str = ""
    campaign: str = ""
    sdr_id: str = ""
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class Win:
    """An opportunity that a unit won. `amount` None: the CRM states none."""

    unit: str
    at: datetime
    amount: Money | None


@dataclass(frozen=True, slots=True)
class InvalidRules:
    """What shows that a lead was none: reasons of rejection and findings."""

    reasons: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()


class EntryKind(StrEnum):
    """What an entry does to the figure."""

    CREDIT = "credit"
    REVERSAL = "reversal"
    REINSTATEMENT = "reinstatement"

    @property
    def sign(self) -> int:
        """+1 where it adds the frozen value, -1 where it takes it away."""
        return -1 if self is EntryKind.REVERSAL else 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the account: the credit of `handoff`, or what became of that credit. `cause`: the reason or finding."""

    kind: EntryKind
    at: datetime
    handoff: HandedOff
    cause: str = ""


def first_of(handoffs: Iterable[HandedOff]) -> HandedOff:
    """The hand-off of a cycle that earns its credit: the earliest that sales got."""
    return min(handoffs, key=lambda one: (one.at, one.id))


def entries(handoffs: Sequence[HandedOff], invalid: InvalidRules) -> tuple[Entry, ...]:
    """The account of one buying cycle, by time: a credit, and by turns reversals and reinstatements of it. Only what sales
    says of the credited lead itself can reverse it; a colleague who is none takes nothing from the account."""
    credited = first_of(handoffs)
    found = [Entry(EntryKind.CREDIT, credited.at, credited)]
    against: dict[str, str] = {}
    mine = [one for one in handoffs if one.lead_id == credited.lead_id]
    verdicts = _verdicts(mine, invalid, credited)
    # Of one instant by hand-off, and a verdict before its end: the account does not depend on the order of reading.
    for at, handoff_id, cause in sorted(
        verdicts, key=lambda verdict: (verdict[0], verdict[1], not verdict[2])
    ):
        stood = not against
        if cause:
            against[handoff_id] = cause
        else:
            against.pop(handoff_id, None)
        if stood and against:
            found.append(Entry(EntryKind.REVERSAL, at, credited, cause))
        elif not stood and not against:
            found.append(Entry(EntryKind.REINSTATEMENT, at, credited, "annulled"))
    return tuple(found)


def _verdicts(
    handoffs: Iterable[HandedOff], invalid: InvalidRules, credited: HandedOff
) -> Iterator[tuple[datetime, str, str]]:
    """When which hand-off was found invalid, and why; an empty cause where that was taken back."""
    for one in handoffs:
        no = one.refused
        if no is None or (no.annulled and no.found_at is None) or (no.merged_at and one is not credited):
            continue  # the last: what was no lead of its own says nothing of the lead that it turned out to be
        if no.reason in invalid.reasons:
            began = max(no.at, credited.at)
            yield began, one.id, no.reason
            if no.ends_at is not None:
                yield max(no.ends_at, began), one.id, ""
        elif no.finding in invalid.findings and not no.annulled and no.found_at is not None:
            yield max(no.found_at, credited.at), one.id, no.finding


@dataclass(slots=True)
class Sums:
    """What entries come to, in minor units of one currency. `unvalued`: credits that had no value then, or one in a
    currency that no rate converts."""

    credits: int = 0
    credited: int = 0
    reversals: int = 0
    reversed: int = 0
    reinstatements: int = 0
    reinstated: int = 0
    unvalued: int = 0

    @property
    def net(self) -> int:
        """The KPI."""
        return self.credited - self.reversed + self.reinstated

    @property
    def leads(self) -> int:
        """Credits left."""
        return self.credits - self.reversals + self.reinstatements

    def add(self, kind: EntryKind, minor: int | None) -> None:
        """Book one entry; `minor` None: the hand-off had no value, or none that can be converted."""
        amount = minor or 0
        if kind is EntryKind.CREDIT:
            self.credits += 1
            self.credited += amount
            self.unvalued += minor is None
        elif kind is EntryKind.REVERSAL:
            self.reversals += 1
            self.reversed += amount
        else:
            self.reinstatements += 1
            self.reinstated += amount


class Dimension(StrEnum):
    """What the figure can be broken down by."""

    PERSONA = "persona"
    CELL = "cell"
    SOURCE = "source"
    CAMPAIGN = "campaign"
    OWNER = "owner"
    SDR = "sdr"


_FIELD: Mapping[Dimension, str] = {
    Dimension.CELL: "cell",
    Dimension.SOURCE: "source",
    Dimension.CAMPAIGN: "campaign",
    Dimension.OWNER: "owner_id",
    Dimension.SDR: "sdr_id",
}


def key_of(handoff: HandedOff, dimension: Dimension) -> str:
    """Under which row a hand-off stands; empty where nothing is recorded."""
    if dimension is Dimension.PERSONA:
        return handoff.cell.partition("/")[0]
    return str(getattr(handoff, _FIELD[dimension]))
