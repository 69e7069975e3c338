"""Says sales' answer in the CRM's own words: the status and the reason that its record should show.

A rep who answers in the panel finds the same answer on the record; a lead that is handed off again is open again there.
"""

from __future__ import annotations

from collections.abc import Callable

from connector.domain.facts import Answer, Episode, Known, LinkedRecord
from mappings.choices import to_theirs
from mappings.document import MappingDocument
from mappings.records import RecordKey, Scalar
from mappings.writing import written

_REPLACES = {"accepted": frozenset({"open"}), "rejected": frozenset({"open", "accepted", "qualified"})}
"""Which shown answers give way to one that was given in the panel: never one that went further."""

_FORGOTTEN = ("rejection_reason", "rejection_note", "rejection_until")


def status_values(mapping: MappingDocument, side: str, object: str, word: str) -> dict[str, Scalar]:
    """The remote status that means `word` (open, accepted, rejected...); empty where the object has no status, or the value
    map no word for it."""
    line = mapping.object(side, object).line("status")
    choices = mapping.choices.get("answer")
    if line is None or choices is None or not line.sources:
        return {}
    theirs = to_theirs(choices, side, word).value
    return {line.sources[0]: theirs} if theirs else {}


def reopened(mapping: MappingDocument, side: str, object: str) -> dict[str, Scalar]:
    """What a record that is handed off again is set to: sales' earlier answer belongs to the earlier episode."""
    values = status_values(mapping, side, object, "open")
    for word in _FORGOTTEN:
        made, _ = written(mapping, side, object, word, value=None)
        values |= made
    return values


def owner_values(
    mapping: MappingDocument, side: str, known: Known, key: RecordKey, *, active: Callable[[str], bool]
) -> dict[str, Scalar]:
    """The owner whom the record had when sales rejected it; empty for any other record, and for an owner who left."""
    episode = known.episodes[-1] if known.episodes else None
    line = mapping.object(side, key.object).line("owner_id")
    if (
        episode is None
        or episode.crm != key
        or line is None
        or not line.sources
        or not active(episode.owner_id)
    ):
        return {}
    return {line.sources[0]: episode.owner_id}


def answer_values(mapping: MappingDocument, side: str, known: Known, key: RecordKey) -> dict[str, Scalar]:
    """What the record should show of an answer that was given to Baton and that it does not show yet."""
    record = next((one for one in known.records if one.key == key), None)
    episode = known.episodes[-1] if known.episodes else None
    if record is None or episode is None or not _behind(record, episode):
        return {}
    values = status_values(mapping, side, key.object, episode.answer.value)
    if values and episode.rejection is not None and episode.rejection.reason:
        made, _ = written(mapping, side, key.object, "rejection_reason", value=episode.rejection.reason)
        values |= made
    return values


def _behind(record: LinkedRecord, episode: Episode) -> bool:
    if episode.answer is Answer.OPEN or episode.answered_at is None:
        return False
    newest = max((change.at for change in record.changes), default=None)
    told_since = newest is not None and newest >= episode.answered_at
    return not told_since and record.answer in _REPLACES[episode.answer.value]
