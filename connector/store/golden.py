"""One person, one account out of what several records say: the first that says something wins, in the order given.

Plain values in and out; no SQL and no mapping here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from mappings.records import Account, Person

Spoken = TypeVar("Spoken", Person, Account)


def _filled(spoken: Sequence[Spoken]) -> Spoken:
    first, *others = spoken
    blanks: dict[str, Any] = {}
    for one in fields(first):
        if one.name == "properties":
            blanks["properties"] = _properties(spoken)
        elif getattr(first, one.name) in (None, ""):
            said = (getattr(other, one.name) for other in others)
            blanks[one.name] = next(
                (value for value in said if value not in (None, "")), getattr(first, one.name)
            )
    return replace(first, **blanks)


def _properties(spoken: Sequence[Person] | Sequence[Account]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for one in spoken:
        for name, value in one.properties.items():
            if merged.get(name) in (None, ""):
                merged[name] = value
    return merged


def golden_person(spoken: Sequence[Person]) -> Person:
    """The first record's facts, blanks filled from the next. Consent refused anywhere is refused. The first known
    creation and the last modification count. Raises ValueError for no record at all."""
    if not spoken:
        raise ValueError("nobody says anything of this person")
    created = [one.created_at for one in spoken if one.created_at is not None]
    modified = [one.modified_at for one in spoken if one.modified_at is not None]
    person = _filled(spoken)
    return replace(
        person,
        consent=False if any(one.consent is False for one in spoken) else person.consent,
        return_to_me=any(one.return_to_me for one in spoken),
        created_at=min(created, default=None),
        modified_at=max(modified, default=None),
    )


def golden_account(spoken: Sequence[Account]) -> Account | None:
    """The first record's facts, blanks filled from the next; None when no record says anything."""
    if not spoken:
        return None
    modified = [one.modified_at for one in spoken if one.modified_at is not None]
    return replace(_filled(spoken), modified_at=max(modified, default=None))
