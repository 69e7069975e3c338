"""What people know better: row, column or role of a lead set by hand, with a reason, and taken back. What the rules compute
stays visible beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from connector.domain.commands import Refused
from connector.domain.facts import HandSet, Message
from connector.domain.matrix import NO_STAGE, Matrix
from connector.domain.roles import Role
from connector.store import requests
from connector.store.engine import Tx
from connector.store.requests import Undone
from connector.sync.commands import Attempt, Reply, record_refused, refused_reply, resolve
from connector.sync.engine import Engine
from connector.sync.place import place_lead

What = Literal["persona", "stage", "role"]
WHAT: tuple[What, ...] = ("persona", "stage", "role")


def set_by_hand(
    engine: Engine, lead: str, *, what: What, choice: HandSet, locale: str | None = None
) -> Reply:
    """A person sets row, column or role. Refused without a reason, and for what the matrix does not have."""

    def work(tx: Tx, lead_id: str) -> Message | None:
        why = _against(what, choice, engine.rules(tx).matrix)
        if why is None:
            requests.set_by_hand(tx, lead_id, what=what, hand_set=choice)
        return why

    return _change(engine, lead, Attempt(choice.by, f"set_{what}", engine.now()), work, locale=locale)


def take_back(engine: Engine, lead: str, *, what: What, end: Undone, locale: str | None = None) -> Reply:
    """What was set by hand ends: the computed one counts again. Refused without a reason, and where nothing is set."""

    def work(tx: Tx, lead_id: str) -> Message | None:
        if not end.reason.strip():
            return Message("command.reason_required")
        ended = requests.end_hand_set(tx, lead_id, what=what, end=end)
        return None if ended else Message("command.nothing_set")

    return _change(engine, lead, Attempt(end.by, f"unset_{what}", end.at), work, locale=locale)


def _change(
    engine: Engine,
    lead: str,
    attempt: Attempt,
    work: Callable[[Tx, str], Message | None],
    *,
    locale: str | None,
) -> Reply:
    """Carry it out and decide the lead anew, or record why not."""
    with engine.store.begin() as tx:
        lead_id = resolve(tx, lead)
        why = work(tx, lead_id)
        if why is not None:
            refused = Refused((why,))
            record_refused(tx, lead_id, refused, attempt)
            return refused_reply(engine, lead_id, refused, locale)
        place_lead(engine, tx, lead_id, now=attempt.at)
    return Reply(True, "done", (), lead_id)


def _against(what: What, choice: HandSet, matrix: Matrix) -> Message | None:
    if not choice.reason.strip():
        return Message("command.reason_required")
    known = choices(what, matrix)
    if choice.value in known:
        return None
    return Message("cli.unknown_value", {"value": choice.value, "what": what, "known": ", ".join(known)})


def choices(what: What, matrix: Matrix) -> Sequence[str]:
    """What can be set: rows, columns (sales' too, and none), roles."""
    if what == "persona":
        return matrix.personas
    if what == "stage":
        return (*matrix.stages, *matrix.sales_stages, NO_STAGE)
    return tuple(str(role) for role in Role)
