"""Carries out the local part of a decision about handing off: begins the hand-off with everything frozen on it, answers
the requests that led to it, and records refused attempts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from connector.domain.conversation import contributors
from connector.domain.decision import CashValue, Decision, HandOffVerdict
from connector.domain.facts import Actor, Answer, Known
from connector.domain.routing import Rep, Route, route, working_day_began
from connector.domain.rules import Rules
from connector.store import decisions, handoffs, owners, parked, reassignments, requests
from connector.store.decisions import Refusal
from connector.store.engine import Tx
from connector.store.handoffs import HandOff
from connector.store.parked import Trouble
from connector.sync.engine import Engine
from connector.sync.reasons import gone_in_marketing

BATON = Actor("baton")

RETRY = timedelta(days=1)
"""How long a hand-off that failed is left to people before Baton begins another of its own accord."""


def begin(engine: Engine, tx: Tx, known: Known, *, decision: Decision, rules: Rules) -> str | None:
    """Open the hand-off that the decision asks for; its id, or None when one is open already, when the last one failed
    within a day and nobody asks, when marketing deleted the person, or when the only rep left is one who said no. The row is
    what makes a click count once; everything remote follows from it."""
    now = engine.now()
    request = decision.handoff.request
    if request is None and _failed_lately(tx, known.lead_id, now):
        return None
    if gone_in_marketing(tx, known.lead_id):
        return None
    chosen = find_route(engine, tx, decision.handoff, rules, now=now)
    owner_id = owner_of(engine, tx, chosen)
    if not owner_id and decision.handoff.not_to:
        # Opened again without an owner, the record would stay with the rep who rejected it.
        parked.park(tx, Trouble("lead", known.lead_id, "nobody_eligible"), at=now)
        return None
    parked.came_right(tx, "lead", keys=[known.lead_id], reason="nobody_eligible", at=now)
    handoff = _frozen(engine, known, decision, rules, chosen=replace(chosen, owner_id=owner_id))
    if not handoffs.begin_handoff(tx, handoff):
        return None
    requests.use_overrides(tx, known.lead_id, handoff_id=handoff.id, at=now)
    if chosen.owner_id:
        owners.given(tx, engine.crm.connection, owner_id=chosen.owner_id, at=now)
    return handoff.id


def _frozen(engine: Engine, known: Known, decision: Decision, rules: Rules, *, chosen: Route) -> HandOff:
    """The hand-off with everything that is frozen on it."""
    now, request = engine.now(), decision.handoff.request
    spoke = contributors(known, rules.policies.recycling, now)
    return HandOff(
        id=engine.new_id(),
        lead_id=known.lead_id,
        cycle=decision.cycle,
        requested_at=now,
        requested_by=request.by if request else BATON,
        request_id=request.id if request else None,
        cause=decision.handoff.cause,
        owner_id=chosen.owner_id,
        route=chosen.cause,
        cell=decision.cell,
        stage_at=decision.stage.id,
        source=known.person.source,
        campaign=known.person.campaign,
        value=decision.value.amount if decision.value else None,
        explained=explained(decision.value),
        versions=asdict(decision.versions),
        evidence_ids=tuple(dict.fromkeys(evidence.activity_id for evidence in decision.evidence)),
        contributors=tuple(asdict(one) for one in spoke),
        sdr_id=spoke[0].id if spoke else "",
    )


def _failed_lately(tx: Tx, lead_id: str, now: datetime) -> bool:
    """Whether sales' system refused the lead within a day: it waits for a person, and of itself tries only daily."""
    mine = handoffs.handoffs_of(tx, [lead_id]).get(lead_id, [])
    return bool(mine) and mine[-1].point == handoffs.FAILED and mine[-1].requested_at > now - RETRY


def explained(value: CashValue | None) -> dict[str, object]:
    """The arithmetic of a value as it is kept for good: whoever repeats it gets the amount to the cent."""
    return asdict(value) if value else {}


def owner_of(engine: Engine, tx: Tx, chosen: Route) -> str:
    """The CRM's id of the rep or queue that a route leads to; empty where the CRM is to decide."""
    return chosen.owner_id or _queue_id(engine, tx, chosen.queue)


