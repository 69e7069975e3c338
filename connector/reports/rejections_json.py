"""The digest of rejections, and the list of what people are asked, as the documents that are printed and sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from connector.domain.facts import Message
from connector.domain.floods import Flood
from connector.domain.timeline import Line
from connector.reports.rejections import Digest, Entry

Say = Callable[[Message], str]
"""Says a message in the reader's language."""


def digest_document(digest: Digest, say: Say) -> dict[str, Any]:
    """The documented shape of `baton digest --json` and `GET /api/v1/digest`."""
    period = digest.period
    return {
        "period": period.length,
        "from": period.start.astimezone(UTC).isoformat(),
        "to": period.end.astimezone(UTC).isoformat(),
        "time_zone": period.time_zone,
        "total": len(digest.entries),
        "annulled": sum(one.told.rejection.annulled for one in digest.entries),
        "counts": {
            name: [_count(name, key, count, say=say) for key, count in rows]
            for name, rows in digest.counts.items()
        },
        "rejections": [_rejection(one, say) for one in digest.entries],
        "contests": [_contest(one, say) for one in digest.contests],
        "findings": [_finding(one, say) for one in digest.findings],
        "owed": _owed(digest.owed, say),
        "floods": [_flood(one, say) for one in digest.floods],
    }


def label(name: str, key: str, say: Say) -> str:
    """What people call a key of a dimension; an empty one is said to be unknown."""
    if name == "reason":
        return say(Message("note.reason", {"reason_id": key or "owed"}))
    if not key:
        return say(Message("digest.nobody" if name in ("rep", "sdr") else "digest.unknown"))
    if name == "cell":
        return say(Message("digest.cell", {"cell_id": key}))
    return say(Message("digest.owner", {"owner_id": key})) if name in ("rep", "sdr") else key


def _count(name: str, key: tuple[str, ...], count: int, *, say: Say) -> dict[str, Any]:
    if name == "pair":
        rep, sdr = key
        names = {"rep": label("rep", rep, say), "sdr": label("sdr", sdr, say)}
        return {"rep_id": rep, "rep": names["rep"], "sdr_id": sdr, "sdr": names["sdr"], "count": count}
    return {"key": key[0], "label": label(name, key[0], say), "count": count}


def whose(one: Entry, say: Say) -> dict[str, Any]:
    """Which lead, and between whom."""
    return {
        "hand_off": one.told.handoff.id,
        "lead_id": one.lead_id,
        "record": one.record,
        "person": one.person,
        "company": one.company,
        "at": one.told.rejection.at.isoformat(),
        "reason": one.told.rejection.reason,
        "reason_text": label("reason", one.told.rejection.reason, say),
        "note": one.told.rejection.note,
        "rep_id": one.rep_id,
        "rep": label("rep", one.rep_id, say),
        "sdr_id": one.sdr_id,
        "sdr": label("sdr", one.sdr_id, say),
    }


def _rejection(one: Entry, say: Say) -> dict[str, Any]:
    no = one.told.rejection
    return {
        **whose(one, say),
        "learned_at": one.told.learned_at.isoformat(),
        "said_by": no.said_by,
        "cell": one.told.handoff.cell,
        "cell_label": label("cell", one.told.handoff.cell, say),
        "source": one.source,
        "outcome": one.outcome,
        "cooldown_until": _iso(one.cooldown_until),
        "annulled": no.annulled,
        "contested": no.dispute.contested_at is not None,
        "finding": no.dispute.finding,
        "timeline": [_line(line, say) for line in one.timeline],
    }


def _line(line: Line, say: Say) -> dict[str, Any]:
    who = label("rep", line.author_id, say) if line.author_id else say(Message("digest.customer"))
    return {
        "at": line.at.isoformat(),
        "kind": line.kind,
        "kind_text": say(Message(f"kind.{line.kind}")),
        "author_id": line.author_id,
        "who": who,
        "two_way": line.two_way,
        "said": line.said,
        "activity": line.activity,
    }


def _contest(one: Entry, say: Say) -> dict[str, Any]:
    dispute = one.told.rejection.dispute
    return {
        **whose(one, say),
        "contested_at": _iso(dispute.contested_at),
        "contested_by": dispute.contested_by,
        "contest_note": dispute.contest_note,
    }


def _finding(one: Entry, say: Say) -> dict[str, Any]:
    dispute = one.told.rejection.dispute
    return {
        **_contest(one, say),
        "finding": dispute.finding,
        "found_at": _iso(dispute.found_at),
        "found_by": dispute.found_by,
        "found_note": dispute.found_note,
        "annulled": one.told.rejection.annulled,
    }


def _owed(entries: Iterable[Entry], say: Say) -> list[dict[str, Any]]:
    """Reasons owed, rep by rep, who owes the most first."""
    by_rep: dict[str, list[Entry]] = {}
    for one in entries:
        by_rep.setdefault(one.rep_id, []).append(one)
    order = sorted(by_rep.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        {
            "rep_id": rep,
            "rep": label("rep", rep, say),
            "count": len(mine),
            "leads": [_brief(one) for one in mine],
        }
        for rep, mine in order
    ]


def _brief(one: Entry) -> dict[str, Any]:
    return {
        "hand_off": one.told.handoff.id,
        "lead_id": one.lead_id,
        "record": one.record,
        "person": one.person,
        "company": one.company,
        "at": one.told.rejection.at.isoformat(),
    }


def _flood(flood: Flood, say: Say) -> dict[str, Any]:
    return {
        "by_id": flood.by,
        "by": label("rep", flood.by, say),
        "count": len(flood.handoff_ids),
        "from": flood.start.isoformat(),
        "to": flood.end.isoformat(),
        "hand_offs": list(flood.handoff_ids),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
