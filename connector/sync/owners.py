"""Reads who can own records. The lists are short: they are read whole."""

from __future__ import annotations

from functools import partial

from connector.ports import OwnerSource
from connector.store import cursors, dirty, owners
from connector.sync.engine import Engine
from connector.sync.lanes import LIST, counted, cursor_of
from connector.sync.results import RoundResult
from connector.sync.trouble import Guard
from connector.sync.windows import hour_turned


def pull_owners(engine: Engine, result: RoundResult) -> None:
    """Read every user and queue of both systems, once an hour. One that is not listed any more owns nothing from now on."""
    guard = Guard(result)
    for system in engine.systems:
        guard.run(system.connection, "owners", partial(_pull, engine, system, result))


def _pull(engine: Engine, system: OwnerSource, result: RoundResult) -> None:
    cursor = cursor_of(engine, system.connection, "owners", LIST)
    if not hour_turned(cursor.updated_at, engine.now()):
        return
    counts = result.of(system.connection, "owners")
    with counted(system, counts):
        found = list(system.owners())
    counts.read += len(found)
    now = engine.now()
    with engine.store.begin() as tx:
        known = {one.key.id: one for one in owners.owners(tx, system.connection)}
        counts.changed += sum(
            (known[one.key.id].name, known[one.key.id].active) != (one.name, one.active)
            if one.key.id in known
            else True
            for one in found
        )
        owners.save_owners(tx, found, learned_at=now)
        if found:  # an empty list is a permission that went away, not a firm without people
            owners.retire_owners(tx, system.connection, before=now)
        for owner_id in owners.note_leavers(tx, system.connection, at=now):
            dirty.mark(tx, owners.leads_with(tx, owner_id), reason="rep_left", at=now)
        if system.own_user_id:
            owners.set_own_user(tx, system.connection, owner_id=system.own_user_id)
        cursors.save_cursor(tx, cursor, at=now)
