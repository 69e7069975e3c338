"""What managers and reps are asked just now: to lift a cooldown, to let a rep reject more, to settle a contest, to look at
many rejections at once, to give the reason that is owed. Rows out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connector.domain.facts import Known, Message
from connector.reports.rejections import Knowing
from connector.reports.rejections_json import Say, label
from connector.store import decisions, parked, rejected
from connector.store.engine import Tx

MOST = 10_000
TOO_MANY = "command.too_many_rejections"
_WITH_SALES = frozenset({"handed_off", "sal", "sql"})


class AskKind(StrEnum):
    """What is asked. `override`: the customer came back during the cooldown. `rejection`: a rep has rejected too many in an
    hour to go on alone. `contest`: an SDR doubts a rejection. `flood`: too many were rejected at once in the CRM.
    `reason_owed`: a rep rejected without a reason."""

    OVERRIDE = "override"
    REJECTION = "rejection"
    CONTEST = "contest"
    FLOOD = "flood"
    REASON_OWED = "reason_owed"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question. `who_id` is whom it is about (the rep who rejected, or who owes); `parked` the id under which
    `baton parked done` takes it off, where it stands there."""

    kind: AskKind
    at: datetime
    lead_id: str = ""
    handoff_id: str = ""
    who_id: str = ""
    count: int = 1
    note: str = ""
    parked: int | None = None


def asks(tx: Tx, kind: str = "") -> list[Ask]:
    """Every open question, of one kind or all, the oldest first."""
    found = [one for one in _all(tx) if kind in ("", one.kind)]
    return sorted(found, key=lambda one: (one.at, one.kind, one.lead_id))


def _all(tx: Tx) -> Iterator[Ask]:
    for row in parked.waiting_parked(tx, "ask", limit=MOST):
        yield Ask(AskKind.OVERRIDE, row.at, lead_id=row.key, parked=row.id)
    for row in parked.waiting_parked(tx, "flood", limit=MOST):
        who = row.key.rpartition(":")[0]
        yield Ask(AskKind.FLOOD, row.at, who_id=who, count=int(row.detail), parked=row.id)
    for one in rejected.contested(tx):
        dispute = one.rejection.dispute
        yield Ask(
            AskKind.CONTEST, dispute.contested_at or one.rejection.at, lead_id=one.handoff.lead_id,
            handoff_id=one.handoff.id, who_id=one.rejection.rep_id, note=dispute.contest_note,
        )  # fmt: skip
    for one in rejected.owed(tx):
        yield Ask(
            AskKind.REASON_OWED, one.rejection.at, lead_id=one.handoff.lead_id, handoff_id=one.handoff.id,
            who_id=one.rejection.rep_id,
        )  # fmt: skip
    yield from _refused_rejections(tx)


def _refused_rejections(tx: Tx) -> Iterator[Ask]:
    """Leads that a rep wanted to reject, was sent to the manager with, and still has."""
    latest = decisions.latest_refusals(tx, "reject")
    waiting = [one for one in latest if any(reason.id == TOO_MANY for reason in one.reasons)]
    states = decisions.states(tx, [one.lead_id for one in waiting])
    for one in waiting:
        if one.lead_id in states and states[one.lead_id].memory.step in _WITH_SALES:
            yield Ask(AskKind.REJECTION, one.at, lead_id=one.lead_id, who_id=one.actor.id)


def asks_document(rows: Iterable[Ask], knowing: Knowing, say: Say) -> list[dict[str, Any]]:
    """The documented shape of `baton asks list --json` and `GET /api/v1/asks`."""
    several = list(rows)
    known = {one.lead_id: one for one in knowing(sorted({one.lead_id for one in several if one.lead_id}))}
    return [_document(one, known, say) for one in several]


def _document(one: Ask, known: Mapping[str, Known], say: Say) -> dict[str, Any]:
    lead = known.get(one.lead_id)
    account = lead.account.account if lead else None
    params: dict[str, str | int | Message] = {"count": one.count, "lead": one.lead_id}
    return {
        "kind": one.kind.value,
        "at": one.at.isoformat(),
        "lead_id": one.lead_id,
        "record": str(lead.person.key) if lead else "",
        "person": lead.person.name if lead else "",
        "company": (lead.person.company if lead else "") or (account.name if account else ""),
        "hand_off": one.handoff_id,
        "who_id": one.who_id,
        "who": label("rep", one.who_id, say) if one.who_id else "",
        "count": one.count,
        "note": one.note,
        "parked": one.parked,
        "text": say(Message(f"ask.{one.kind}", params)),
        "to_do": say(Message(f"ask.{one.kind}.to_do", params)),
    }
