"""The mapping document: what every fact is called in each system of one pair, what flows where, and which values mean
what. A document that can be built is consistent in itself; whether the systems agree with it is asked in `check`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mappings.records import ObjectRole, Scalar, SystemRole
from mappings.transforms import TRANSFORMS, Transform
from mappings.values import Dialect, FieldType


def is_delivered(name: str) -> bool:
    """Whether a name with a dot stands for what an adapter puts beside a record's own fields, such as
    `associations.contacts` (ids joined by `;`) in HubSpot or `OpportunityContactRole.ContactId` in Salesforce."""
    return "." in name


class Model(BaseModel):
    """A part of the document: unknown words are refused, nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise ValueError(f"there is no time zone {name!r}; write one like Asia/Shanghai") from exc
    return name


class Connection(Model):
    """How one system of the pair states values. `zone` is that of its dates, `region` reads phone numbers without a
    country code, `group` takes Baton's own fields where a vendor groups them. `record_currency` is the field in which a
    record states its own currency, where a system has several; without it, or where it is blank, `currency` holds."""

    vendor: str
    role: SystemRole
    zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    currency: str = Field("CNY", pattern=r"^[A-Z]{3}$")
    region: str = Field("CN", pattern=r"^[A-Z]{2}$")
    group: str = ""
    record_currency: str = ""

    @cached_property
    def dialect(self) -> Dialect:
        """The same for those who read and write values."""
        return Dialect(self.vendor, ZoneInfo(self.zone), self.currency, self.region)


def _short(value: object) -> object:
    """`email` and `[firstname, lastname]` are short for a line that only names its fields."""
    if isinstance(value, str):
        return {"from": (value,)}
    if isinstance(value, list | tuple):
        return {"from": tuple(value)}
    if isinstance(value, dict) and isinstance(value.get("from"), str):
        return {**value, "from": (value["from"],)}
    return value


class FactLine(Model):
    """Where one of our facts is found. `length` is what the field takes, `optional` that a system may lack it,
    `choices` names the value map it passes through; with `constant` the fact is the same for every record."""

    sources: tuple[str, ...] = Field((), alias="from")
    transform: str = Field("text", alias="as")
    choices: str = ""
    length: int | None = Field(None, gt=1)
    optional: bool = False
    constant: str = ""

    @model_validator(mode="after")
    def _fits(self) -> FactLine:
        found = TRANSFORMS.get(self.transform)
        if found is None:
            raise ValueError(f"there is no transform {self.transform!r}; known: {', '.join(TRANSFORMS)}")
        if bool(self.sources) == bool(self.constant):
            raise ValueError("a line names its fields under `from`, or a `constant`, and not both")
        if self.sources and len(self.sources) not in found.sources:
            raise ValueError(f"{self.transform} takes {found.sources[-1]} field(s), not {len(self.sources)}")
        return self

    @property
    def how(self) -> Transform:
        """The transform itself."""
        return TRANSFORMS[self.transform]

    @property
    def writable(self) -> bool:
        """Whether a value of ours can be turned back into these fields."""
        plain_join = self.transform == "text" and len(self.sources) > 1
        outside = any(is_delivered(source) for source in self.sources)
        return self.how.write is not None and bool(self.sources) and not plain_join and not outside


Line = Annotated[FactLine, BeforeValidator(_short)]


class ObjectFacts(Model):
    """One remote object. `account` are facts of the company that a lead record states itself; `properties` are facts
    beyond our records, under names of the admin's choice."""

    role: ObjectRole
    fields: Mapping[str, Line]
    account: Mapping[str, Line] = {}
    properties: Mapping[str, Line] = {}

    def line(self, word: str) -> FactLine | None:
        """The line of `email`, `account.revenue` or a property, if this object states it."""
        if word.startswith("account."):
            return self.account.get(word.removeprefix("account."))
        return self.fields.get(word) or self.properties.get(word)

    def lines(self) -> Iterator[tuple[str, FactLine]]:
        """Every line with our word for it."""
        yield from self.fields.items()
        yield from ((f"account.{word}", line) for word, line in self.account.items())
        yield from self.properties.items()


class Toward(StrEnum):
    """Which way a field flows."""

    TO_CRM = "to_crm"
    TO_MARKETING = "to_marketing"
    BOTH = "both"


