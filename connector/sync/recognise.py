"""Says whose a record is: for certain, by keys that belong to one person, or only as a suggestion to somebody who can judge.

Holds one batch's keys in memory, those the store knows and those the batch adds, so that three records of one person in one
batch are one lead. Decides nothing about fields and writes nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from connector.store import recognition
from connector.store.engine import Tx
from connector.store.identities import Identity, find_identities
from connector.store.links import leads
from connector.store.mirror import MirrorRow
from mappings.addresses import company_domain
from mappings.identity import IdentityKey, KeyKind, identity_keys, suggestion_keys
from mappings.people import may_be_one
from mappings.records import Person, RecordKey

Key = tuple[str, str]
"""Kind and folded value."""

CROWD = 5
"""A key that so many leads share (the landline of a firm, 张伟 at a large one) suggests nothing any more."""

LONGEST_ID = 64
"""Ids that Baton gave are no longer; a longer text in the id's field was not written by Baton."""

_SCORES = {
    "conflicting_keys": 0.9,
    "other_name": 0.6,
    "shared_key": 0.9,
    "key_changed": 0.8,
    "new_employer": 0.7,
    KeyKind.ROLE_MAILBOX: 0.4,
    KeyKind.COMPANY_AND_NAME: 0.5,
    KeyKind.LANDLINE: 0.3,
}


@dataclass(frozen=True, slots=True)
class Coming:
    """A record to be recognised. `sure` keys identify, `weak` ones suggest."""

    row: MirrorRow
    person: Person
    sure: tuple[Key, ...]
    weak: tuple[Key, ...]

    @property
    def key(self) -> RecordKey:
        """The record."""
        return self.row.key


@dataclass(frozen=True, slots=True)
class Hunch:
    """Another lead that may be the same person, and why."""

    lead_id: str
    reason: str

    @property
    def score(self) -> float:
        """How likely, for the order in which people look at them."""
        return _SCORES[self.reason]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`lead_id` None: nobody known. `same_as` is a lead that turned out to be the same person as the record's own."""

    lead_id: str | None
    hunches: tuple[Hunch, ...] = ()
    same_as: str | None = None


def coming_of(row: MirrorRow, person: Person, region: str) -> Coming:
    """The record with its keys."""
    return Coming(row, person, _plain(identity_keys(person, region)), _plain(suggestion_keys(person, region)))


def _plain(keys: Iterable[IdentityKey]) -> tuple[Key, ...]:
    return tuple((key.kind.value, key.value) for key in keys)


NamesOf = Callable[[Sequence[RecordKey]], Iterable[tuple[RecordKey, str]]]
"""The names of people that these records state, read from what the store holds of them."""


