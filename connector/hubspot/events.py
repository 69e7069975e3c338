"""Reads a webhook body of HubSpot: which records it hints at, and who is to be forgotten. Pure; the values in it are not
trusted, for they may be cut short or overtaken: the records are read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_BY_TYPE_ID = {"0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-136": "leads"}
_BY_NAME = {"contact": "contacts", "company": "companies", "deal": "deals", "lead": "leads"}
"""Object names by type id of generic events and by the first word of the older ones (HubSpot facts §5)."""


class MalformedEventsError(ValueError):
    """Not a list of events."""


@dataclass(frozen=True, slots=True)
class RecordHint:
    """A record to be read again. `erase`: HubSpot deleted the person for privacy."""

    object: str
    id: str
    erase: bool = False


def hints_of(body: bytes) -> list[RecordHint]:
    """The records that a delivery names, each once. Events of objects that are not records of ours name none. Raises
    MalformedEventsError."""
    try:
        events = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise MalformedEventsError("the body is no JSON") from exc
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise MalformedEventsError("the body is no list of events")
    return list(dict.fromkeys(hint for event in events for hint in _hints(event)))


def _hints(event: Mapping[str, Any]) -> Iterator[RecordHint]:
    word, _, what = str(event.get("subscriptionType") or event.get("eventTypeId") or "").partition(".")
    own = _BY_TYPE_ID.get(str(event.get("objectTypeId"))) or _BY_NAME.get(word)
    if own is not None:
        for name in ("objectId", "primaryObjectId", "newObjectId"):
            if event.get(name):
                yield RecordHint(own, str(event[name]), what == "privacyDeletion")
        for old in event.get("mergedObjectIds") or ():
            yield RecordHint(own, str(old))
    yield from _ends(event)


def _ends(event: Mapping[str, Any]) -> Iterator[RecordHint]:
    """Both records of an association that changed: their own time of change does not move with it."""
    words = str(event.get("associationType") or "").lower().split("_to_")
    for place, side in enumerate(("from", "to")):
        id_ = event.get(f"{side}ObjectId")
        name = _BY_TYPE_ID.get(str(event.get(f"{side}ObjectTypeId")))
        name = name or (_BY_NAME.get(words[place]) if len(words) == 2 else None)
        if id_ and name:
            yield RecordHint(name, str(id_))
