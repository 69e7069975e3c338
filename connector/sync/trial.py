"""Places persons that a file tells of, under rules that need not be in force anywhere: no store, no system, nothing kept.

The decision is the one that a round would take at the person's `as_of`, had both systems just been read for the first time.
"""

from __future__ import annotations

from typing import Any

from connector.domain.decide import decide
from connector.domain.decision import Decision
from connector.domain.facts import AccountFacts, Known, LinkedRecord
from connector.domain.rules import Rules
from connector.files.persons import FILE, Told
from connector.sync.view import plain
from mappings.records import SystemRole


def place(told: Told, rules: Rules) -> dict[str, Any]:
    """Where the person stands and why, as `baton config try --json` prints it. The shape is public (docs/json.md)."""
    decision = decide(known_of(told), rules, told.as_of)
    document: dict[str, Any] = plain(
        {
            "id": told.id,
            "persona": decision.persona.id,
            "role": decision.role,
            "stage": decision.stage.id,
            "cell": decision.cell,
            "lifecycle": decision.step,
            "gate": [result.name for result in decision.gate if not result.passed],
            "evidence": _evidence(decision),
            "reconsider_at": decision.reconsider_at,
            "fallback": decision.persona.fallback,
            "hand_off": decision.handoff.deed,
            "as_of": told.as_of,
        }
    )
    return document


def _evidence(decision: Decision) -> list[dict[str, Any]]:
    return [
        {
            "signal": one.signal,
            "stage": one.stage,
            "strength": one.strength,
            "activity": int(one.activity_id.rpartition(":")[2]),
            "at": one.at,
            "counts": one.counts,
        }
        for one in decision.evidence
    ]


def known_of(told: Told) -> Known:
    """The person as a lead that marketing has, known since its first activity."""
    first = min([told.as_of, *(activity.occurred_at for activity in told.activities)])
    created = told.person.created_at or first
    record = LinkedRecord(told.person.key, SystemRole.MARKETING, told.person, created_at=created)
    return Known(
        lead_id=f"{FILE}-{told.person.key.id}",
        created_at=created,
        person=told.person,
        records=(record,),
        account=AccountFacts(told.account),
        activities=told.activities,
    )
