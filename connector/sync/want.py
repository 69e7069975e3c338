"""Turns decisions into wanted field values of the lead's records, and puts only the differences into the outbox.

Which records take Baton's values: every active link of a lead, except that of several CRM records the open lead comes
before the contact, and a converted lead is never written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from connector.domain.decision import Decision, FieldValue
from connector.domain.events import REVERT, REVERT_OWNER
from connector.domain.facts import WITH_SALES, Known, Message
from connector.domain.money import convert
from connector.domain.rules import Rules
from connector.ports import RecordState
from connector.store import field_states, links, mirror, outbox, owners, parked
from connector.store.engine import Tx
from connector.store.field_states import FieldState
from connector.store.known import handed_over
from connector.store.links import Link
from connector.store.mirror import MirrorRow
from connector.store.outbox import Wanted
from connector.store.parked import Trouble
from connector.sync.answers import answer_values, owner_values, status_values
from connector.sync.deliver import park_loops
from connector.sync.engine import Engine
from connector.sync.plan import REWRITES_A_DAY, Plan, Planner, SetField, Target
from connector.sync.results import RoundResult
from mappings.own_fields import record_currency
from mappings.records import Money, RecordKey, Scalar, SystemRole

REVERTS = frozenset({REVERT, REVERT_OWNER})


@dataclass(frozen=True, slots=True)
class Desk:
    """What planning a batch of leads needs, read in a constant number of queries."""

    engine: Engine
    tx: Tx
    planner: Planner
    money: Callable[[Money, str, date], Money | None]
    accounts: Mapping[str, str | None]
    linked: Mapping[str, Sequence[Link]]
    rows: Mapping[RecordKey, MirrorRow]
    states: Mapping[RecordKey, Mapping[str, FieldState]]
    wanted: list[Wanted] = field(default_factory=list)

    def account(self, lead_id: str) -> str:
        """The lead's account; empty where it has none."""
        return self.accounts.get(lead_id) or ""

    def unit(self, lead_id: str) -> str:
        """The unit of figures: the lead's account, or the lead itself."""
        return self.account(lead_id) or lead_id

    def want(self, known: Known, decision: Decision, result: RoundResult) -> None:
        """Plan this lead's records; nothing different will withdraw what waits. `put` stores what was planned."""
        held = handed_over(known.episodes)
        linked = [self._target(link) for link in self._living(known, held)]
        targets = writable(self.engine, linked, held=held)
        plans = {
            target.key: self.planner.own(target, self._in_currency(target, known, decision))
            for target in targets
        }
        for to_marketing, to_crm in self._in_step(targets):
            _merge(plans[to_marketing.key], to_marketing)
            _merge(plans[to_crm.key], to_crm)
        for target in targets:
            self._show_answer(plans[target.key], target, known)
        if not REVERTS.isdisjoint(decision.flags):
            self._revert_all(plans, linked, known, decision)
        for plan in plans.values():
            self._note(plan, known.lead_id, result)

    def _show_answer(self, plan: Plan, target: Target, known: Known) -> None:
        if self.engine.role(target.key.connection) is not SystemRole.CRM:
            return
        for name, value in answer_values(self.engine.mapping, target.side, known, target.key).items():
            if name in target.fields and target.fields[name] != value:
                plan.changes.append(SetField(name, target.fields[name], value, "answered"))

    def _revert_all(
        self, plans: dict[RecordKey, Plan], linked: Sequence[Target], known: Known, decision: Decision
    ) -> None:
        """What broke a cooldown is undone on the record that sales had, and on those made since."""
        crm = [one for one in linked if self.engine.role(one.key.connection) is SystemRole.CRM]
        for target in (one for one in crm if one.key in plans or _made_since(known, one.key)):
            values: dict[str, Scalar] = {}
            if REVERT in decision.flags:
                values |= status_values(self.engine.mapping, target.side, target.key.object, "rejected")
            if REVERT_OWNER in decision.flags:
                values |= owner_values(
                    self.engine.mapping, target.side, known, target.key, active=self._active
                )
            self._revert(plans.setdefault(target.key, Plan(target.key)), target, values)

    def _active(self, owner_id: str) -> bool:
        """Whether an owner of the CRM can be given a record."""
        found = owners.reps(self.tx, self.engine.crm.connection)
        return any(one.owner_id == owner_id and one.active for one in found)

    def _revert(self, plan: Plan, target: Target, values: Mapping[str, Scalar]) -> None:
        """The record shows again what it showed before somebody broke the cooldown; somebody who insists ends the exchange,
        and a person is asked."""
        for name, value in values.items():
            state = target.states.get(name)
            if target.fields.get(name, value) == value or (state and state.parked_at):
                continue
            if state and state.rewrites_on == self.planner.today and state.rewrites >= REWRITES_A_DAY:
                plan.looping.append(name)
            else:
                plan.changes.append(SetField(name, target.fields[name], value, "violation"))

    def _living(self, known: Known, held: Sequence[RecordKey]) -> list[Link]:
        found = self.linked.get(known.lead_id, ())
        mine = [
            one
            for one in found
            if one.state == "active"
            or (one.state == "duplicate" and (one.key in held or _made_since(known, one.key)))
        ]
        return [link for link in mine if self._lives(link.key)]

    def _lives(self, key: RecordKey) -> bool:
        row = self.rows.get(key)
        return row is not None and row.state is RecordState.ACTIVE

    def _target(self, link: Link) -> Target:
        row = self.rows[link.key]
        side = self.engine.side(link.key.connection)
        return Target(link.key, side, row.fields, self.states.get(link.key, {}))

    def _in_currency(self, target: Target, known: Known, decision: Decision) -> dict[str, FieldValue]:
        """Money in the currency that this record holds; what cannot be converted is left alone. What was frozen at a
        hand-off is converted at the rate of its day: a new year's rate must not move it."""
        currency = record_currency(self.engine.mapping, target.side, target.fields)
        asked = [e.requested_at for e in known.episodes if e.cycle == decision.cycle]
        handed = max(asked).astimezone(self.engine.zone).date() if asked else self.planner.today
        held = decision.step in WITH_SALES
        wanted: dict[str, FieldValue] = {}
        for name, value in decision.wanted.items():
            on = handed if held or name == "value_at_handoff" else self.planner.today
            amount = self.money(value, currency, on) if isinstance(value, Money) else value
            if amount is not None or not isinstance(value, Money):
                wanted[name] = amount
        return wanted

    def _in_step(self, targets: Sequence[Target]) -> Iterable[tuple[Plan, Plan]]:
        role = self.engine.role
        marketing = [t for t in targets if role(t.key.connection) is SystemRole.MARKETING][:1]
        crm = [t for t in targets if role(t.key.connection) is SystemRole.CRM][:1]
        for source in marketing:
            for target in crm:
                yield self.planner.in_step(source, target)

    def put(self) -> None:
        """Put what the leads' records should say into the outbox, in one go."""
        outbox.want(self.tx, self.wanted, at=self.planner.now)
        self.wanted.clear()

    def _note(self, plan: Plan, lead_id: str, result: RoundResult) -> None:
        park_loops(self.tx, plan.key, plan.looping, at=self.planner.now)
        for problem in plan.problems:
            trouble = Trouble("value", f"{plan.key}:{problem.field}", problem.id)
            parked.park(self.tx, trouble, at=self.planner.now)
        if plan.overtaken:
            field_states.overtaken(self.tx, plan.key, fields=plan.overtaken)
        if plan.agreed:
            field_states.record_agreed(self.tx, {plan.key: plan.agreed})
        if plan.changes:
            result.plan([plan.key])
        self.wanted.append(Wanted(plan.key, plan.wanted, lead_id))


