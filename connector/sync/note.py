"""Writes the note that a hand-off leaves on the CRM's record: what it is worth and why, what was really said, what
sales answered before, and how to begin. In the language of the records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connector.domain.facts import Episode, Known, Message
from connector.domain.playbook import playbook_for
from connector.domain.rules import Rules
from connector.domain.value import explanation, frozen_value
from connector.store.handoffs import HandOff
from connector.store.known import known_of
from connector.sync.engine import Engine
from connector.sync.readers import readers_for
from mappings.records import Activity

QUOTE = 300
"""Characters of what somebody said that are quoted: enough to judge it, short enough to read on a phone."""

LINES = 12
"""The last pieces of evidence that are told; all of them stand in Baton."""


def note_for(engine: Engine, handoff: HandOff) -> tuple[str, str]:
    """Title and body. The title is the same whenever the same hand-off is noted, so that it is noted once."""
    with engine.store.read() as tx:
        rules = engine.rules(tx)
        known = known_of(tx, [handoff.lead_id], readers_for(engine, tx), now=engine.now())[0]
    title = _say(engine, "note.title", {"handoff": handoff.id[:8]})
    return title, "\n".join(_body(engine, handoff, known, rules))


def _body(engine: Engine, handoff: HandOff, known: Known, rules: Rules) -> Iterator[str]:
    yield _say(engine, "note.cell", {"cell_id": handoff.cell})
    value = frozen_value(handoff.explained)
    if value is not None:
        yield engine.render(explanation(value), engine.locale)
    yield ""
    yield _say(engine, "note.evidence")
    yield from _evidence(engine, handoff, known)
    yield from _earlier(engine, handoff, known)
    play = playbook_for(
        rules.playbook,
        handoff.cell,
        engine.locale,
        names=rules.matrix.names(handoff.cell.partition("/")[0]),
    )
    if play.talk:
        yield ""
        yield _say(engine, "note.talk")
        yield play.talk


def _evidence(engine: Engine, handoff: HandOff, known: Known) -> Iterator[str]:
    wanted = set(handoff.evidence_ids)
    for activity in [a for a in known.activities if str(a.key) in wanted][-LINES:]:
        yield f"- {_day(engine, activity.occurred_at)} · {_kind(engine, activity)}{_quoted(activity)}"


def _kind(engine: Engine, activity: Activity) -> str:
    return _say(engine, f"kind.{activity.kind.value}")


def _quoted(activity: Activity) -> str:
    said = " ".join((activity.text or activity.subject or activity.url).split())
    return f": {said[:QUOTE]}{'…' if len(said) > QUOTE else ''}" if said else ""


def _earlier(engine: Engine, handoff: HandOff, known: Known) -> Iterator[str]:
    rejected = [e for e in known.episodes if e.rejection is not None and e.id != handoff.id]
    if rejected:
        yield ""
        yield _say(engine, "note.earlier")
        yield from (_attempt(engine, episode) for episode in rejected)


def _attempt(engine: Engine, episode: Episode) -> str:
    rejection = episode.rejection
    if rejection is None:
        return ""
    reason = _say(engine, "note.reason", {"reason_id": rejection.reason or "owed"})
    remark = f" — {rejection.note[:QUOTE]}" if rejection.note else ""
    return f"- {_day(engine, rejection.at)} · {reason}{remark}"


def _day(engine: Engine, instant: datetime) -> str:
    return instant.astimezone(engine.zone).date().isoformat()


def _say(engine: Engine, message: str, params: dict[str, str | int | Message] | None = None) -> str:
    return engine.render(Message(message, params or {}), engine.locale)
