"""Persons written into a file, one JSON document per line, as Baton's own records: what is tried without any system.

The names are those of `mappings.records`. Every mistake of a line is told at once; nothing is guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from connector.domain.facts import Message
from mappings.currencies import from_major
from mappings.numbers import parse_amount, parse_headcount
from mappings.people import join_name
from mappings.problems import UnreadableError
from mappings.records import Account, Activity, Direction, Kind, Person, Precision, RecordKey

FILE = "file"
"""The connection that records of a file seem to come from."""

CURRENCY = "CNY"
"""What an amount without a currency is in."""

TOP = ("id", "person", "account", "activities", "as_of")
_CODE = re.compile("[A-Za-z]{3}")
_NTH = re.compile(r"\[\d+\]")
_ALSO = {"id", "at", "currency"}
"""Names beside those of the records: an id of the writer's own, an activity's time, the currency of a plain revenue."""


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the file. `unread` are names in it that nothing reads."""

    id: str
    person: Person
    account: Account | None
    activities: tuple[Activity, ...]
    as_of: datetime
    unread: tuple[str, ...] = ()


class LineError(ValueError):
    """A line that tells no person. `messages` name everything that is wrong with it."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages = tuple(messages)
        super().__init__(", ".join(message.id for message in self.messages))


def read_person(line: bytes, *, number: int, now: datetime, zone: ZoneInfo) -> Told:
    """The person of one line. What has no time happened at `as_of`, which is `now` where the line does not say; days and
    times without an offset are those of `zone`. Raises LineError."""
    reading = _Reading(zone)
    document = _document(line)
    reading.unknown("", document, TOP)
    as_of = reading.moment("as_of", document.get("as_of")) or now
    told = Told(
        id=reading.text("id", document.get("id")) or str(number),
        person=reading.person(document.get("person"), number),
        account=reading.account(document.get("account"), number),
        activities=reading.activities(document.get("activities"), as_of),
        as_of=as_of,
        unread=tuple(reading.unread),
    )
    if not any(document.get(name) for name in ("person", "account", "activities")):
        reading.wrong("empty", "person")
    if reading.troubles:
        raise LineError(reading.troubles)
    return told


def _document(line: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(line.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise LineError([Message("try.encoding")]) from None
    except (ValueError, RecursionError) as exc:
        place = getattr(exc, "colno", 1)
        raise LineError([Message("try.no_json", {"column": place})]) from None
    if not isinstance(read, dict):
        raise LineError([Message("try.no_object")])
    return read


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


@dataclass(slots=True)
class _Reading:
    """One document under way."""

    zone: ZoneInfo
    troubles: list[Message] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def wrong(self, what: str, path: str, **said: str) -> Any:
        """Note a mistake; nothing is read in its place."""
        self.troubles.append(Message(f"try.{what}", {"path": path, **said}))
        return None

    def unknown(self, path: str, document: Mapping[str, Any], known: Iterable[str]) -> None:
        names = set(known)
        self.unread += [f"{_NTH.sub('[]', path)}{name}" for name in document if name not in names]

    def person(self, document: Any, number: int) -> Person:
        stated = self.record(Person, "person", document)
        person = Person(RecordKey(FILE, "person", str(number)), **stated)
        if person.name or not (person.first_name or person.last_name):
            return person
        return Person(person.key, **stated | {"name": join_name(person.first_name, person.last_name)})

    def account(self, document: Any, number: int) -> Account | None:
        if document is None:
            return None
        return Account(RecordKey(FILE, "account", str(number)), **self.record(Account, "account", document))

    def activities(self, documents: Any, as_of: datetime) -> tuple[Activity, ...]:
        if documents is None:
            return ()
        if not isinstance(documents, list):
            self.wrong("no_list", "activities")
            return ()
        found = (self.activity(f"activities[{nth}]", one, nth, as_of) for nth, one in enumerate(documents))
        return tuple(sorted((one for one in found if one), key=lambda one: (one.occurred_at, one.key)))

    def activity(self, path: str, document: Any, nth: int, as_of: datetime) -> Activity | None:
        stated = self.record(Activity, path, document)
        if isinstance(document, dict) and document.get("kind") is None:
            self.wrong("no_kind", path, known=", ".join(Kind))
        at = stated.pop("occurred_at", None) or as_of
        if "kind" not in stated:
            return None
        times: dict[str, Any] = {"occurred_at": at, "recorded_at": at, "learned_at": at}
        # Seven digits, so that ids in the order of text are in the order of the file.
        return Activity(RecordKey(FILE, "activity", f"{nth:07}"), **times | stated)

    def record(self, kind: type, path: str, document: Any) -> dict[str, Any]:
        """What a document states of a record, by the record's own names and types. Absent and null are the same."""
        if document is None:
            return {}
        if not isinstance(document, dict):
            self.wrong("no_object_at", path)
            return {}
        types = {one.name: str(one.type) for one in fields(kind) if one.name != "key"}
        self.unknown(f"{path}.", document, [*types, *_ALSO])
        if kind is Activity and document.get("at") is not None:
            document = {**document, "occurred_at": document["at"]}
        if isinstance(document.get("revenue"), int | Decimal | str) and document.get("currency"):
            document = {
                **document,
                "revenue": {"amount": document["revenue"], "currency": document["currency"]},
            }
        stated: dict[str, Any] = {}
        for name, read_as in types.items():
            value = document.get(name)
            if value is not None:
                read = _READERS[read_as](self, f"{path}.{name}", value)
                if read is not None:
                    stated[name] = read
        return stated

    def text(self, path: str, value: Any) -> Any:
        """A text; a whole number is one too (an id, a mobile number)."""
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is None or isinstance(value, str):
            return value
        return self.wrong("no_text", path)

    def flag(self, path: str, value: Any) -> Any:
        return value if isinstance(value, bool) else self.wrong("no_flag", path)

    def moment(self, path: str, value: Any) -> Any:
        """An instant; one without an offset, and a plain day, are read in the zone."""
        if value is None:
            return None
        try:
            read = datetime.fromisoformat(value.strip())
            return (read if read.tzinfo else read.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, AttributeError, OverflowError):
            return self.wrong("no_time", path)

    def day(self, path: str, value: Any) -> Any:
        try:
            return date.fromisoformat(value)
        except (ValueError, TypeError):
            return self.wrong("no_day", path)

    def count(self, path: str, value: Any) -> Any:
        """A number of people, also as text (`1,200`, `100-500`: its lower end)."""
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        try:
            read = parse_headcount(value) if isinstance(value, str) else value
        except UnreadableError:
            read = None
        if not isinstance(read, int) or isinstance(read, bool) or read < 0:
            return self.wrong("no_count", path)
        return read

    def money(self, path: str, value: Any) -> Any:
        """A number, a text (`5000万`, `USD 12m`), or `{amount, currency}`."""
        currency: Any = CURRENCY
        if isinstance(value, dict):
            self.unknown(f"{path}.", value, ("amount", "currency"))
            currency, value = value.get("currency", CURRENCY), value.get("amount")
        if not isinstance(currency, str) or not _CODE.fullmatch(currency):
            return self.wrong("no_currency", path)
        if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
            return self.wrong("no_amount", path)
        try:
            amount, code = parse_amount(str(value), currency.upper())
        except UnreadableError:
            return self.wrong("no_amount", path)
        return from_major(amount, code) if amount >= 0 else self.wrong("no_amount", path)

    def properties(self, path: str, value: Any) -> Any:
        """Further facts: texts, whole numbers, yes and no; numbers with a fraction stay text."""
        if not isinstance(value, dict):
            return self.wrong("no_object_at", path)
        stated = {name: str(one) if isinstance(one, Decimal) else one for name, one in value.items()}
        for name, one in stated.items():
            if isinstance(one, dict | list):
                self.wrong("no_scalar", f"{path}.{name}")
        return stated

    def word(self, path: str, value: Any, words: type[StrEnum]) -> Any:
        try:
            return words(value.strip().lower())
        except (ValueError, AttributeError):
            return self.wrong("no_word", path, known=", ".join(words))

    def texts(self, path: str, value: Any) -> Any:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        return self.wrong("no_list", path)


_READERS: Mapping[str, Callable[[_Reading, str, Any], Any]] = {
    "str": _Reading.text,
    "bool": _Reading.flag,
    "bool | None": _Reading.flag,
    "datetime": _Reading.moment,
    "datetime | None": _Reading.moment,
    "date | None": _Reading.day,
    "int | None": _Reading.count,
    "Money | None": _Reading.money,
    "Mapping[str, Scalar]": _Reading.properties,
    "Kind": lambda reading, path, value: reading.word(path, value, Kind),
    "Direction | None": lambda reading, path, value: reading.word(path, value, Direction),
    "Precision": lambda reading, path, value: reading.word(path, value, Precision),
    "tuple[str, ...]": _Reading.texts,
}
"""How a field is read, by the type that the record gives it."""
