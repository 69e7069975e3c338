"""Decides every lead that is due and records what follows: history, answers, hand-offs to begin, wanted field values.

Everything here is one local transaction per batch; nothing remote is called. The decision itself is `decide`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.domain.decide import decide
from connector.domain.decision import Decision
from connector.domain.events import RECORD_GONE
from connector.domain.facts import Known
from connector.domain.replay import stays
from connector.domain.rules import Rules
from connector.store import cycles, decisions, dirty, handoffs, parked
from connector.store.deadlines import Open, give_notice, keep_deadlines, open_deadlines
from connector.store.decisions import CellEntry, LeadState
from connector.store.dirty import Dirty
from connector.store.engine import ROW_FAULTS, Tx
from connector.store.known import known_of
from connector.store.parked import Trouble
from connector.sync.asks import note_asks, note_floods
from connector.sync.engine import Engine
from connector.sync.notices import breaches
from connector.sync.outcome import RETRY, answer_requests, begin, record_refusal
from connector.sync.readers import readers_for
from connector.sync.reassign import begin as begin_reassignment
from connector.sync.results import RoundResult
from connector.sync.want import Desk, desk_for

BATCH = 100
"""Leads decided in one transaction: few enough that a click beside it waits only a moment."""

PASSES = 6
"""How often a lead may be decided again because its own decision made a new fact (a hand-off begun, an answer recorded).
A lead that never comes to rest is parked: it would be a fault of the rules, and must not stop the others."""

FAULTS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    *ROW_FAULTS,
)
"""What facts of a shape that nobody foresaw end in. Trouble with the database itself is none of a lead's."""


def place_due(engine: Engine, result: RoundResult, *, hold: bool = False) -> int:
    """Decide until nobody is due. Gives how many leads were decided. With `hold` no hand-off begins and no request is
    answered: on the very first round nothing has a value yet to freeze on a hand-off."""
    passes: Counter[str] = Counter()
    while True:
        now = engine.now()
        with engine.store.begin() as tx:
            waiting = dirty.due(tx, now, limit=BATCH)
            passes.update(one.lead_id for one in waiting)
            restless = [one for one in waiting if passes[one.lead_id] > PASSES]
            _give_up(tx, restless, now=now)
            settled = [one for one in waiting if one not in restless]
            _place_all(engine, tx, settled, now=now, result=result, hold=hold)
        if not waiting:
            result.placed.update(passes)
            return len(passes)
        engine.progress.advance(len(waiting))


def rehearse(engine: Engine, result: RoundResult) -> None:
    """Decide and plan everything that is due, count it, and keep nothing."""
    now = engine.now()
    with engine.store.read() as tx:
        waiting = dirty.due(tx, now, limit=dirty.waiting(tx, now))
    for start in range(0, len(waiting), BATCH):
        try:
            with engine.store.begin() as tx:
                _place_all(engine, tx, waiting[start : start + BATCH], now=now, result=result)
                _take_back()
        except _OnlyRehearsedError:
            engine.progress.advance(BATCH)
    result.placed.update(one.lead_id for one in waiting)


class _OnlyRehearsedError(Exception):
    """Rolls a rehearsal back."""


def _take_back() -> None:
    raise _OnlyRehearsedError


def _give_up(tx: Tx, restless: list[Dirty], *, now: datetime) -> None:
    for one in restless:
        dirty.settle(tx, one, at=now, reconsider_at=None)
        parked.park(tx, Trouble("lead", one.lead_id, "restless"), at=now)


def place_lead(engine: Engine, tx: Tx, lead_id: str, *, now: datetime) -> Decision | None:
    """Decide one lead inside the caller's transaction, and record what follows. None when there is no such lead."""
    dirty.mark(tx, [lead_id], reason="asked", at=now)
    rules = engine.rules(tx)
    known = known_of(tx, [lead_id], readers_for(engine, tx), now=now)
    if not known:
        return None
    desk = desk_for(engine, tx, [known[0].lead_id], rules, now=now)
    placing = _Placing(engine, tx, rules, desk, now, RoundResult())
    placing.running = open_deadlines(tx, [known[0].lead_id])
    decision = placing.settle(known[0])
    desk.put()
    placing.ask([known[0].lead_id])
    return decision


def _place_all(
    engine: Engine, tx: Tx, waiting: list[Dirty], *, now: datetime, result: RoundResult, hold: bool = False
) -> None:
    """Decide a batch. Where one lead of it cannot be decided, each is decided by itself: that one waits, parked, until it
    is touched again, and the others go on."""
    if not _came_through(engine, tx, waiting, now=now, result=result, hold=hold):
        return
    for one in waiting:
        fault = _came_through(engine, tx, [one], now=now, result=result, hold=hold)
        if fault:
            dirty.settle(tx, one, at=now, reconsider_at=None)
            parked.park(tx, Trouble("lead", one.lead_id, "undecidable", detail=fault), at=now)


