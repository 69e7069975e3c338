"""What reports ask the round for: everything known of some leads, as of now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connector.domain.facts import Known
from connector.store.engine import Tx
from connector.store.known import known_of
from connector.sync.engine import Engine
from connector.sync.readers import readers_for


def knowing(engine: Engine, tx: Tx) -> Callable[[Sequence[str]], list[Known]]:
    """Looks leads up inside a transaction. Those that were merged away are left out."""
    readers, now = readers_for(engine, tx), engine.now()
    return lambda lead_ids: known_of(tx, lead_ids, readers, now=now)