class Register:
    """Who carries which key. `flush` stores what the batch added."""

    def __init__(self, tx: Tx, coming: Sequence[Coming], names_of: NamesOf) -> None:
        self._tx = tx
        self._names_of = names_of
        self._named: dict[str, set[str]] = {}
        self._unnamed: dict[RecordKey, str] = {}
        self._holders: dict[Key, dict[str, int]] = {}
        self._entered: dict[str, set[Key]] = {}
        known = recognition.identities_of_records(tx, [one.key for one in coming])
        self._carried = {key: {(one.kind, one.value) for one in many} for key, many in known.items()}
        self._former = {key: many[0].lead_id for key, many in known.items()}
        self._gone: list[Identity] = []
        self._new: list[Identity] = []
        self._baton = self._baton_leads(tx, coming)
        asked = (key for one in coming for key in (*one.sure, *one.weak))
        for key, many in find_identities(tx, asked).items():
            for identity in many:
                self._hold(key, identity.lead_id)
                if key[0] in _SURE:
                    self._unnamed[identity.key] = identity.lead_id

    @staticmethod
    def _baton_leads(tx: Tx, coming: Sequence[Coming]) -> dict[str, str]:
        ids = {value for one in coming for kind, value in one.sure if kind == KeyKind.BATON_ID}
        return {lead.id: lead.merged_into or lead.id for lead in leads(tx, sorted(ids)).values()}

    def _hold(self, key: Key, lead_id: str) -> None:
        holders = self._holders.setdefault(key, {})
        holders[lead_id] = holders.get(lead_id, 0) + 1

    def holders(self, key: Key) -> list[str]:
        """The leads that carry this key. A Baton id is its lead's name, whoever else carries it."""
        if key[0] == KeyKind.BATON_ID and key[1] in self._baton:
            return [self._baton[key[1]]]
        return sorted(self._holders.get(key, ()))

    def carried(self, record: RecordKey) -> set[Key]:
        """The keys that this record carried when it was last matched."""
        return self._carried.get(record, set())

    def former(self, record: RecordKey) -> str | None:
        """Whose this record was when it was last matched."""
        return self._former.get(record)

    def values(self, lead_id: str, kind: KeyKind) -> set[str]:
        """The addresses or numbers of a lead, those that this batch added too. Asked of few leads, so the store is asked
        one by one."""
        stored = recognition.identities_of_leads(self._tx, [lead_id]).get(lead_id, ())
        entered = {value for of, value in self._entered.get(lead_id, ()) if of == kind}
        return {one.value for one in stored if one.kind == kind} | entered

    def names(self, lead_id: str) -> set[str]:
        """The names under which a lead carries the keys that the batch asks for; read for the whole batch at once."""
        if self._unnamed:
            for record, name in self._names_of(list(self._unnamed)):
                self._named.setdefault(self._unnamed[record], set()).add(name)
            self._unnamed.clear()
        return self._named.get(lead_id, set())

    def knows(self, baton_id: str) -> bool:
        """Whether a lead has, or had, this id."""
        return baton_id in self._baton

    def enter(self, one: Coming, lead_id: str) -> None:
        """The record is this lead: its keys name the lead from now on, also for the rest of the batch."""
        wanted, before = {*one.sure, *one.weak}, self.carried(one.key)
        self._named.setdefault(lead_id, set()).add(one.person.name)
        self._new += [Identity(*key, one.key, lead_id) for key in sorted(wanted - before)]
        self._gone += [Identity(*key, one.key, lead_id) for key in sorted(before - wanted)]
        for key in wanted - before:
            self._hold(key, lead_id)
            self._entered.setdefault(lead_id, set()).add(key)
        for key in before - wanted:
            self._let_go(key, lead_id)

    def _let_go(self, key: Key, lead_id: str) -> None:
        holders = self._holders.get(key, {})
        if holders.get(lead_id, 0) <= 1:
            holders.pop(lead_id, None)
        else:
            holders[lead_id] -= 1

    def flush(self, tx: Tx) -> None:
        """Store the keys that came and went."""
        recognition.change_identities(tx, gone=self._gone, new=self._new)
        self._gone, self._new = [], []


_SURE = frozenset({KeyKind.EMAIL, KeyKind.MOBILE, KeyKind.WECOM})
_PERSONAL = frozenset({KeyKind.MOBILE, KeyKind.WECOM})
"""Keys that people take along to a new employer."""


def recognise(register: Register, one: Coming) -> Verdict:
    """Whose a record is that was never linked. Only one answer is certain: keys of exactly one lead, none of another."""
    by_id = [lead for key in one.sure if key[0] == KeyKind.BATON_ID for lead in register.holders(key)]
    if len(by_id) == 1:
        return Verdict(by_id[0], _others(register, one, by_id[0]))
    former = register.former(one.key)
    if former is not None:
        # Its link was lost, its keys were not: a split or a suggestion that was refused stands.
        return Verdict(former)
    found = _candidates(register, one)
    if len(found.certain) == 1 and not found.moved and not found.doubted:
        return Verdict(found.certain[0])
    reasons = [(lead, "conflicting_keys") for lead in found.certain]
    reasons += [(lead, "shared_key") for lead in found.shared]
    reasons += [(lead, "new_employer") for lead in found.moved]
    alone = not (found.certain or found.moved)
    reasons += [(lead, "other_name" if alone else "conflicting_keys") for lead in found.doubted]
    return Verdict(None, _hunches(reasons) or _weak_hunches(register, one))