def _came_through(
    engine: Engine, tx: Tx, waiting: list[Dirty], *, now: datetime, result: RoundResult, hold: bool
) -> str:
    """Decide these, wholly or not at all; the class of the fault that prevented it, or nothing."""
    counted = RoundResult()
    try:
        with tx.begin_nested():
            _place(engine, tx, waiting, now=now, result=counted, hold=hold)
    except FAULTS as fault:
        return type(fault).__name__
    result.plan(counted.planned)
    return ""


def _place(
    engine: Engine, tx: Tx, waiting: list[Dirty], *, now: datetime, result: RoundResult, hold: bool = False
) -> None:
    rules = engine.rules(tx)
    ids = [one.lead_id for one in waiting]
    knowns = known_of(tx, ids, readers_for(engine, tx), now=now)
    desk = desk_for(engine, tx, ids, rules, now=now)
    placing = _Placing(engine, tx, rules, desk, now, result, hold=hold)
    placing.generations = {one.lead_id: one for one in waiting}
    placing.running = open_deadlines(tx, ids)
    for known in knowns:
        placing.settle(known)
    desk.put()
    for lead_id in set(ids) - {known.lead_id for known in knowns}:
        # Merged away since it was marked: the survivor is decided in its place.
        dirty.settle(tx, placing.generations[lead_id], at=now, reconsider_at=None)
    placing.ask(ids)
    parked.came_right(tx, "lead", keys=ids, reason="undecidable", at=now)


