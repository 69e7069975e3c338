"""What an admin says of those who can own records: capacity, share, groups, part, absence. Their leads are decided again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from connector.domain.facts import Message
from connector.errors import BatonError
from connector.store import dirty, owners
from connector.store.engine import Tx
from connector.store.owners import Rep
from connector.sync.engine import Engine


class UnknownOwnerError(BatonError):
    """Nobody, or more than one, is meant by what somebody gave as an owner."""


class AbsenceError(BatonError):
    """An absence that ends before it begins."""


@dataclass(frozen=True, slots=True)
class Away:
    """Not there from a day on, through another; `last` None: until somebody says otherwise. `first` None: back again."""

    first: date | None
    last: date | None = None


def known_reps(engine: Engine) -> Sequence[Rep]:
    """Everybody who can own leads in the CRM, with their settings."""
    with engine.store.read() as tx:
        return owners.reps(tx, engine.crm.connection)


def change_rep(engine: Engine, owner: str, *, away: Away | None = None, **settings: Any) -> Rep:
    """Change settings of an owner, named by id, e-mail or name; what is not given stays. Raises UnknownOwnerError and
    AbsenceError."""
    with engine.store.begin() as tx:
        rep = _named(engine, tx, owner)
        changed = replace(rep, **settings)
        if away is not None:
            changed = replace(changed, away_from=_checked(engine, away).first, away_to=away.last)
        owners.save_rep(tx, changed)
        before, after = ((one.away_from, one.away_to, one.calendar) for one in (rep, changed))
        if before != after:
            dirty.mark(tx, owners.leads_with(tx, rep.owner_id), reason="rep_away", at=engine.now())
    return changed


def _named(engine: Engine, tx: Tx, owner: str) -> Rep:
    found = [
        one for one in owners.reps(tx, engine.crm.connection) if owner in (one.owner_id, one.email, one.name)
    ]
    if len(found) != 1:
        said = Message("reps.unknown", {"owner": owner, "count": len(found)})
        raise UnknownOwnerError(engine.render(said, engine.locale))
    return found[0]


def _checked(engine: Engine, away: Away) -> Away:
    if away.last is not None and (away.first is None or away.last < away.first):
        raise AbsenceError(engine.render(Message("reps.absence_order"), engine.locale))
    return away
