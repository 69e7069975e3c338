"""What a record should say and does not: wanted values against the mirror, field by field, with a reason for each.

Pure: takes rows and remembered field states, gives a plan. It decides nothing about the lead; it only compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from connector.store.field_states import FieldState
from mappings.document import MappingDocument, SyncLine
from mappings.fields import stated
from mappings.judge import Flow, Side, Sides, Winner, judge
from mappings.own_fields import own_type, own_values
from mappings.problems import Problem, Severity
from mappings.records import RecordKey, Scalar
from mappings.values import FieldType, Unreadable, same
from mappings.writing import written

REWRITES_A_DAY = 3
"""A value that somebody keeps changing back is sent so often in a day; then the field is parked: it is a loop."""

STEP = "sync:"
"""Prefix under which the agreed value of a field kept in step is remembered, beside the fields of the record itself."""

LAST_SYNCED = "last_synced"
NO_STATES: Mapping[str, FieldState] = {}


@dataclass(frozen=True, slots=True)
class Target:
    """A record that can be written: its side in the mapping, what it says now, and what is remembered of its fields."""

    key: RecordKey
    side: str
    fields: Mapping[str, Scalar]
    states: Mapping[str, FieldState] = field(default_factory=lambda: NO_STATES)


@dataclass(frozen=True, slots=True)
class SetField:
    """One difference: what the record says, what it should say, and why."""

    field: str
    old: Scalar
    new: Scalar
    reason: str


@dataclass(slots=True)
class Plan:
    """What is to be written to one record. `looping` fields are to be parked; `agreed` are values both sides hold now
    (by our word), or each holds where they never agreed, to be remembered as base; `problems` say which values could
    not be written as they are. `overtaken` fields hold what somebody put there over a value of ours, and keep it."""

    key: RecordKey
    changes: list[SetField] = field(default_factory=list)
    looping: list[str] = field(default_factory=list)
    agreed: dict[str, Scalar] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    overtaken: list[str] = field(default_factory=list)

    @property
    def wanted(self) -> dict[str, Scalar]:
        """The values to write, by remote field."""
        return {change.field: change.new for change in self.changes}


@dataclass(frozen=True, slots=True)
class Planner:
    """Compares for one round: the mapping, how messages are rendered, and the present."""

    mapping: MappingDocument
    render: Callable[[Any], str]
    now: datetime
    today: date

    def own(self, target: Target, wanted: Mapping[str, Any]) -> Plan:
        """Baton's own fields, but for *last synced*, which is a matter of delivering. A field that the row lacks is hidden
        by permissions and never written blindly."""
        plan = Plan(target.key)
        wanted = {name: value for name, value in wanted.items() if name != LAST_SYNCED}
        values = own_values(self.mapping, target.side, target.key.object, wanted, render=self.render)
        for name, value in values.items():
            kind = own_type(self.mapping, target.side, name) or FieldType.TEXT
            if name in target.fields and not same(target.fields[name], value, kind):
                self._add(plan, target, SetField(name, target.fields[name], value, "wanted"), kind)
        return plan

    def _add(self, plan: Plan, target: Target, change: SetField, kind: FieldType) -> None:
        state = target.states.get(change.field)
        if state is not None and state.parked_at is not None:
            return
        if state is not None and self._loops(state, change, kind):
            plan.looping.append(change.field)
            return
        plan.changes.append(change)

    def _loops(self, state: FieldState, change: SetField, kind: FieldType) -> bool:
        again = same(state.sent, change.new, kind)
        return again and state.rewrites_on == self.today and state.rewrites >= REWRITES_A_DAY

    def in_step(self, source: Target, target: Target) -> tuple[Plan, Plan]:
        """The fields that the mapping keeps in step between marketing's record (`source`) and the CRM's (`target`):
        what is to be written to either. The agreed values are remembered on the CRM's record; where the two never agreed,
        each record remembers what itself said."""
        to_source, to_target = Plan(source.key), Plan(target.key)
        for line in self.mapping.sync:
            self._line(line, (source, to_source), (target, to_target))
        return to_source, to_target

    def _line(self, line: SyncLine, marketing: tuple[Target, Plan], crm: tuple[Target, Plan]) -> None:
        flow = Flow.of(line)
        toward_crm = line.direction.value != "to_marketing"
        (source, to_source), (target, to_target) = (marketing, crm) if toward_crm else (crm, marketing)
        left, right = self._stated(source, line.field), self._stated(target, line.field)
        verdict = judge(flow, self._sides(line.field, (source, left), (target, right), crm[0]))
        if verdict.winner is Winner.SOURCE and not isinstance(left, Unreadable):
            self._write(to_target, target, line.field, (left, verdict.reason))
        elif verdict.winner is Winner.TARGET and not isinstance(right, Unreadable):
            self._write(to_source, source, line.field, (right, verdict.reason))
        elif verdict.reason == "agree" and not isinstance(left, Unreadable):
            for record, plan in (marketing, crm):
                self._agree(plan, record, line.field, left, new=record is crm[0])
        elif verdict.reason == "never_agreed":
            to_source.agreed[STEP + line.field] = left  # type: ignore[assignment]
            to_target.agreed[STEP + line.field] = right  # type: ignore[assignment]
        for record, plan in (marketing, crm):
            self._notice_overtaken(plan, record, line.field)

    def _notice_overtaken(self, plan: Plan, record: Target, word: str) -> None:
        facts, kind = self.mapping.object(record.side, record.key.object).line(word), self._type(record, word)
        for name in facts.sources if facts else ():
            state = record.states.get(name)
            if state is None or state.sent_at is None or name in plan.wanted or name not in record.fields:
                continue
            if not any(same(record.fields[name], ours, kind) for ours in (state.sent, state.accepted)):
                plan.overtaken.append(name)

    def _sides(
        self, word: str, source: tuple[Target, Side], target: tuple[Target, Side], crm: Target
    ) -> Sides:
        """No times: a record's own stamp is not the field's, and rules by time need the field's (see `Sides`)."""
        states = [record.states.get(STEP + word) for record, _ in (source, target)]
        agreed = crm.states.get(STEP + word)
        bases = [state.base for state in states if state]
        return Sides(
            base=agreed.base if agreed else None,
            source=source[1],
            target=target[1],
            type=self._type(source[0], word),
            met=agreed is not None,
            apart=(bases[0], bases[1]) if len(bases) == 2 else None,
        )

    def _agree(self, plan: Plan, record: Target, word: str, value: Scalar, *, new: bool) -> None:
        """Marketing's record remembers a value of its own only since the two disagreed."""
        state = record.states.get(STEP + word)
        if new if state is None else state.base != value:
            plan.agreed[STEP + word] = value

    def _stated(self, target: Target, word: str) -> Side:
        return stated(self.mapping, target.side, target.key.object, word, fields=target.fields)

    def _type(self, target: Target, word: str) -> FieldType:
        line = self.mapping.object(target.side, target.key.object).line(word)
        return line.how.type if line else FieldType.TEXT

    def _write(self, plan: Plan, target: Target, word: str, why: tuple[Scalar, str]) -> None:
        value, reason = why
        values, problems = written(self.mapping, target.side, target.key.object, word, value=value)
        plan.problems += [one for one in problems if one.severity is not Severity.NOTICE]
        for name, new in values.items():
            old = target.fields.get(name)
            kind = self._type(target, word)
            if name in target.fields and not same(old, new, kind):
                self._add(plan, target, SetField(name, old, new, str(reason)), kind)