@dataclass(slots=True)
class _Placing:
    """One batch under way."""

    engine: Engine
    tx: Tx
    rules: Rules
    desk: Desk
    now: datetime
    result: RoundResult
    generations: dict[str, Dirty] | None = None
    hold: bool = False
    decided: dict[str, Decision] = field(default_factory=dict)
    running: Mapping[str, Open] = field(default_factory=dict)

    def settle(self, known: Known) -> Decision:
        """Decide, record, plan, and say when to look again."""
        decision = self.decided[known.lead_id] = decide(known, self.rules, self.now)
        first = known.memory.persona == ""
        decisions.record_decision(self.tx, known.lead_id, decision=decision, at=self.now)
        decisions.add_transitions(
            self.tx,
            known.lead_id,
            transitions=decision.transitions,
            versions=decision.versions,
            learned_at=self.now,
        )
        self._cycles(known, decision)
        self._enter(known, decision, first=first)
        self._answer(known, decision)
        waits = not self.hold and not self._hand_off(known, decision)
        self._watch(known, decision)
        waits = waits or not (self.hold or self._reassign(known, decision))
        self._remember(known, decision)
        self.desk.want(known, decision, self.result)
        self._settle_dirty(known, decision, waits=waits)
        return decision

    def _cycles(self, known: Known, decision: Decision) -> None:
        """A cycle that opens or closes does so for every contact of the account."""
        account = self.desk.account(known.lead_id)
        if cycles.save_cycles(self.tx, self.desk.unit(known.lead_id), rows=decision.cycles) and account:
            dirty.mark_accounts(self.tx, [account], reason="cycle", at=self.now)

    def ask(self, lead_ids: Sequence[str]) -> None:
        """Put to a manager what these decisions leave to one."""
        note_asks(self.tx, lead_ids, self.decided, at=self.now)
        answers = (answer for one in self.decided.values() for answer in one.answers)
        note_floods(self.tx, [a.rejection for a in answers if a.rejection], self.rules.policies)

    def _answer(self, known: Known, decision: Decision) -> None:
        """What sales said may hold for the whole account: its other leads are decided again."""
        for answer in decision.answers:
            handoffs.record_answer(self.tx, answer, learned_at=self.now)
            if RECORD_GONE in decision.flags:
                trouble = Trouble("hand_off", answer.handoff_id, RECORD_GONE)
                parked.park(self.tx, trouble, at=self.now)
        account = self.desk.account(known.lead_id)
        if decision.answers and account:
            dirty.mark_accounts(self.tx, [account], reason="answer", at=self.now)

    def _hand_off(self, known: Known, decision: Decision) -> bool:
        """Carry out what is to be done about handing off. False when a hand-off cannot begin now."""
        begun: str | None = ""
        if decision.handoff.deed == "hand_off":
            begun = begin(self.engine, self.tx, known, decision=decision, rules=self.rules)
        elif decision.handoff.deed == "refuse":
            record_refusal(self.tx, known, decision, at=self.now)
        answer_requests(self.tx, known, decision, at=self.now)
        return begun is not None

    def _watch(self, known: Known, decision: Decision) -> None:
        """Keep the deadlines, and note who is to be told of those that were missed."""
        running, lead_id = self.running.get(known.lead_id, {}), known.lead_id
        if not (running or decision.deadlines):
            return
        current = known.episodes[-1].id if known.episodes else None
        keep_deadlines(
            self.tx, lead_id, before=running, now=decision.deadlines, handoff_id=current, at=self.now
        )
        give_notice(self.tx, breaches(lead_id, current, decision.deadlines), at=self.now)

    def _reassign(self, known: Known, decision: Decision) -> bool:
        """Begin to give the lead to another rep, where that is wanted. False when nobody can take it now."""
        if decision.reassign is None or decision.answers:
            return True
        wish, rules = decision.reassign, self.rules
        begun = begin_reassignment(self.engine, self.tx, known, decision=decision, wish=wish, rules=rules)
        return begun is not False

    def _enter(self, known: Known, decision: Decision, *, first: bool) -> None:
        """Cell entries: on the first decision the whole way so far, afterwards each change."""
        unit = self.desk.unit(known.lead_id)
        entry = CellEntry(
            lead_id=known.lead_id,
            unit=unit,
            cycle=decision.cycle,
            persona=decision.persona.id,
            stage=decision.stage.id,
            cell=decision.cell,
            entered_at=self.now,
            versions=decision.versions,
            learned_at=self.now,
        )
        if first:
            self._replay(known, decision, entry)
        if decision.stage.id == "none":
            decisions.leave_cell(self.tx, known.lead_id, left_at=self.now)
            return
        evidence = tuple(e.activity_id for e in decision.evidence if e.stage == decision.stage.id)
        entered = min(decision.stage.since or self.now, self.now)
        decisions.enter_cell(self.tx, replace(entry, entered_at=entered, evidence_ids=evidence), at=self.now)

    def _replay(self, known: Known, decision: Decision, entry: CellEntry) -> None:
        path = stays(
            self.rules.matrix, self.rules.signals, known, persona_id=decision.persona.id, until=self.now
        )
        for stay in path:
            cell = f"{entry.persona}/{stay.stage}"
            past = replace(
                entry,
                cycle=_cycle_at(known, decision, stay.entered_at),
                stage=stay.stage,
                cell=cell,
                entered_at=stay.entered_at,
                evidence_ids=stay.evidence_ids,
            )
            decisions.enter_cell(self.tx, past, at=self.now)
            if stay.left_at is not None:
                decisions.leave_cell(self.tx, known.lead_id, left_at=stay.left_at)

    def _remember(self, known: Known, decision: Decision) -> None:
        before = known.memory
        step_since = before.step_since
        if decision.transitions:
            step_since = decision.transitions[-1].occurred_at
        memory = replace(
            before,
            step=decision.step,
            step_since=step_since or self.now,
            persona=decision.persona.id,
            persona_candidate=decision.persona.candidate,
            persona_differs_since=decision.persona.differs_since,
            stage=decision.stage.id,
            stage_since=decision.stage.since,
            cycle=decision.cycle,
            cycle_opened_at=decision.cycle_opened_at,
        )
        state = LeadState(
            lead_id=known.lead_id,
            memory=memory,
            cell=decision.cell,
            role=decision.role,
            reconsider_at=decision.reconsider_at,
            value=decision.value.amount if decision.value else None,
            versions=decision.versions,
        )
        decisions.save_state(self.tx, state, at=self.now)

    def _settle_dirty(self, known: Known, decision: Decision, *, waits: bool) -> None:
        waiting = (self.generations or {}).get(known.lead_id)
        if waiting is not None and (self.hold or not _changed_itself(decision, waits=waits)):
            again = [at for at in (decision.reconsider_at, self.now + RETRY if waits else None) if at]
            dirty.settle(self.tx, waiting, at=self.now, reconsider_at=min(again, default=None))


def _cycle_at(known: Known, decision: Decision, at: datetime) -> int:
    """In which of the account's cycles a moment of the past lay."""
    rows = {row.number: row for row in (*known.cycles, *decision.cycles)}
    begun = [number for number, row in rows.items() if row.opened_at <= at]
    return max(begun, default=min(rows, default=decision.cycle))


def _changed_itself(decision: Decision, *, waits: bool) -> bool:
    """Whether recording the decision made a new fact, so that the lead must be looked at once more: a hand-off begun, an
    answer recorded, a request answered, another rep chosen, a cycle opened or closed."""
    acted = decision.handoff.deed in ("hand_off", "refuse") and not waits
    moved = decision.reassign is not None and not waits
    return bool(decision.answers or decision.transitions or decision.cycles) or acted or moved