def _made_since(known: Known, key: RecordKey) -> bool:
    """Whether somebody made this record after sales said no."""
    episode = known.episodes[-1] if known.episodes else None
    no = episode.rejection if episode else None
    made = next((one.created_at for one in known.records if one.key == key and not one.by_baton), None)
    return no is not None and made is not None and made > no.at


def writable(engine: Engine, targets: Sequence[Target], *, held: Sequence[RecordKey] = ()) -> list[Target]:
    """The records that take values, in a stated order: marketing's by id; of the CRM's the one that sales was handed
    (`held`, the latest first), else the first of its lead objects in the mapping's order (the open lead before the
    contact), by id. Other duplicates and converted leads take none."""
    chosen: list[Target] = []
    for system in engine.systems:
        side = engine.side(system.connection)
        order = {name: at for at, name in enumerate(engine.mapping.own_objects.get(side, ()))}
        mine = [t for t in targets if t.key.connection == system.connection and t.key.object in order]
        mine.sort(key=lambda t: (_place(t.key, held), order[t.key.object], len(t.key.id), t.key.id))
        chosen += mine[:1]
    return chosen


def _place(key: RecordKey, held: Sequence[RecordKey]) -> int:
    return held.index(key) if key in held else len(held)


def _merge(plan: Plan, more: Plan) -> None:
    plan.changes += more.changes
    plan.looping += more.looping
    plan.agreed.update(more.agreed)
    plan.problems += more.problems
    plan.overtaken += more.overtaken


def desk_for(engine: Engine, tx: Tx, lead_ids: Sequence[str], rules: Rules, *, now: datetime) -> Desk:
    """Everything that planning these leads needs."""
    linked = links.links_of(tx, lead_ids)
    keys = [
        link.key for several in linked.values() for link in several if link.state in ("active", "duplicate")
    ]
    today = now.astimezone(engine.zone).date()

    def money(amount: Money, currency: str, on: date) -> Money | None:
        return convert(amount, currency, rules.rates, on=on)

    def render(message: Any) -> str:
        return engine.render(message, engine.locale) if isinstance(message, Message) else str(message)

    return Desk(
        engine=engine,
        tx=tx,
        planner=Planner(engine.mapping, render, now, today),
        money=money,
        accounts={lead.id: lead.account_id for lead in links.leads(tx, lead_ids).values()},
        linked=linked,
        rows=mirror.mirrored(tx, keys),
        states=field_states.field_states(tx, keys),
    )
