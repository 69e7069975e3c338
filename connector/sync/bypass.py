"""What sales began past the hand-off: records and opportunities that reps made for leads of marketing's pool.

Each is linked, leaves nurture and earns no hand-off value; this list is how both teams hear of it. The shape is public
(docs/json.md).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector.domain.facts import Known
from connector.domain.purchases import own_opportunities
from connector.store import decisions, owners
from connector.store.decisions import Bypass
from connector.store.known import known_of
from connector.sync.engine import Engine
from connector.sync.readers import readers_for
from connector.sync.view import plain
from mappings.records import SystemRole


def bypasses(engine: Engine, *, since: datetime | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The leads that sales took past a hand-off, the latest first; with `since`, those that became known from then on."""
    with engine.store.read() as tx:
        found = decisions.bypasses(tx, since=since, limit=limit)
        ids = [one.lead_id for one in found]
        known = {one.lead_id: one for one in known_of(tx, ids, readers_for(engine, tx), now=engine.now())}
        names = owners.names(tx)
    return [_document(known[one.lead_id], one, names) for one in found if one.lead_id in known]


def _document(known: Known, one: Bypass, names: dict[str, str]) -> dict[str, Any]:
    company = known.person.company or (known.account.account.name if known.account.account else "")
    deals = own_opportunities(known, cycle=one.cycle, after=None)
    made = [r for r in known.records if r.role is SystemRole.CRM and not r.by_baton]
    by = one.actor.id or next((r.person.owner_id for r in made), "")
    document: dict[str, Any] = plain(
        {
            "lead_id": one.lead_id,
            "name": known.person.name,
            "company": company,
            "at": one.at,
            "recorded_at": one.learned_at,
            "by": {"id": by, "name": names.get(by, "")},
            "step": one.step,
            "cell": one.cell,
            "cycle": one.cycle,
            "records": [str(record.key) for record in made],
            "opportunities": [str(deal.key) for deal in deals],
            "violation": one.violation,
        }
    )
    return document
