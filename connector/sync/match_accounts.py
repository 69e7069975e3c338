"""Companies: which account a company's record is, and at which account a lead works.

A registered id or domain comes first, the exact normalised name second; likeness is never enough. A lead whose company has
no record anywhere still works somewhere: its account is begun from its corporate mail domain or company name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.ports import RecordState
from connector.store import accounts, dirty, links, recognition
from connector.store.engine import Tx
from connector.store.mirror import MirrorRow
from connector.sync.engine import Engine
from connector.sync.readable import read_rows
from connector.sync.reading import objects_of
from mappings.addresses import company_domain, email_key
from mappings.companies import normalise_company
from mappings.fields import read_account
from mappings.records import Account, ObjectRole, Person, RecordKey, SystemRole

Key = tuple[str, str]

REGISTERED, DOMAIN, PARTNER_DOMAIN, NAME = "registered_id", "domain", "partner_domain", "name"
"""Kinds of account keys. A partner's domain is remembered so that it is not taken for an end customer's."""

PARTNER = "partner"

NO_NAMES = frozenset(
    "无 个人 暂无 没有 未知 测试 自由职业 学生 公司 n/a na none null nil test unknown private personal self student "
    "selfemployed freelance freelancer company individual".split()
)
"""What people write where they have no company: it must not make colleagues of them."""


def account_keys(account: Account) -> tuple[Key, ...]:
    """The keys by which a company is known, the surest first."""
    domain = company_domain(f"@{account.domain}") if account.domain else ""
    kind = PARTNER_DOMAIN if account.kind == PARTNER else DOMAIN
    found = [
        (REGISTERED, account.registered_id.strip().upper()),
        (kind, domain),
        (NAME, name_key(account.name)),
    ]
    return tuple(key for key in found if key[1])


def name_key(name: str) -> str:
    """The normalised name, or "" where it names nobody in particular."""
    found = normalise_company(name) if name else ""
    return "" if len(found) < 2 or found.replace(" ", "") in NO_NAMES else found


def match_rows(engine: Engine, tx: Tx, connection: str, rows: Sequence[MirrorRow], *, now: datetime) -> int:
    """Match one batch of a company object. Gives how many rows were parked because they cannot be read."""
    side = engine.side(connection)
    living = [row for row in rows if row.state is RecordState.ACTIVE]
    read, broken = read_rows(
        tx, living, lambda row: read_account(engine.mapping, side, row.key, row.fields), now=now
    )
    keys = {row.key: account_keys(account) for row, account in read}
    linked = accounts.accounts_of(tx, [row.key for row in rows])
    named = accounts.accounts_by_key(tx, [one for many in keys.values() for one in many])
    matching = _Matching(engine, tx, now, linked, named)
    for key, mine in keys.items():
        matching.match(key, mine)
    matching.flush()
    concerned = {*matching.touched, *_close(tx, rows, linked, now)}
    dirty.mark_accounts(tx, sorted(concerned), reason="account", at=now)
    return broken


@dataclass(slots=True)
class _Matching:
    """A batch under way. `linked` and `named` grow with it."""

    engine: Engine
    tx: Tx
    now: datetime
    linked: dict[RecordKey, str]
    named: dict[Key, str]
    touched: set[str] = field(default_factory=set)
    _links: dict[RecordKey, str] = field(default_factory=dict)
    _begun: list[str] = field(default_factory=list)
    _names: dict[Key, str] = field(default_factory=dict)
    _merges: list[tuple[str, str]] = field(default_factory=list)

    def match(self, record: RecordKey, keys: tuple[Key, ...]) -> None:
        """Find or begin the account of one record."""
        known = next((self.named[key] for key in keys if key in self.named), None)
        mine = self.linked.get(record)
        account = known or mine or self._begin()
        if mine is not None and mine != account:
            self._merges.append((account, mine))
            self._follow(mine, account)
        self.linked[record] = self._links[record] = account
        for key in keys:
            if self.named.setdefault(key, account) == account:
                self._names[key] = account
        self.touched.add(account)

    def _begin(self) -> str:
        account = self.engine.new_id()
        self._begun.append(account)
        return account

    def _follow(self, loser: str, survivor: str) -> None:
        for known in (self.linked, self.named, self._links, self._names):
            for key in [key for key, account in known.items() if account == loser]:
                known[key] = survivor  # type: ignore[index]

    def flush(self) -> None:
        """Store what was found."""
        recognition.begin_accounts(self.tx, self._begun, at=self.now)
        for survivor, loser in self._merges:
            accounts.merge_accounts(self.tx, survivor, loser=loser)
        recognition.link_account_records(self.tx, self._links, at=self.now)
        recognition.name_accounts(self.tx, self._names)


def _close(
    tx: Tx, rows: Sequence[MirrorRow], linked: Mapping[RecordKey, str], now: datetime
) -> Iterator[str]:
    """Records that are gone, or were merged into another: their companies are one then."""
    for row in rows:
        account = linked.get(row.key)
        if row.state is RecordState.ACTIVE or account is None:
            continue
        merged = row.state is RecordState.MERGED
        accounts.set_account_link_state(tx, row.key, state="merged" if merged else "gone", at=now)
        survivor = RecordKey(row.key.connection, row.key.object, row.merged_into)
        other = accounts.accounts_of(tx, [survivor]).get(survivor) if merged else None
        mine = accounts.accounts_of(tx, [row.key])[row.key]
        if other is not None and other != mine:
            accounts.merge_accounts(tx, other, loser=mine)
        elif merged and other is None:
            accounts.link_account(tx, survivor, account_id=mine, at=now)
        yield other or mine


@dataclass(frozen=True, slots=True)
class Placed:
    """A lead's person as one record states it."""

    lead_id: str
    person: Person


