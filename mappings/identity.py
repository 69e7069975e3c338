"""By what a person is recognised for certain, and by what only suggested to somebody who can judge.

Whether a key belongs to one person alone is asked of the store; here it is only said which keys can be asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mappings.addresses import Phone, email_key, is_role_mailbox, read_phones
from mappings.companies import normalise_company
from mappings.people import tidy
from mappings.records import Person


class KeyKind(StrEnum):
    """The first four identify, the others suggest."""

    BATON_ID = "baton_id"
    EMAIL = "email"
    MOBILE = "mobile"
    WECOM = "wecom"
    ROLE_MAILBOX = "role_mailbox"
    LANDLINE = "landline"
    COMPANY_AND_NAME = "company_and_name"


@dataclass(frozen=True, slots=True, order=True)
class IdentityKey:
    """One key; `value` is folded, so that equal keys are equal texts."""

    kind: KeyKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def _phones(person: Person, region: str) -> Iterator[tuple[Phone, bool]]:
    """Every number, with whether it may identify. Where a numbering plan cannot tell a mobile (None), the field it was
    written into does."""
    for phone in read_phones(person.mobile, region):
        yield phone, phone.mobile is not False
    for phone in read_phones(person.phone, region):
        yield phone, phone.mobile is True


def identity_keys(person: Person, region: str = "CN") -> tuple[IdentityKey, ...]:
    """Keys of which one suffices to say that two records are one person: Baton's id, a personal mailbox, a mobile
    number, a WeCom id. An address that is none, a landline, a 400 number and a role mailbox give no key."""
    keys = []
    if person.baton_id.strip():
        keys.append(IdentityKey(KeyKind.BATON_ID, person.baton_id.strip()))
    address = email_key(person.email) if person.email else ""
    if address and not is_role_mailbox(address):
        keys.append(IdentityKey(KeyKind.EMAIL, address))
    keys += [IdentityKey(KeyKind.MOBILE, phone.e164) for phone, sure in _phones(person, region) if sure]
    if person.wecom_id.strip():
        keys.append(IdentityKey(KeyKind.WECOM, person.wecom_id.strip()))
    return tuple(dict.fromkeys(keys))


def suggestion_keys(person: Person, region: str = "CN") -> tuple[IdentityKey, ...]:
    """Keys that make two records worth a look: the same name at the same company (two 王伟 in one firm are two
    people), a shared landline, a role mailbox."""
    keys = []
    address = email_key(person.email) if person.email else ""
    if address and is_role_mailbox(address):
        keys.append(IdentityKey(KeyKind.ROLE_MAILBOX, address))
    keys += [IdentityKey(KeyKind.LANDLINE, phone.e164) for phone, sure in _phones(person, region) if not sure]
    company, name = normalise_company(person.company), tidy(person.name).casefold()
    if company and name:
        keys.append(IdentityKey(KeyKind.COMPANY_AND_NAME, f"{company}|{name.replace(' ', '')}"))
    return tuple(dict.fromkeys(keys))
