"""Who is to be told of what time does: as rows that channels can send, each said once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.domain.decision import Deadline
from connector.domain.reassignment import Reassignment
from connector.store.deadlines import Notice

BREACH = "breach"


def breaches(lead_id: str, handoff_id: str | None, deadlines: Sequence[Deadline]) -> Iterator[Notice]:
    """Of a missed deadline of sales the rep and the manager are told, of marketing's the SDRs and the manager."""
    for one in deadlines:
        if one.missed:
            whom = (("rep", one.owner_id) if one.owner_id else ("sdr", "")), ("manager", "")
            about = handoff_id if one.owner_id else None
            for kind, id_ in whom:
                yield Notice(BREACH, lead_id, about, one.name, one.since, one.due_at, kind, id_)


def moved(lead_id: str, handoff_id: str, what: Reassignment) -> Iterator[Notice]:
    """Of a lead that goes to another rep both reps and the manager are told."""
    for kind, id_ in (("rep", what.from_owner), ("rep", what.to_owner), ("manager", "")):
        yield Notice(what.cause, lead_id, handoff_id, what.deadline, what.at, None, kind, id_)