def place_leads(engine: Engine, tx: Tx, connection: str, people: Sequence[Placed], *, now: datetime) -> None:
    """Put leads at their accounts: by the company record that their own refers to, else by mail domain, else by name.

    What sales refers to stands; marketing's reference gives way to it. Domain and name only fill what is open.
    """
    at = {lead.id: lead.account_id for lead in links.leads(tx, [one.lead_id for one in people]).values()}
    placing = _Placing(engine, tx, connection, now)
    referred = [one for one in people if one.person.account_id and placing.object]
    by_reference = placing.references([one.person.account_id for one in referred])
    found = {one.lead_id: by_reference[one.person.account_id] for one in referred}
    if engine.role(connection) is SystemRole.MARKETING:
        held = placing.held_by_sales([account for lead, account in at.items() if account and lead in found])
        found = {lead: account for lead, account in found.items() if at[lead] not in held}
    open_ = [one for one in people if at[one.lead_id] is None and one.lead_id not in found]
    found.update(placing.inferred(open_))
    recognition.set_accounts(tx, {lead: account for lead, account in found.items() if at[lead] != account})


@dataclass(slots=True)
class _Placing:
    engine: Engine
    tx: Tx
    connection: str
    now: datetime

    @property
    def object(self) -> str:
        """The company object that people of this connection refer to, or ""."""
        return next(iter(objects_of(self.engine, self.connection, ObjectRole.ACCOUNT)), "")

    def references(self, ids: Sequence[str]) -> dict[str, str]:
        """Accounts by remote id. One whose record was not read yet is begun: its keys join it when the record comes."""
        keys = {id_: RecordKey(self.connection, self.object, id_) for id_ in dict.fromkeys(ids)}
        known = accounts.accounts_of(self.tx, list(keys.values()))
        new = {key: self.engine.new_id() for key in keys.values() if key not in known}
        recognition.begin_accounts(self.tx, new.values(), at=self.now)
        recognition.link_account_records(self.tx, new, at=self.now)
        return {id_: known.get(key) or new[key] for id_, key in keys.items()}

    def held_by_sales(self, account_ids: Sequence[str]) -> set[str]:
        """Those of the accounts that stand for a record of the CRM."""
        crm = self.engine.crm.connection
        records = accounts.account_records(self.tx, account_ids)
        return {account for account, keys in records.items() if any(key.connection == crm for key in keys)}

    def inferred(self, people: Sequence[Placed]) -> dict[str, str]:
        """Accounts by mail domain or company name, begun where there is none."""
        keys = {one.lead_id: _person_keys(one.person) for one in people}
        partners = [
            (PARTNER_DOMAIN, value) for many in keys.values() for kind, value in many if kind == DOMAIN
        ]
        asked = [*partners, *(key for many in keys.values() for key in many)]
        named = accounts.accounts_by_key(self.tx, asked)
        found: dict[str, str] = {}
        begun: list[str] = []
        names: dict[Key, str] = {}
        for lead_id, many in keys.items():
            mine = [key for key in many if key[0] != DOMAIN or (PARTNER_DOMAIN, key[1]) not in named]
            if not mine:
                continue
            account = next((named[key] for key in mine if key in named), None)
            if account is None:
                account = self.engine.new_id()
                begun.append(account)
            found[lead_id] = account
            names.update({key: account for key in mine if named.setdefault(key, account) == account})
        recognition.begin_accounts(self.tx, begun, at=self.now)
        recognition.name_accounts(self.tx, names)
        return found


def _person_keys(person: Person) -> tuple[Key, ...]:
    """What a person's own record tells of the company. A desk's address still names the firm."""
    address = email_key(person.email) if person.email else ""
    found = [(DOMAIN, company_domain(address)), (NAME, name_key(person.company))]
    return tuple(key for key in found if key[1])
