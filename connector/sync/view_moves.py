"""Who got a lead of sales from whom, as the document of a lead shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.store import reassignments
from connector.store.engine import Tx


def moves_document(tx: Tx, handoff_id: str, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The reassignments of a hand-off in their order, withdrawn ones included."""
    return [
        {
            "at": move.what.at,
            "cause": move.what.cause,
            "deadline": move.what.deadline,
            "by": move.what.by,
            "from_id": move.what.from_owner,
            "from": names.get(move.what.from_owner, ""),
            "to_id": move.what.to_owner,
            "to": names.get(move.what.to_owner, ""),
            "point": move.point,
            "assigned_at": move.what.assigned_at,
            "error": move.error,
        }
        for move in reassignments.moves_of(tx, [handoff_id]).get(handoff_id, [])
    ]