def find_route(engine: Engine, tx: Tx, verdict: HandOffVerdict, rules: Rules, *, now: datetime) -> Route:
    """Who gets the lead, of the reps that the CRM has, with what each was given this working day."""
    working = rules.policies.working()
    local, began = now.astimezone(working.zone), working_day_began(working, now)
    given = Counter(owners.load_since(tx, engine.crm.connection, since=began))
    given.update(reassignments.given_since(tx, began))
    known_reps = [rep for rep in owners.reps(tx, engine.crm.connection) if not _no_rep(rep, tx)]
    listed = {rep.owner_id for rep in known_reps if rep.groups or rep.is_manager}
    candidates = [
        replace(_candidate(rep, given, today=local), in_turn=not listed or rep.owner_id in listed)
        for rep in known_reps
    ]
    chosen = route(rules.policies, candidates, verdict, now)
    if chosen.owner_id or chosen.queue:
        return chosen
    managers = [rep.owner_id for rep in known_reps if rep.is_manager]
    return _beyond(candidates, verdict, managers) or chosen


def _beyond(candidates: Sequence[Rep], verdict: HandOffVerdict, managers: Sequence[str]) -> Route | None:
    """Nobody has room, and the policies name no manager: a manager whom the admin marked gets it. A lead that somebody
    rejected goes rather to another rep beyond capacity than stay where it is; new ones are left to the CRM's own rules."""
    here = [
        rep
        for rep in candidates
        if rep.in_turn and rep.active and not rep.away and rep.owner_id not in verdict.not_to
    ]
    mine = [rep for rep in here if rep.owner_id in managers]
    if not mine and not verdict.not_to:
        return None
    able = mine or here
    least = min(able, key=lambda rep: (rep.today, rep.owner_id), default=None)
    return Route(least.owner_id, manager=bool(mine), cause="nobody_eligible") if least else None


def _no_rep(rep: owners.Rep, tx: Tx) -> bool:
    """Who never gets leads in turn: queues, SDRs, and the user under which Baton itself writes."""
    itself = (rep.connection, rep.owner_id) in owners.own_users(tx, [rep.connection])
    return rep.is_sdr or rep.is_queue or itself


def _queue_id(engine: Engine, tx: Tx, name: str) -> str:
    """The CRM's id of a queue by its name or id; empty when it has no such queue, so that its own rules decide."""
    queues = [rep for rep in owners.reps(tx, engine.crm.connection) if rep.is_queue] if name else []
    return next((queue.owner_id for queue in queues if name in (queue.name, queue.owner_id)), "")


def _candidate(rep: owners.Rep, given: Mapping[str, int], *, today: datetime) -> Rep:
    day = today.date()
    starts = rep.away_from is not None and rep.away_from <= day
    away = starts and (rep.away_to is None or day <= rep.away_to)
    return Rep(
        owner_id=rep.owner_id,
        active=rep.active,
        capacity=rep.capacity,
        today=given.get(rep.owner_id, 0),
        weight=rep.weight,
        groups=tuple(rep.groups),
        away=away,
        last_given_at=rep.last_given_at,
    )


def answer_requests(tx: Tx, known: Known, decision: Decision, *, at: datetime) -> None:
    """Every request that waits gets the decision's answer: a click is answered once, also by an answer to another click."""
    waiting = [one for one in known.requests if one.id not in known.memory.answered_requests]
    outcome = {"hand_off": "handed_off", "refuse": "refused"}.get(decision.handoff.deed.value, "")
    if not outcome and waiting and _with_sales(decision):
        outcome = "with_sales"
    if outcome == "handed_off" and waiting and not _open_one(tx, known.lead_id):
        return  # nobody can get it now: the click waits with the lead
    if outcome:
        for request in waiting:
            requests.answer_request(tx, request.id, at=at, outcome=outcome)


def _open_one(tx: Tx, lead_id: str) -> bool:
    mine = handoffs.handoffs_of(tx, [lead_id]).get(lead_id, [])
    return any(one.point != handoffs.FAILED and one.answer is not Answer.REJECTED for one in mine)


def _with_sales(decision: Decision) -> bool:
    return decision.step.value in ("handed_off", "sal", "sql", "opportunity")


def record_refusal(tx: Tx, known: Known, decision: Decision, *, at: datetime) -> None:
    """Keep a refused attempt with every reason."""
    request = decision.handoff.request
    decisions.add_refusal(
        tx,
        Refusal(
            lead_id=known.lead_id,
            at=at,
            actor=request.by if request else BATON,
            command="hand_off",
            reasons=decision.handoff.refusals,
        ),
    )


def recent(now: datetime) -> datetime:
    """The start of the hour that a brake on many rejections looks back over."""
    return now - timedelta(hours=1)
