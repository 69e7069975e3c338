"""Everything about one lead as one document: what the panel shows, what `baton lead show --json` prints.

The shape is public (docs/json.md): keys are only ever added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime
from typing import Any

from connector.domain.assessment import missing_criteria
from connector.domain.conversation import sdr_of_record
from connector.domain.decide import decide
from connector.domain.decision import CashValue, Decision
from connector.domain.facts import Known, Message
from connector.domain.playbook import playbook_for
from connector.domain.rules import Rules
from connector.domain.survey import survey
from connector.domain.value import explanation
from connector.store import (
    activities,
    decisions,
    field_states,
    handoffs,
    links,
    mirror,
    owners,
    rejections,
)
from connector.store.engine import Tx
from connector.store.handoffs import HandOff
from connector.store.known import known_of
from connector.sync.commands import resolve
from connector.sync.engine import Engine
from connector.sync.readers import readers_for
from connector.sync.view_moves import moves_document
from mappings.currencies import money_document
from mappings.document import Author
from mappings.records import Activity, RecordKey

QUOTE = 300


def lead_view(engine: Engine, lead: str, *, locale: str | None = None) -> dict[str, Any]:
    """The lead as it stands at this moment, by its id or `connection:object:id`. Raises UnknownLeadError."""
    language = locale or engine.locale
    with engine.store.read() as tx:
        lead_id = resolve(tx, lead)
        rules = engine.rules(tx)
        known = known_of(tx, [lead_id], readers_for(engine, tx), now=engine.now())[0]
        decision = decide(known, rules, engine.now())
        view = _View(engine=engine, tx=tx, known=known, decision=decision, rules=rules, locale=language)
        return view.document()


def value_document(value: CashValue | None, engine: Engine, locale: str) -> dict[str, Any] | None:
    """A value with its arithmetic: amount = rate x price, k wins of n."""
    if value is None:
        return None
    return {
        "amount": money_document(value.amount),
        "rate": value.rate,
        "price": money_document(value.price),
        "wins": value.wins,
        "leads": value.leads,
        "matured": value.matured,
        "low": value.low,
        "high": value.high,
        "assumed": value.assumed,
        "table_version": value.table_version,
        "explained": engine.render(explanation(value), locale),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """One document under way."""

    engine: Engine
    tx: Tx
    known: Known
    decision: Decision
    rules: Rules
    locale: str

    def document(self) -> dict[str, Any]:
        decision, recycling = self.decision, self.rules.policies.recycling
        document: dict[str, Any] = plain(
            {
                "id": self.known.lead_id,
                "created_at": self.known.created_at,
                "person": self._person(),
                "persona": self._persona(),
                **self._role(),
                "stage": self._stage(),
                "cell": decision.cell,
                "evidence": self._evidence(),
                "lifecycle": {"step": decision.step, "history": self._history()},
                "gate": [
                    {"name": one.name, "passed": one.passed, "why": self._say(one.why)}
                    for one in decision.gate
                ],
                "hand_off": self._verdict(),
                "value": value_document(decision.value, self.engine, self.locale),
                "hand_offs": [self._hand_off(one) for one in self._episodes()],
                "rejections": self._rejections(),
                "overrides": self._overrides(),
                "refusals": self._refusals(),
                "cooldown_until": decision.cooldown_until,
                "next_action": self._say(decision.next_action or self._next()),
                "playbook": self._play(),
                **self._deadlines(),
                "flags": decision.flags,
                "cycle": decision.cycle,
                "cycles": self._cycles(),
                "qualification": self._qualification(),
                "reviews": self.known.reviews,
                "sdr_of_record": self._sdr(sdr_of_record(self.known, recycling, self.engine.now())),
                "reconsider_at": decision.reconsider_at,
                "versions": asdict(decision.versions),
                "links": self._links(),
                "fields": self._fields(),
                "coverage": self._coverage(),
            }
        )
        return document

    def _deadlines(self) -> dict[str, Any]:
        """What runs for whom, and the clock to show."""
        found, names = self.decision.deadlines, self._names
        return {
            "deadlines": [{**asdict(one), "owner": names.get(one.owner_id, "")} for one in found],
            "next_due": min((one.due_at for one in found if one.met_at is None), default=None),
        }

    def _say(self, message: object) -> str | None:
        return self.engine.render(message, self.locale) if isinstance(message, Message) else None

    def _next(self) -> object:
        return self.decision.wanted.get("next_action")

    def _person(self) -> dict[str, Any]:
        person, account = self.known.person, self.known.account.account
        company = person.company or (account.name if account else "")
        return {"name": person.name, "company": company, "title": person.title, "source": person.source}

    def _persona(self) -> dict[str, Any]:
        persona = self.decision.persona
        return {
            "id": persona.id,
            "label": self.rules.matrix.label(persona.id, self.locale),
            "computed": persona.computed,
            "fallback": persona.fallback,
            "set_by_hand": persona.hand_set,
        }

    def _role(self) -> dict[str, Any]:
        decision = self.decision
        computed, by_hand = decision.role_computed, decision.role_set
        return {"role": decision.role, "role_computed": computed, "role_set_by_hand": by_hand}

    def _stage(self) -> dict[str, Any]:
        stage = self.decision.stage
        return {
            "id": stage.id,
            "label": self.rules.matrix.label(stage.id, self.locale),
            "computed": stage.computed,
            "since": stage.since,
            "points": dict(stage.points),
            "set_by_hand": stage.hand_set,
        }

    def _evidence(self) -> list[dict[str, Any]]:
        by_id = {str(activity.key): activity for activity in self.known.activities}
        return [
            {
                "signal": one.signal,
                "stage": one.stage,
                "strength": one.strength,
                "counts": one.counts,
                "at": one.at,
                "expires_at": one.expires_at,
                "reported_by": one.reported_by,
                "activity": one.activity_id,
                **_told(by_id.get(one.activity_id)),
            }
            for one in self.decision.evidence
        ]

    def _history(self) -> list[dict[str, Any]]:
        return [
            {
                "from": step.old,
                "to": step.new,
                "occurred_at": step.occurred_at,
                "recorded_at": learned_at,
                "actor": step.actor,
                "cause": step.cause,
                "implied": step.implied,
                "violation": step.violation,
            }
            for step, learned_at in decisions.transitions_of(self.tx, self.known.lead_id)
        ]

    def _verdict(self) -> dict[str, Any]:
        verdict = self.decision.handoff
        return {
            "deed": verdict.deed,
            "mode": verdict.mode,
            "refusals": [{"code": one.id, "text": self._say(one)} for one in verdict.refusals],
            "eligible_from": verdict.eligible_from,
        }

    def _episodes(self) -> Sequence[HandOff]:
        return handoffs.handoffs_of(self.tx, [self.known.lead_id]).get(self.known.lead_id, [])

    def _hand_off(self, one: HandOff) -> dict[str, Any]:
        return {
            "id": one.id,
            "requested_at": one.requested_at,
            "requested_by": one.requested_by,
            "cause": one.cause,
            "point": one.point,
            "confirmed_at": one.confirmed_at,
            "crm_record": str(one.crm) if one.crm else None,
            "owner_id": one.owner_id,
            "owner": self._owner(one.owner_id),
            "route": one.route,
            "cell": one.cell,
            "value": money_document(one.value),
            "answer": one.answer,
            "answered_at": one.answered_at,
            "error": one.error,
            "merged_into": one.merged_into,
            "sdr_of_record": self._sdr(one.sdr_id),
            "contributors": [
                {**each, "name": self._names.get(str(each["id"]), "")} for each in one.contributors
            ],
            "reassignments": moves_document(self.tx, one.id, self._names),
        }

    def _qualification(self) -> dict[str, Any]:
        """What was stated to make the lead SQL, and what is still owed."""
        here, _ = survey(self.known, self.rules, self.engine.now())
        said = {one.handoff_id: one.criteria for one in self.known.qualifications}
        criteria = said.get(here.episode.id, {}) if here.episode else {}
        missing = missing_criteria(self.rules.policies.qualification, criteria, self.decision.role)
        return {"criteria": dict(criteria), "missing": list(missing)}

    def _cycles(self) -> list[dict[str, Any]]:
        """The buying cycles of the account, all its contacts together."""
        return [
            {
                "number": row.number,
                "opened_at": row.opened_at,
                "closed_at": row.closed_at,
                "closed_by": row.closed_by,
            }
            for row in self.known.cycles
        ]

    def _sdr(self, owner_id: str) -> dict[str, str] | None:
        return {"id": owner_id, "name": self._names.get(owner_id, "")} if owner_id else None

    @property
    def _names(self) -> Mapping[str, str]:
        return owners.names(self.tx)

    def _owner(self, owner_id: str) -> str:
        found = {owner.key.id: owner.name for owner in owners.owners(self.tx, self.engine.crm.connection)}
        return found.get(owner_id, "")

    def _rejections(self) -> list[dict[str, Any]]:
        mine = [one.id for one in self._episodes()]
        return [
            {
                "hand_off": handoff_id,
                "at": one.at,
                "rep_id": one.rep_id,
                "reason": one.reason,
                "text": self._say(Message("note.reason", {"reason_id": one.reason or "owed"})),
                "note": one.note,
                "until": one.until,
                "return_to_me": one.return_to_me,
                "annulled": one.annulled,
                "said_by": one.said_by,
                **asdict(one.dispute),
            }
            for handoff_id, one in sorted(
                rejections.rejections_of(self.tx, mine).items(), key=lambda item: (item[1].at, item[0])
            )
        ]

    def _overrides(self) -> list[dict[str, Any]]:
        return [
            {"at": one.at, "by": one.by, "reason": one.reason, "used": one.used, "hand_off": one.handoff_id}
            for one in self.known.overrides
        ]

    def _refusals(self) -> list[dict[str, Any]]:
        return [
            {
                "at": one.at,
                "actor": one.actor,
                "command": one.command,
                "reasons": [self._say(reason) for reason in one.reasons],
            }
            for one in decisions.refusals_of(self.tx, self.known.lead_id)
        ]

    def _play(self) -> dict[str, str]:
        names = self.rules.matrix.names(self.decision.persona.id)
        play = playbook_for(self.rules.playbook, self.decision.cell, self.locale, names=names)
        return asdict(play)

    def _links(self) -> list[dict[str, Any]]:
        return [
            {"record": str(one.key), "role": one.role, "state": one.state, "by_baton": one.by_baton}
            for one in links.links_of(self.tx, [self.known.lead_id]).get(self.known.lead_id, [])
        ]

    def _fields(self) -> dict[str, dict[str, Any]]:
        """What each record says in Baton's own fields, and what Baton sent there last."""
        mine = links.links_of(self.tx, [self.known.lead_id]).get(self.known.lead_id, [])
        keys = [one.key for one in mine if one.state == "active"]
        rows = mirror.mirrored(self.tx, keys)
        states = field_states.field_states(self.tx, keys)
        return {
            str(key): {name: rows[key].fields.get(remote) for name, remote in self._own(key).items()}
            for key in keys
            if key in rows and (key in states or rows[key].fields)
        }

    def _own(self, key: RecordKey) -> Mapping[str, str]:
        side = self.engine.side(key.connection)
        own = self.engine.mapping.own_fields
        return {
            name: field.names[side]
            for name, field in own.items()
            if field.written_by is Author.BATON and key.object in self.engine.mapping.own_on(name, side)
        }

    def _coverage(self) -> list[dict[str, str]]:
        """What can be seen at all: no page view may mean no interest, a lower edition, or a privacy setting."""
        rows = activities.coverage_of(self.tx, self.known.lead_id)
        for system in self.engine.systems:
            rows += activities.connection_coverage(self.tx, system.connection)
        return [dict(zip(("connection", "kind", "state", "reason"), row, strict=True)) for row in rows]


def _told(activity: Activity | None) -> dict[str, Any]:
    if activity is None:
        return {}
    said = " ".join((activity.text or activity.subject).split())
    return {"kind": activity.kind, "said": said[:QUOTE], "url": activity.url}


def plain(value: Any) -> Any:
    """The value in JSON's own types: times in ISO 8601 with offset, enumerations as their word."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
