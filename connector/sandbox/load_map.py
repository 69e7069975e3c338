"""What a column map says: which records one row of a table becomes, and where each of their fields comes from. Pure.

It knows no system: times come out as aware datetimes, references as names of other records of the same row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from string import Formatter
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Cells = Mapping[str, str]
"""One row: column → text."""

_YES, _NO = frozenset({"true", "yes", "y", "1", "是"}), frozenset({"false", "no", "n", "0", "否"})


class BadRowError(ValueError):
    """This row cannot become records; the message says which field and why."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The id of another record of the same row, known once that record is made."""

    name: str


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Origin(_Shape):
    """Where a value comes from: exactly one of `column`, `template`, `constant`, `record`. `map` translates the text
    (what it does not list stays), `otherwise` stands in for an empty one. A date takes `time` of day and the map's zone."""

    column: str | None = None
    template: str | None = None
    constant: str | int | float | bool | None = None
    record: str | None = None
    type: Literal["text", "number", "date", "datetime", "bool"] = "text"
    time: str | None = Field(default=None, pattern=r"^\d\d:\d\d(:\d\d)?$")
    map: dict[str, str] = Field(default_factory=dict)
    otherwise: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [n for n in ("column", "template", "constant", "record") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError(
                f"give one of column, template, constant, record (given: {', '.join(given) or 'none'})"
            )
        return self

    def columns(self) -> frozenset[str]:
        """Columns of the table that it reads."""
        if self.template is not None:
            return frozenset(name for _, name, _, _ in Formatter().parse(self.template) if name)
        return frozenset({self.column} if self.column is not None else ())

    def text(self, cells: Cells) -> str:
        """The text before any type; "" when a column that it needs is empty."""
        if self.constant is not None:
            return str(self.constant)
        used = {name: cells[name].strip() for name in self.columns()}
        empty = not all(used.values())
        found = (
            "" if empty else (self.template.format_map(used) if self.template else next(iter(used.values())))
        )
        found = self.map.get(found, found)
        return found or (self.otherwise or "")

    def value(self, cells: Cells, zone: ZoneInfo) -> Any:
        """The typed value, None for an empty one. Raises BadRowError."""
        if self.record is not None:
            return Reference(self.record)
        if isinstance(self.constant, bool | int | float):
            return self.constant
        text = self.text(cells)
        if text == "":
            return None
        try:
            return self._typed(text, zone)
        except (ValueError, InvalidOperation) as wrong:
            raise BadRowError(f"{text!r} is no {self.type}") from wrong

    def _typed(self, text: str, zone: ZoneInfo) -> Any:
        if self.type == "number":
            number = Decimal(text.replace(",", ""))
            if not number.is_finite():
                raise ValueError(text)
            return int(number) if number == number.to_integral_value() else float(number)
        if self.type == "bool":
            return _boolean(text)
        if self.type == "date":
            return datetime.fromisoformat(text).date().isoformat()
        return self.moment(text, zone) if self.type == "datetime" else text

    def moment(self, text: str, zone: ZoneInfo) -> datetime:
        """An aware time. A date alone takes the stated time of day, else midnight; a time without a zone the map's."""
        at = datetime.fromisoformat(text)
        if self.time is not None and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            at = datetime.combine(at.date(), time.fromisoformat(self.time))
        return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _boolean(text: str) -> bool:
    folded = text.casefold()
    if folded not in _YES | _NO:
        raise ValueError(text)
    return folded in _YES


def _origin(given: object) -> object:
    """A plain text names a column, or is a template when it has braces."""
    if isinstance(given, str):
        return {"template": given} if "{" in given else {"column": given}
    return given


AnyOrigin = Annotated[Origin, BeforeValidator(_origin)]


class RecordMap(_Shape):
    """One record per row. `as` names it for references of the others. `at` is when it was made. `when` is a column: where it
    is empty, the record is left out. `reuse` is a field: a record that has the value already is taken instead.
    `associate` names other records of the row (HubSpot). The object `submissions` is a form's submission: `form`, `page_url`
    and `email` are its fields, the others are what was filled in."""

    object: str = ""
    name: str = Field(default="", alias="as")
    at: AnyOrigin | None = None
    when: str | None = None
    reuse: str | None = None
    associate: tuple[str, ...] = ()
    fields: dict[str, AnyOrigin]


class ColumnMap(_Shape):
    """A column map: either `fields` (and `at`) of the one record that each row becomes, or `records`."""

    zone: str = "UTC"
    fields: dict[str, AnyOrigin] = Field(default_factory=dict)
    at: AnyOrigin | None = None
    reuse: str | None = None
    records: tuple[RecordMap, ...] = ()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as wrong:
            raise ValueError(f"{value!r} is not a time zone such as America/Sao_Paulo") from wrong
        return value

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if bool(self.fields) == bool(self.records):
            raise ValueError("give either fields or records")
        names: set[str] = set()
        for nth, record in enumerate(self.records):
            wanted = {o.record for o in record.fields.values() if o.record} | set(record.associate)
            if lacking := sorted(wanted - names):
                raise ValueError(
                    f"records[{nth}] refers to {', '.join(lacking)}, which no earlier record is named"
                )
            names.add(record.name)
        return self

    def all_records(self, object_name: str) -> tuple[RecordMap, ...]:
        """The records of a row; `object_name` is that of those which name none."""
        given = self.records or (RecordMap(fields=self.fields, at=self.at, reuse=self.reuse),)
        return tuple(one if one.object else one.model_copy(update={"object": object_name}) for one in given)

    def columns(self) -> frozenset[str]:
        """Every column of the table that the map reads."""
        found: set[str] = set()
        for record in self.all_records("-"):
            origins = [*record.fields.values(), *([record.at] if record.at else [])]
            found |= {name for origin in origins for name in origin.columns()}
            found |= {record.when} if record.when else set()
        return frozenset(found)


@dataclass(slots=True)
class Wanted:
    """One record that a row asks for: references not yet resolved, empty fields left out."""

    map: RecordMap
    values: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def wanted(records: tuple[RecordMap, ...], cells: Cells, zone: ZoneInfo) -> Iterator[Wanted]:
    """The records of one row in order. Raises BadRowError naming the field."""
    for record in records:
        if record.when is not None and not cells[record.when].strip():
            continue
        made = Wanted(record)
        for name, origin in record.fields.items():
            try:
                value = origin.value(cells, zone)
            except BadRowError as wrong:
                raise BadRowError(f"{record.object}.{name}: {wrong}") from wrong
            if value is not None:
                made.values[name] = value
        made.at = _made_at(record, cells, zone)
        yield made


def _made_at(record: RecordMap, cells: Cells, zone: ZoneInfo) -> datetime | None:
    if record.at is None:
        return None
    text = record.at.text(cells)
    try:
        return record.at.moment(text, zone) if text else None
    except ValueError as wrong:
        raise BadRowError(f"{record.object}: {text!r} is no date or time") from wrong
