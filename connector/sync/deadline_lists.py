"""Who is late: missed deadlines, and accepted leads that nobody logged anything of (the "do not be on it" list), per rep.

The shape of `baton sla list --json` and `GET /api/v1/sla`; digests read it too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Literal

from connector.domain.deadlines import Name
from connector.domain.facts import Answer, Known
from connector.domain.policies import PoliciesConfig
from connector.store import deadlines, owners
from connector.store.deadlines import Running
from connector.store.known import known_of
from connector.sync.engine import Engine
from connector.sync.readers import readers_for
from connector.sync.view import plain

Kind = Literal["breach", "no_activity"]


def deadline_lists(engine: Engine, *, rep: str = "", kind: Kind | None = None) -> dict[str, Any]:
    """Both lists as of now, the longest late first; of one rep (by owner id), of one kind, or all."""
    now = engine.now()
    with engine.store.read() as tx:
        found = [(k, one) for one in deadlines.running(tx, now, owner_id=rep) for k in _kinds(one)]
        chosen = [(k, one) for k, one in found if kind in (None, k)]
        ids = list(dict.fromkeys(one.lead_id for _, one in chosen))
        people = {known.lead_id: known for known in known_of(tx, ids, readers_for(engine, tx), now=now)}
        names = owners.names(tx)
        ends = calendars_end(engine.rules(tx).policies)
    rows = [{"kind": k, **_row(one, people, names)} for k, one in chosen if one.lead_id in people]
    return {"as_of": plain(now), "calendar_known_until": plain(ends), "rows": rows}


def _kinds(one: Running) -> Iterable[Kind]:
    if one.deadline.breached:
        yield "breach"
    if one.deadline.name == Name.FIRST_CONTACT and one.answer == Answer.ACCEPTED:
        yield "no_activity"


def _row(one: Running, people: dict[str, Known], names: dict[str, str]) -> dict[str, Any]:
    known, deadline = people[one.lead_id], one.deadline
    account = known.account.account
    document: dict[str, Any] = plain(
        {
            "lead_id": one.lead_id,
            "name": known.person.name,
            "company": known.person.company or (account.name if account else ""),
            "crm_record": one.crm or None,
            "cell": one.cell,
            "rep": {"id": deadline.owner_id, "name": names.get(deadline.owner_id, "")},
            "deadline": deadline.name,
            "since": deadline.since,
            "due_at": deadline.due_at,
        }
    )
    return document


def calendars_end(policies: PoliciesConfig) -> date | None:
    """The last day for which every calendar's adjusted working days are known; None where none has any."""
    times = [policies.working(name) for name in ("", *policies.working_time.calendars)]
    return min((time.known_until for time in times if time.known_until), default=None)
