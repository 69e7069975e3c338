"""What a manager is asked, kept until it is answered: to lift a cooldown for a customer who came back early, and to look at
many rejections at once. Questions wait beside everything else that waits for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.domain.decision import Decision, Deed
from connector.domain.facts import Rejection
from connector.domain.floods import HOUR, floods
from connector.domain.policies import PoliciesConfig
from connector.store import parked, rejected
from connector.store.engine import Tx
from connector.store.parked import Trouble

ASK, CAME_BACK = "ask", "strong_evidence_in_cooldown"
FLOOD, TOO_MANY = "flood", "too_many_rejections"


def note_asks(tx: Tx, lead_ids: Sequence[str], decided: Mapping[str, Decision], *, at: datetime) -> None:
    """Ask about the leads whose decision says so, once per piece of evidence; of the others nothing is asked any more."""
    asked = {id_: one.handoff for id_, one in decided.items() if one.handoff.deed is Deed.ASK_MANAGER}
    for lead_id, verdict in asked.items():
        parked.ask_once(tx, Trouble(ASK, lead_id, CAME_BACK, verdict.cause), at=at)
    others = [lead_id for lead_id in lead_ids if lead_id not in asked]
    parked.came_right(tx, ASK, keys=others, reason=CAME_BACK, at=at)


def note_floods(tx: Tx, said: Sequence[Rejection], policies: PoliciesConfig) -> None:
    """Ask a manager to look, where these rejections make too many within an hour by one user. They are facts of the CRM and
    stand all the same."""
    if not said:
        return
    start, end = min(one.at for one in said) - HOUR, max(one.at for one in said) + HOUR
    users = {one.said_by or one.rep_id for one in said}
    lately = rejected.said_by(tx, users, start=start, end=end)
    zone = ZoneInfo(policies.time_zone)
    for flood in floods(lately, policies.recycling.ask_manager_over_per_hour):
        key = f"{flood.by}:{flood.start.astimezone(zone).date().isoformat()}"
        count = str(len(flood.handoff_ids))
        trouble = Trouble(FLOOD, key, TOO_MANY, count, payload=list(flood.handoff_ids))
        parked.ask_once(tx, trouble, at=flood.end)
