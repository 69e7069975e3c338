"""The pieces a write is made of: which type it is about, the checked draft, the fresh record, the default author."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.sandbox.hubspot.catalog import BY_NAME, ObjectType
from connector.sandbox.hubspot.errors import invalid
from connector.sandbox.hubspot.records import Moment, Record, Source

PERSON = Source()
"""Somebody in HubSpot's own pages, when it does not matter who."""


@dataclass(slots=True)
class Draft:
    """A checked write that only waits to be committed; `record` is None for a creation."""

    kind: ObjectType
    record: Record | None
    changes: dict[str, str]
    links: list[tuple[str, int, int | None]] = field(default_factory=list)
    key: str = ""

    @property
    def new(self) -> bool:
        """Whether committing it makes a record."""
        return self.record is None


def kind_of(name: str) -> ObjectType:
    """The object type by plural, singular or type id; PortalError 400 for anything else."""
    found = BY_NAME.get(name)
    if found is None:
        raise invalid(f"Unable to infer object type from: {name}")
    return found


def make_record(
    kind: ObjectType, key: int, values: dict[str, str], *, moment: Moment, source: Source
) -> Record:
    """A record with its id and stamps among its properties."""
    values["hs_object_id"] = str(key)
    values[kind.created] = moment.iso
    values[kind.modified] = moment.iso
    return Record(str(key), key, values, moment.iso, moment.iso, moment.ms, source)