def recheck(register: Register, one: Coming, lead_id: str) -> Verdict:
    """Whether a record that is linked already has come to carry a key of another lead. Only where it had no key of that
    kind before does the key speak for itself; a key that replaced another may be a slip, and is only suggested."""
    before = register.carried(one.key)
    fresh = [key for key in one.sure if key not in before and key[0] != KeyKind.BATON_ID]
    kinds = {kind for kind, _ in before}
    others = {lead for key in fresh for lead in register.holders(key)} - {lead_id}
    if len(others) != 1:
        return Verdict(lead_id, _hunches((lead, "shared_key") for lead in sorted(others)))
    other = others.pop()
    telling = {key[0] for key in fresh if other in register.holders(key)}
    elsewhere = register.values(lead_id, KeyKind.EMAIL) - {
        value for kind, value in one.sure if kind == KeyKind.EMAIL
    }
    changed = telling & kinds or (KeyKind.EMAIL in telling and elsewhere)
    if changed or _moved(register, one, other):
        return Verdict(lead_id, _hunches([(other, "key_changed")]))
    if _doubted(register, one, other, telling):
        return Verdict(lead_id, _hunches([(other, "other_name")]))
    return Verdict(lead_id, same_as=other)


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Leads by keys that are theirs alone, by keys that several share, those whose people seem to have left, and those
    whose people seem to be others."""

    certain: list[str]
    shared: list[str]
    moved: list[str]
    doubted: list[str]


def _candidates(register: Register, one: Coming) -> _Candidates:
    alone: dict[str, set[str]] = {}
    shared: set[str] = set()
    for key in one.sure:
        holders = register.holders(key)
        if len(holders) == 1:
            alone.setdefault(holders[0], set()).add(key[0])
        else:
            shared.update(holders)
    moved = {lead for lead, kinds in alone.items() if kinds <= _PERSONAL and _moved(register, one, lead)}
    doubted = {lead for lead, kinds in alone.items() if _doubted(register, one, lead, kinds)} - moved
    certain = alone.keys() - moved - doubted
    return _Candidates(sorted(certain), sorted(shared - alone.keys()), sorted(moved), sorted(doubted))


def _doubted(register: Register, one: Coming, lead_id: str, kinds: set[str]) -> bool:
    """Whether one key is too little, for the names are two people's: a mobile number may be a couple's or an assistant's,
    and an address of others where the number is another too."""
    if len(kinds) > 1 or not kinds <= {KeyKind.EMAIL, KeyKind.MOBILE}:
        return False
    if _one_name(one.person.name, register.names(lead_id)):
        return False
    if KeyKind.MOBILE in kinds:
        return True
    mine = {value for kind, value in one.sure if kind == KeyKind.MOBILE}
    return bool(mine) and bool(theirs := register.values(lead_id, KeyKind.MOBILE)) and not mine & theirs


def _one_name(name: str, others: Iterable[str]) -> bool:
    known = [other for other in others if other]
    return not known or any(may_be_one(name, other) for other in known)


def _moved(register: Register, one: Coming, lead_id: str) -> bool:
    """A new employer is a new lead: the mail domains of two companies do not meet."""
    mine = {domain for kind, value in one.sure if kind == KeyKind.EMAIL and (domain := company_domain(value))}
    theirs = {
        domain for email in register.values(lead_id, KeyKind.EMAIL) if (domain := company_domain(email))
    }
    return bool(mine and theirs) and not mine & theirs


def changed_employer(register: Register, one: Coming) -> bool:
    """Whether a linked record's own address went from one company's domain to another's: a new employer is a new lead, but
    a firm may have renamed itself, so a person is asked."""
    before = {value for kind, value in register.carried(one.key) if kind == KeyKind.EMAIL}
    now = {value for kind, value in one.sure if kind == KeyKind.EMAIL}
    old, new = ({domain for email in emails if (domain := company_domain(email))} for emails in (before, now))
    return bool(old and new) and not old & new


def _others(register: Register, one: Coming, lead_id: str) -> tuple[Hunch, ...]:
    keys = (key for key in one.sure if key[0] != KeyKind.BATON_ID)
    found = {lead for key in keys for lead in register.holders(key)} - {lead_id}
    return _hunches((lead, "conflicting_keys") for lead in sorted(found))


def _weak_hunches(register: Register, one: Coming) -> tuple[Hunch, ...]:
    found = []
    for key in one.weak:
        holders = register.holders(key)
        if len(holders) < CROWD:
            found += [(lead, key[0]) for lead in holders]
    return _hunches(found)


def _hunches(reasons: Iterable[tuple[str, str]]) -> tuple[Hunch, ...]:
    """One per lead, the first reason for it."""
    firsts: dict[str, str] = {}
    for lead_id, reason in reasons:
        firsts.setdefault(lead_id, reason)
    return tuple(Hunch(lead_id, reason) for lead_id, reason in firsts.items())