class Rule(StrEnum):
    """Who is right when both sides changed. Source is where the field flows from; of a field that flows both ways,
    marketing."""

    SOURCE_WINS = "source_wins"
    TARGET_WINS = "target_wins"
    TARGET_UNLESS_BLANK = "target_unless_blank"
    MOST_RECENT = "most_recent"
    DO_NOT_SYNC = "do_not_sync"


class SyncLine(Model):
    """One field kept in step, by our word for it. `fallback` decides for `most_recent` when a side gives no time or
    both give the same."""

    field: str
    direction: Toward
    rule: Rule
    fallback: Literal[Rule.SOURCE_WINS, Rule.TARGET_WINS, Rule.TARGET_UNLESS_BLANK] = Rule.TARGET_WINS


class Creation(Model):
    """What a new record is given: our words in `fields`, what stands in for a blank one in `otherwise`, and remote
    fields with one value for all in `constants`."""

    fields: tuple[str, ...]
    otherwise: Mapping[str, str] = {}
    constants: Mapping[str, Scalar] = {}


class Author(StrEnum):
    """Who writes one of Baton's own fields."""

    BATON = "baton"
    PEOPLE = "people"


class OwnField(Model):
    """One of Baton's own fields, to be made in each system. Labels and descriptions by language (`en`, `zh_CN`)."""

    label: Mapping[str, str]
    description: Mapping[str, str]
    type: FieldType
    names: Mapping[str, str]
    length: int | None = Field(None, gt=1)
    written_by: Author = Author.BATON
    unique: bool = False
    choices: str = ""
    on: Mapping[str, tuple[str, ...]] = {}


class ChoiceMap(Model):
    """What a picklist's values mean. `values` by system: theirs → ours; `written`: ours → theirs, where several of ours
    are one of theirs; `labels` by language: ours → what people see (read as well as made); `ours` closes the list of
    our words; `unknown` is the policy for a value not in the map."""

    unknown: str = Field("flag", pattern=r"^(keep|flag|refuse|default:.*)$")
    values: Mapping[str, Mapping[str, str]] = {}
    written: Mapping[str, Mapping[str, str]] = {}
    labels: Mapping[str, Mapping[str, str]] = {}
    ours: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _closed(self) -> ChoiceMap:
        given = {word for values in self.values.values() for word in values.values()}
        given |= {
            word for words in (self.labels, self.written) for labels in words.values() for word in labels
        }
        strange = sorted(given - set(self.ours)) if self.ours else []
        if strange:
            raise ValueError(f"not among `ours`: {', '.join(strange)}")
        return self


class MappingDocument(Model):
    """The whole of it for one pair of systems. Systems are named as the document likes; both may be one vendor's."""

    version: Literal[1] = 1
    systems: Mapping[str, Connection]
    facts: Mapping[str, Mapping[str, ObjectFacts]]
    sync: tuple[SyncLine, ...] = ()
    creation: Mapping[str, Mapping[str, Creation]] = {}
    own_fields: Mapping[str, OwnField] = {}
    own_objects: Mapping[str, tuple[str, ...]] = {}
    choices: Mapping[str, ChoiceMap] = {}

    @model_validator(mode="after")
    def _consistent(self) -> MappingDocument:
        from mappings.consistency import faults  # it reads the finished document

        found = tuple(faults(self))
        if found:
            raise ValueError("; ".join(found))
        return self

    def object(self, system: str, object: str) -> ObjectFacts:
        """The facts of one object. Raises KeyError, naming it, when the document does not map it."""
        found = self.facts.get(system, {}).get(object)
        if found is None:
            raise KeyError(f"the mapping says nothing of {system} {object}")
        return found

    def objects(self, system: str, role: ObjectRole) -> tuple[str, ...]:
        """The remote objects that play this role, in the document's order."""
        return tuple(name for name, facts in self.facts.get(system, {}).items() if facts.role is role)

    def system_of(self, role: SystemRole) -> str:
        """The system that plays marketing or CRM. The document has exactly one of each."""
        return next(name for name, connection in self.systems.items() if connection.role is role)

    def own_on(self, name: str, system: str) -> tuple[str, ...]:
        """On which objects of a system an own field lives."""
        return self.own_fields[name].on.get(system, self.own_objects.get(system, ()))
